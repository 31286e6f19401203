package main

import (
	"flag"
	"os"
	"slices"
)

// CoreDNS and cAdvisor put their flags on the process-wide set when they are
// imported, and kubeadm and kube-proxy adopt all that they find there: without
// a separation, `kube-proxy --version` would set CoreDNS's flag.
var (
	coreDNSFlags = []string{"conf", "dns.port", "p", "pidfile", "plugins", "quiet", "version"}
	machineFlags = []string{"boot_id_file", "machine_id_file"}
)

func isCoreDNSFlag(name string) bool  { return slices.Contains(coreDNSFlags, name) }
func isMachineFlag(name string) bool  { return slices.Contains(machineFlags, name) }
func isCAdvisorFlag(name string) bool { return !isCoreDNSFlag(name) }
func none(string) bool                { return false }

// keepFlags reduces the process-wide flag set to the flags whose name is kept.
func keepFlags(kept func(name string) bool) {
	own := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flag.VisitAll(func(f *flag.Flag) {
		if kept(f.Name) {
			own.Var(f.Value, f.Name, f.Usage)
		}
	})
	flag.CommandLine = own
}
