// Phaseline-ingress serves the Ingresses of the class `phaseline` at the node's
// ports 80 and 443. It is a process of the node, beside kube-proxy:
//
//	phaseline-ingress KUBECONFIG ADDRESS
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	class   = "phaseline"
	version = "1.0"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		fmt.Println("phaseline-ingress", version)
		return
	}
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: phaseline-ingress KUBECONFIG ADDRESS")
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(run(kubernetes.NewForConfigOrDie(config), os.Args[2]))
}

// run follows the cluster's objects and serves; it returns when it cannot.
func run(client kubernetes.Interface, address string) error {
	all := informers.NewSharedInformerFactory(client, 0)
	certificates := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *meta.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("type", "kubernetes.io/tls").String()
		}))
	ingresses := all.Networking().V1().Ingresses()
	p := newProxy(all.Core().V1().Services().Lister(), certificates.Core().V1().Secrets().Lister())
	refresh := func(any) { p.refresh(client, ingresses.Lister(), address) }
	_, err := ingresses.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    refresh,
		UpdateFunc: func(_, changed any) { refresh(changed) },
		DeleteFunc: refresh,
	})
	if err != nil {
		return err
	}
	for _, factory := range []informers.SharedInformerFactory{all, certificates} {
		factory.Start(context.Background().Done())
		factory.WaitForCacheSync(context.Background().Done())
	}
	return p.serve(address)
}

// refresh makes the table anew and tells each Ingress where it is served.
func (p *proxy) refresh(client kubernetes.Interface, from listers.IngressLister, address string) {
	listed, err := from.List(labels.Everything())
	if err != nil {
		log.Print(err)
		return
	}
	var ours []*networking.Ingress
	for _, one := range listed {
		if name := one.Spec.IngressClassName; name != nil && *name == class {
			ours = append(ours, one)
		}
	}
	p.table.Store(newTable(ours))
	for _, one := range ours {
		tell(client, one, address)
	}
}

func tell(client kubernetes.Interface, ingress *networking.Ingress, address string) {
	wanted := []networking.IngressLoadBalancerIngress{{IP: address}}
	if equality.Semantic.DeepEqual(ingress.Status.LoadBalancer.Ingress, wanted) {
		return
	}
	changed := ingress.DeepCopy()
	changed.Status.LoadBalancer.Ingress = wanted
	_, err := client.NetworkingV1().Ingresses(ingress.Namespace).
		UpdateStatus(context.Background(), changed, meta.UpdateOptions{})
	if err != nil { // a conflict: the newer one comes as an event
		log.Printf("%s/%s: %v", ingress.Namespace, ingress.Name, err)
	}
}
