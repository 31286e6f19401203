package main

import (
	"testing"
	"time"

	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var born = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func ingress(name string, age time.Duration, host string, paths ...networking.HTTPIngressPath) *networking.Ingress {
	one := &networking.Ingress{}
	one.Namespace, one.Name = "shop", name
	one.CreationTimestamp = meta.NewTime(born.Add(-age))
	rule := networking.IngressRule{Host: host}
	rule.HTTP = &networking.HTTPIngressRuleValue{Paths: paths}
	one.Spec.Rules = []networking.IngressRule{rule}
	return one
}

func path(kind networking.PathType, text, service string) networking.HTTPIngressPath {
	backend := networking.IngressBackend{Service: &networking.IngressServiceBackend{Name: service}}
	return networking.HTTPIngressPath{Path: text, PathType: &kind, Backend: backend}
}

func TestRequestsGoWhereTheRulesSay(t *testing.T) {
	const prefix, exact = networking.PathTypePrefix, networking.PathTypeExact
	rules := newTable([]*networking.Ingress{
		ingress("young", 0, "a.example", path(prefix, "/", "too-late")),
		ingress("old", time.Hour, "a.example",
			path(prefix, "/", "page"), path(prefix, "/api/", "api"), path(exact, "/api", "root"),
			path(prefix, "/api/long", "long")),
		ingress("wild", 0, "*.example", path(prefix, "/", "wild")),
		ingress("any", 0, "", path(exact, "/health", "health")),
	})
	for _, one := range []struct{ host, path, service string }{
		{"a.example", "/", "page"},
		{"A.Example", "/index.html", "page"},
		{"a.example", "/api", "root"},
		{"a.example", "/api/", "api"},
		{"a.example", "/api/todos", "api"},
		{"a.example", "/apiary", "page"},
		{"a.example", "/api/long/way", "long"},
		{"a.example", "/api/longer", "api"},
		{"b.example", "/", "wild"},
		{"c.b.example", "/", ""},
		{"example", "/", ""},
		{"c.b.example", "/health", "health"},
		{"172.31.0.2", "/health", "health"},
		{"172.31.0.2", "/health/", ""},
	} {
		found := ""
		if target := rules.find(one.host, one.path); target != nil {
			found = target.backend.Name
		}
		if found != one.service {
			t.Errorf("%s%s leads to %q, not to %q", one.host, one.path, found, one.service)
		}
	}
}

func TestADefaultBackendTakesTheRest(t *testing.T) {
	one := ingress("all", 0, "a.example", path(networking.PathTypeExact, "/x", "x"))
	one.Spec.DefaultBackend = &networking.IngressBackend{Service: &networking.IngressServiceBackend{Name: "rest"}}
	if found := newTable([]*networking.Ingress{one}).find("b.example", "/"); found == nil || found.backend.Name != "rest" {
		t.Errorf("leads to %v", found)
	}
}

func TestCertificatesAreChosenByHost(t *testing.T) {
	one := ingress("tls", 0, "a.example")
	one.Spec.TLS = []networking.IngressTLS{
		{Hosts: []string{"a.example"}, SecretName: "own"},
		{Hosts: []string{"*.example"}, SecretName: "wild"},
	}
	rules := newTable([]*networking.Ingress{one})
	for host, secret := range map[string]string{
		"a.example": "shop/own", "b.example": "shop/wild", "elsewhere": "", "": "",
	} {
		if found := rules.secret(host); found != secret {
			t.Errorf("%q gets %q, not %q", host, found, secret)
		}
	}
	one.Spec.TLS = []networking.IngressTLS{{SecretName: "any"}}
	if found := newTable([]*networking.Ingress{one}).secret(""); found != "shop/any" {
		t.Errorf("without a host: %q", found)
	}
}
