package policies

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/knftables"
)

// Table is the name of the nftables table, which is ours alone.
const Table = "network-policies"

// A refused connection ends at once, as one to a port that nobody opens does.
const refuse = "reject with icmp admin-prohibited"

type set struct {
	kind     string
	elements []string
}

// A chain has one rule for each thing that is allowed, and refuses the rest.
type chain struct {
	name  string
	rules []knftables.Rule
}

// keep remembers a set and gives its name, which tells its content: equal sets
// are kept once.
func (m *matcher) keep(kind string, elements []string) string {
	slices.Sort(elements)
	elements = slices.Compact(elements)
	name := "set-" + digest(kind, elements)
	m.sets[name] = set{kind, elements}
	return name
}

func digest(kind string, parts []string) string {
	sum := sha256.Sum256([]byte(kind + "\n" + strings.Join(parts, "\n")))
	return hex.EncodeToString(sum[:8])
}

// Write makes the whole table anew in one transaction: at no moment are there
// half of the rules, and what is there does not depend on what was there.
func Write(tx *knftables.Transaction, world World) {
	m := &matcher{world.endpoints(), world.namespaceLabels(), map[string]set{}}
	in, out := m.chains(world.policies(), ingress), m.chains(world.policies(), egress)

	tx.Add(&knftables.Table{})
	tx.Delete(&knftables.Table{})
	tx.Add(&knftables.Table{Comment: knftables.PtrTo("NetworkPolicies of the pods of this node")})
	m.writeSets(tx)
	writeChains(tx, ingress, in)
	writeChains(tx, egress, out)
	m.writeItself(tx)
	writeHooks(tx)
}

// chains gives each endpoint that is isolated its chain; equal ones are shared.
func (m *matcher) chains(policies []*networking.NetworkPolicy, to direction) map[string]chain {
	rules := map[string][]knftables.Rule{}
	for _, policy := range policies {
		if !isolates(policy, to) {
			continue
		}
		var allowed []knftables.Rule
		for _, match := range m.matches(policy, to) {
			allowed = append(allowed, rule(match, policy.Namespace+"/"+policy.Name))
		}
		for _, one := range m.selected(policy) { // isolated, also by a policy that allows nothing
			rules[one.address] = append(rules[one.address], allowed...)
		}
	}
	found := map[string]chain{}
	for address, own := range rules {
		found[address] = chain{to.name + "-" + digest(to.name, texts(own)), own}
	}
	return found
}

func rule(match, policy string) knftables.Rule {
	comment := policy[:min(len(policy), knftables.CommentLengthMax)]
	return knftables.Rule{Rule: strings.TrimSpace(match + " return"), Comment: &comment}
}

func texts(rules []knftables.Rule) []string {
	var found []string
	for _, one := range rules {
		found = append(found, one.Rule+" "+*one.Comment)
	}
	return found
}

func (m *matcher) writeSets(tx *knftables.Transaction) {
	for _, name := range slices.Sorted(maps.Keys(m.sets)) {
		tx.Add(&knftables.Set{Name: name, Type: m.sets[name].kind})
		for _, element := range m.sets[name].elements {
			tx.Add(&knftables.Element{Set: name, Key: strings.Split(element, " . ")})
		}
	}
}

// writeChains writes the chains, and the map that leads an address to its own.
func writeChains(tx *knftables.Transaction, to direction, chains map[string]chain) {
	tx.Add(&knftables.Map{Name: to.name, Type: "ipv4_addr : verdict"})
	written := map[string]bool{}
	for _, address := range slices.Sorted(maps.Keys(chains)) {
		own := chains[address]
		if !written[own.name] {
			written[own.name] = true
			own.write(tx)
		}
		tx.Add(&knftables.Element{
			Map: to.name, Key: []string{address}, Value: []string{"jump " + own.name},
		})
	}
}

func (c chain) write(tx *knftables.Transaction) {
	tx.Add(&knftables.Chain{Name: c.name})
	for _, one := range c.rules {
		one.Chain = c.name
		tx.Add(&one)
	}
	tx.Add(&knftables.Rule{Chain: c.name, Rule: refuse})
}

// writeItself writes the set of each pod with itself: a pod that reaches itself
// through its Service is no matter of policies.
func (m *matcher) writeItself(tx *knftables.Transaction) {
	tx.Add(&knftables.Set{Name: "itself", Type: "ipv4_addr . ipv4_addr"})
	for _, one := range m.endpoints {
		tx.Add(&knftables.Element{Set: "itself", Key: []string{one.address, one.address}})
	}
}

// writeHooks writes where packets come in. What the node itself sends, such as
// kubelet's probes, passes neither hook. What a pod sends to the node is judged
// as what it sends elsewhere: the API server and DNS are processes of the node.
func writeHooks(tx *knftables.Transaction) {
	const known = "ct state established,related accept"
	hook(tx, knftables.ForwardHook, known, "ip saddr . ip daddr @itself accept",
		"ip saddr vmap @egress", "ip daddr vmap @ingress")
	hook(tx, knftables.InputHook, known, "ip saddr vmap @egress")
}

func hook(tx *knftables.Transaction, at knftables.BaseChainHook, rules ...string) {
	name := string(at)
	tx.Add(&knftables.Chain{
		Name:     name,
		Type:     knftables.PtrTo(knftables.FilterType),
		Hook:     knftables.PtrTo(at),
		Priority: knftables.PtrTo(knftables.FilterPriority),
	})
	for _, one := range rules {
		tx.Add(&knftables.Rule{Chain: name, Rule: one})
	}
}
