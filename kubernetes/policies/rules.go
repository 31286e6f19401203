package policies

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A direction is seen from the pod that a policy is about.
type direction struct {
	name string
	kind networking.PolicyType
	peer string // the expression for the other side's address
}

var (
	ingress = direction{"ingress", networking.PolicyTypeIngress, "ip saddr"}
	egress  = direction{"egress", networking.PolicyTypeEgress, "ip daddr"}
)

// An opening is what one rule of a policy allows; a nil list allows all.
type opening struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

// A matcher writes nftables expressions for what policies allow, and keeps the
// sets that these refer to.
type matcher struct {
	endpoints  []endpoint
	namespaces map[string]labels.Set
	sets       map[string]set
}

func openings(policy *networking.NetworkPolicy, to direction) []opening {
	var found []opening
	if to == ingress {
		for _, rule := range policy.Spec.Ingress {
			found = append(found, opening{rule.From, rule.Ports})
		}
		return found
	}
	for _, rule := range policy.Spec.Egress {
		found = append(found, opening{rule.To, rule.Ports})
	}
	return found
}

// isolates says whether a policy shuts what it selects in a direction. The API
// server fills in the types; without them each policy is one of ingress.
func isolates(policy *networking.NetworkPolicy, to direction) bool {
	if policy.Spec.PolicyTypes == nil {
		return to == ingress || policy.Spec.Egress != nil
	}
	return slices.Contains(policy.Spec.PolicyTypes, to.kind)
}

// selected are the endpoints that a policy is about.
func (m *matcher) selected(policy *networking.NetworkPolicy) []endpoint {
	pods := selector(&policy.Spec.PodSelector)
	return m.where(func(one endpoint) bool {
		return one.namespace == policy.Namespace && pods.Matches(one.labels)
	})
}

func (m *matcher) where(fits func(endpoint) bool) []endpoint {
	var found []endpoint
	for _, one := range m.endpoints {
		if fits(one) {
			found = append(found, one)
		}
	}
	return found
}

// matches are the expressions of all that a policy allows in a direction: a
// packet may pass when any of them holds.
func (m *matcher) matches(policy *networking.NetworkPolicy, to direction) []string {
	var found []string
	for _, one := range openings(policy, to) {
		for _, peer := range m.peers(policy.Namespace, one.peers, to) {
			for _, port := range m.ports(policy, one.ports, to) {
				found = append(found, strings.TrimSpace(peer+" "+port))
			}
		}
	}
	return found
}

// peers are the expressions of the other side; "" is anybody.
func (m *matcher) peers(namespace string, peers []networking.NetworkPolicyPeer, to direction) []string {
	if len(peers) == 0 {
		return []string{""}
	}
	var found, addresses []string
	for _, peer := range peers {
		if peer.IPBlock != nil {
			found = append(found, block(peer.IPBlock, to)...)
			continue
		}
		for _, one := range m.where(m.fits(namespace, peer)) {
			addresses = append(addresses, one.address)
		}
	}
	if len(addresses) > 0 {
		found = append(found, to.peer+" @"+m.keep("ipv4_addr", addresses))
	}
	return found
}

// fits tells the endpoints that a peer means, of a policy in a namespace.
func (m *matcher) fits(namespace string, peer networking.NetworkPolicyPeer) func(endpoint) bool {
	pods, places := labels.Everything(), labels.Everything()
	if peer.PodSelector != nil {
		pods = selector(peer.PodSelector)
	}
	if peer.NamespaceSelector != nil {
		places = selector(peer.NamespaceSelector)
	}
	return func(one endpoint) bool {
		inside := peer.NamespaceSelector != nil || one.namespace == namespace
		return inside && pods.Matches(one.labels) && places.Matches(m.namespaces[one.namespace])
	}
}

// block is the expression of a range of addresses; none for one of IPv6, which
// no pod of the node has.
func block(of *networking.IPBlock, to direction) []string {
	prefix, err := netip.ParsePrefix(of.CIDR)
	if err != nil || !prefix.Addr().Is4() {
		return nil
	}
	var found []string
	if prefix.Bits() > 0 { // nftables has no prefix of no bits
		found = append(found, fmt.Sprintf("%s %s", to.peer, prefix.Masked()))
	}
	for _, text := range of.Except {
		if except, err := netip.ParsePrefix(text); err == nil && except.Addr().Is4() {
			found = append(found, fmt.Sprintf("%s != %s", to.peer, except.Masked()))
		}
	}
	return []string{strings.Join(found, " ")}
}

// ports are the expressions of the ports; "" is any port of any protocol.
func (m *matcher) ports(policy *networking.NetworkPolicy, ports []networking.NetworkPolicyPort, to direction) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	owners := m.endpoints // a name means the port that the receiving pod calls so
	if to == ingress {
		owners = m.selected(policy)
	}
	var found []string
	for _, port := range ports {
		protocol := core.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		if port.Port != nil && port.Port.Type == intstr.String {
			found = append(found, m.named(owners, port.Port.StrVal, protocol)...)
			continue
		}
		found = append(found, numbered(port, strings.ToLower(string(protocol))))
	}
	return found
}

func numbered(port networking.NetworkPolicyPort, protocol string) string {
	switch {
	case port.Port == nil:
		return "meta l4proto " + protocol
	case port.EndPort != nil:
		return fmt.Sprintf("%s dport %d-%d", protocol, port.Port.IntVal, *port.EndPort)
	}
	return fmt.Sprintf("%s dport %d", protocol, port.Port.IntVal)
}

// named is the expression of a port's name: each pod may mean another number.
func (m *matcher) named(owners []endpoint, name string, protocol core.Protocol) []string {
	var elements []string
	for _, one := range owners {
		for _, port := range one.ports {
			own := port.Protocol
			if own == "" {
				own = core.ProtocolTCP
			}
			if port.Name == name && own == protocol {
				elements = append(elements, fmt.Sprintf("%s . %s . %d",
					one.address, strings.ToLower(string(protocol)), port.ContainerPort))
			}
		}
	}
	if len(elements) == 0 {
		return nil
	}
	return []string{"ip daddr . meta l4proto . th dport @" +
		m.keep("ipv4_addr . inet_proto . inet_service", elements)}
}
