package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	core "k8s.io/api/core/v1"
	listers "k8s.io/client-go/listers/core/v1"
)

// A proxy passes requests on to the cluster addresses of Services: which pod
// answers is kube-proxy's to choose, for each connection.
type proxy struct {
	table    atomic.Pointer[table]
	services listers.ServiceLister
	secrets  listers.SecretLister
	reverse  *httputil.ReverseProxy
}

type upstreamKey struct{}

func newProxy(services listers.ServiceLister, secrets listers.SecretLister) *proxy {
	p := &proxy{services: services, secrets: secrets}
	p.table.Store(newTable(nil))
	p.reverse = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = "http", r.In.Context().Value(upstreamKey{}).(string)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     3 * time.Second, // shorter than a pod that leaves goes on serving
			DisableCompression:  true,
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			log.Printf("%s%s: %v", r.Host, r.URL.Path, err)
			http.Error(w, "the service does not answer", http.StatusBadGateway)
		},
	}
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	found := p.table.Load().find(hostname(r.Host), r.URL.Path)
	if found == nil {
		http.Error(w, "no Ingress has a rule for this address", http.StatusNotFound)
		return
	}
	upstream, err := p.upstream(found)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	p.reverse.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), upstreamKey{}, upstream)))
}

func (p *proxy) upstream(to *target) (string, error) {
	service, err := p.services.Services(to.namespace).Get(to.backend.Name)
	if err != nil {
		return "", err
	}
	if service.Spec.ClusterIP == "" || service.Spec.ClusterIP == core.ClusterIPNone {
		return "", fmt.Errorf("the service %s has no cluster address", service.Name)
	}
	for _, port := range service.Spec.Ports {
		wanted := to.backend.Port
		if (wanted.Name != "" && port.Name == wanted.Name) || port.Port == wanted.Number {
			return net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port))), nil
		}
	}
	return "", fmt.Errorf("the service %s has no such port", service.Name)
}

// certificate is asked at each handshake, so a renewed Secret counts at once.
func (p *proxy) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	namespace, name, found := strings.Cut(p.table.Load().secret(hello.ServerName), "/")
	if !found {
		return nil, fmt.Errorf("no Ingress has a certificate for %q", hello.ServerName)
	}
	secret, err := p.secrets.Secrets(namespace).Get(name)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(secret.Data[core.TLSCertKey], secret.Data[core.TLSPrivateKeyKey])
	return &pair, err
}

// serve listens for HTTP and HTTPS, and returns when one of them cannot.
func (p *proxy) serve(address string) error {
	failed := make(chan error)
	server := func(port string) *http.Server {
		return &http.Server{
			Addr: net.JoinHostPort(address, port), Handler: p, ReadHeaderTimeout: 10 * time.Second,
			TLSConfig: &tls.Config{GetCertificate: p.certificate},
		}
	}
	go func() { failed <- server("80").ListenAndServe() }()
	go func() { failed <- server("443").ListenAndServeTLS("", "") }()
	return <-failed
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
