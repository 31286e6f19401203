package main

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// call reads a path of the Kubernetes API with the pod's own account.
func call(path string) {
	token, err := os.ReadFile(account + "token")
	if err != nil {
		log.Fatalf("fatal: no service account: %v", err)
	}
	authority, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		log.Fatalf("fatal: no service account: %v", err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	client := http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
	}
	host := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	request, err := http.NewRequest(http.MethodGet, "https://"+host+path, nil)
	if err != nil {
		log.Fatalf("fatal: %v", err)
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	answer, err := client.Do(request)
	if err != nil {
		log.Fatalf("fatal: %v", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("fatal: the API answers %s to GET %s", answer.Status, path)
	}
}
