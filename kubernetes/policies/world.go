// Package policies enforces NetworkPolicies on a node whose pods are routed:
// every packet of a pod passes the node's forward or input hook, after the
// address of a Service was replaced by that of a pod.
package policies

import (
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// A World is what the rules are made from: the API server's objects at one
// moment. The order of the objects does not matter.
type World struct {
	Namespaces []*core.Namespace
	Pods       []*core.Pod
	Policies   []*networking.NetworkPolicy
}

// An endpoint is a pod that has an address of its own.
type endpoint struct {
	address   string
	namespace string
	labels    labels.Set
	ports     []core.ContainerPort
}

// endpoints are the pods that policies can speak of: neither in the network of
// their node nor ended, for the address of an ended pod may be another's now.
func (w World) endpoints() []endpoint {
	var found []endpoint
	for _, pod := range w.Pods {
		ended := pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed
		address := ipv4(pod)
		if pod.Spec.HostNetwork || ended || address == "" {
			continue
		}
		found = append(found, endpoint{address, pod.Namespace, pod.Labels, containerPorts(pod)})
	}
	slices.SortFunc(found, func(a, b endpoint) int { return strings.Compare(a.address, b.address) })
	return found
}

// ipv4 is the pod's address of the family that the node has; "" before it has one.
func ipv4(pod *core.Pod) string {
	for _, one := range pod.Status.PodIPs {
		if address, err := netip.ParseAddr(one.IP); err == nil && address.Is4() {
			return address.String()
		}
	}
	return ""
}

// containerPorts are those of all containers that run beside each other.
func containerPorts(pod *core.Pod) []core.ContainerPort {
	var found []core.ContainerPort
	for _, one := range pod.Spec.InitContainers {
		if one.RestartPolicy != nil && *one.RestartPolicy == core.ContainerRestartPolicyAlways {
			found = append(found, one.Ports...)
		}
	}
	for _, one := range pod.Spec.Containers {
		found = append(found, one.Ports...)
	}
	return found
}

// policies in the order of their names, so that equal worlds give equal rules.
func (w World) policies() []*networking.NetworkPolicy {
	return slices.SortedFunc(slices.Values(w.Policies), func(a, b *networking.NetworkPolicy) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
}

// namespaceLabels are the labels of each namespace.
func (w World) namespaceLabels() map[string]labels.Set {
	found := map[string]labels.Set{}
	for _, one := range w.Namespaces {
		found[one.Name] = one.Labels
	}
	return found
}

// selector turns a selector into one that can be asked. The API server refuses
// what cannot be parsed; nothing is selected by it here.
func selector(of *meta.LabelSelector) labels.Selector {
	found, err := meta.LabelSelectorAsSelector(of)
	if err != nil {
		return labels.Nothing()
	}
	return found
}
