//go:build never

// Package conformance pins Kubernetes' own suite: this file is what `go mod tidy` keeps it for.
package conformance

import _ "k8s.io/kubernetes/test/e2e"
