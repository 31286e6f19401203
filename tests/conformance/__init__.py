"""Kubernetes' own end-to-end suite against the workspace's cluster: `nox -s conformance`."""
