package main

import (
	"cmp"
	"slices"
	"strings"

	networking "k8s.io/api/networking/v1"
)

// A target is the port of a Service that a rule leads to.
type target struct {
	namespace string
	backend   networking.IngressServiceBackend
}

// A route is one path of a rule.
type route struct {
	path   string
	exact  bool
	target target
}

// A table tells where each request goes. Keys are host names in lower case;
// "*.example.org" stands for one more label, "" for any host.
type table struct {
	routes   map[string][]route
	secrets  map[string]string // the namespace/name of a TLS Secret
	fallback *target
}

// newTable makes the table of some Ingresses. Where two say the same, the older
// one holds, as the Ingress API wants it.
func newTable(ingresses []*networking.Ingress) *table {
	t := &table{routes: map[string][]route{}, secrets: map[string]string{}}
	for _, one := range slices.SortedFunc(slices.Values(ingresses), older) {
		t.add(one)
	}
	for _, routes := range t.routes {
		slices.SortStableFunc(routes, moreSpecific)
	}
	return t
}

func older(a, b *networking.Ingress) int {
	return cmp.Or(
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
		cmp.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name),
	)
}

// moreSpecific orders by https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches:
// the longest path first, and of equal ones the exact one.
func moreSpecific(a, b route) int {
	if order := cmp.Compare(len(b.path), len(a.path)); order != 0 {
		return order
	}
	if a.exact != b.exact {
		if a.exact {
			return -1
		}
		return 1
	}
	return 0
}

func (t *table) add(ingress *networking.Ingress) {
	for _, entry := range ingress.Spec.TLS {
		hosts := entry.Hosts
		if len(hosts) == 0 {
			hosts = []string{""}
		}
		for _, host := range hosts {
			if _, taken := t.secrets[host]; !taken {
				t.secrets[host] = ingress.Namespace + "/" + entry.SecretName
			}
		}
	}
	if found := ingress.Spec.DefaultBackend; found != nil && found.Service != nil && t.fallback == nil {
		t.fallback = &target{ingress.Namespace, *found.Service}
	}
	for _, rule := range ingress.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			if path.Backend.Service != nil {
				t.routes[rule.Host] = append(t.routes[rule.Host], newRoute(ingress.Namespace, path))
			}
		}
	}
}

func newRoute(namespace string, path networking.HTTPIngressPath) route {
	exact := path.PathType != nil && *path.PathType == networking.PathTypeExact
	text := path.Path
	if !exact {
		text = strings.TrimRight(text, "/")
	}
	return route{text, exact, target{namespace, *path.Backend.Service}}
}

func (r route) matches(path string) bool {
	if r.exact {
		return path == r.path
	}
	rest, found := strings.CutPrefix(path, r.path)
	return found && (rest == "" || rest[0] == '/')
}

// find tells where a request goes; nil where no rule holds.
func (t *table) find(host, path string) *target {
	for _, name := range candidates(host) {
		for _, one := range t.routes[name] {
			if one.matches(path) {
				return &one.target
			}
		}
	}
	return t.fallback
}

// secret tells the namespace/name of the Secret for a host; "" where none is.
func (t *table) secret(host string) string {
	for _, name := range candidates(host) {
		if found, ok := t.secrets[name]; ok {
			return found
		}
	}
	return ""
}

// candidates are the keys under which a host may stand, the most specific first.
func candidates(host string) []string {
	host = strings.ToLower(host)
	if _, domain, found := strings.Cut(host, "."); found {
		return []string{host, "*." + domain, ""}
	}
	return []string{host, ""}
}
