// Phaseline-node is a Kubernetes node and its control plane in one binary. It
// runs the component that it is called by: through a link of that name, or
// with the name as first argument.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	_ "time/tzdata" // time zones of CronJobs

	"github.com/coredns/coredns/coremain"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubeadm "k8s.io/kubernetes/cmd/kubeadm/app"
	kubeadmerrors "k8s.io/kubernetes/cmd/kubeadm/app/util/errors"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"phaseline/kubernetes/policies"
)

// A component is one of the programs in this binary.
type component struct {
	main  func()
	flags func(name string) bool // which of the process-wide flags are its own
}

var components = map[string]component{
	"coredns": {coremain.Run, isCoreDNSFlag},
	"etcd":    {func() { etcdmain.Main(os.Args) }, none},
	"kube-apiserver": {func() {
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	}, none},
	"kube-controller-manager": {func() {
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	}, none},
	"kube-proxy": {func() {
		os.Exit(cli.Run(proxy.NewProxyCommand()))
	}, isMachineFlag},
	"kube-scheduler": {func() {
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	}, none},
	"kubeadm": {func() {
		kubeadmerrors.HandleError(kubeadm.Run())
	}, none},
	"kubectl": {kubectl, none},
	"kubelet": {func() {
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	}, isCAdvisorFlag},
	"network-policies": {policies.Main, none},
}

func main() {
	called, ok := components[filepath.Base(os.Args[0])]
	if !ok && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		called, ok = components[os.Args[0]]
	}
	if !ok {
		fmt.Fprintf(os.Stderr, "usage: phaseline-node COMPONENT [ARGUMENT...]\ncomponents: %s\n",
			strings.Join(slices.Sorted(maps.Keys(components)), " "))
		os.Exit(2)
	}
	keepFlags(called.flags)
	called.main()
}

// kubectl sets the log level before cobra parses the flags, because finding
// plugins and reading kuberc, which come first, already log.
func kubectl() {
	_, _ = logs.GlogSetter(cmd.GetLogVerbosity(os.Args)) // an invalid level is reported by the flag's own parser
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
