package policies

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/knftables"
)

// Main runs the controller until SIGTERM. The rules stay when it ends, so that a
// restart opens nothing.
func Main() {
	flags := flag.NewFlagSet("network-policies", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "access to the API server")
	ready := flags.String("ready-address", "127.0.0.1:10261", "answers /readyz once the policies are in force")
	_ = flags.Parse(os.Args[1:]) // ExitOnError
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *kubeconfig, *ready); err != nil {
		klog.ErrorS(err, "The controller of network policies has ended")
		klog.FlushAndExit(klog.ExitFlushTimeout, 1)
	}
}

func run(ctx context.Context, kubeconfig, ready string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	nft, err := knftables.New(knftables.IPv4Family, Table)
	if err != nil {
		return fmt.Errorf("looking for nftables: %w", err)
	}
	controller, err := Start(ctx, client, nft)
	if err != nil {
		return err
	}
	if err := controller.Sync(ctx); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- serve(ready) }()
	go controller.Run(ctx)
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

func serve(address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: time.Second}
	return fmt.Errorf("answering at %s: %w", address, server.ListenAndServe())
}
