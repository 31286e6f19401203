package policies

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/knftables"
	"sigs.k8s.io/yaml"
)

// pod has the address 10.0.0.N and opens the port 8000, which it calls "http".
func pod(namespace, app, address string) *core.Pod {
	port := core.ContainerPort{Name: "http", ContainerPort: 8000}
	return &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: namespace, Name: app, Labels: labels.Set{"app": app}},
		Spec:       core.PodSpec{Containers: []core.Container{{Ports: []core.ContainerPort{port}}}},
		Status:     core.PodStatus{Phase: core.PodRunning, PodIPs: []core.PodIP{{IP: address}}},
	}
}

func namespace(name string) *core.Namespace {
	return &core.Namespace{ObjectMeta: meta.ObjectMeta{Name: name, Labels: labels.Set{"name": name}}}
}

// small is two namespaces: a and b in one, c in the other.
func small() World {
	return World{
		Namespaces: []*core.Namespace{namespace("one"), namespace("two")},
		Pods: []*core.Pod{
			pod("one", "a", "10.0.0.1"), pod("one", "b", "10.0.0.2"), pod("two", "c", "10.0.0.3"),
		},
	}
}

// policy reads the specification of a policy of the namespace one, named p.
func policy(t *testing.T, spec string) *networking.NetworkPolicy {
	t.Helper()
	found := &networking.NetworkPolicy{ObjectMeta: meta.ObjectMeta{Namespace: "one", Name: "p"}}
	if err := yaml.UnmarshalStrict([]byte(spec), &found.Spec); err != nil {
		t.Fatal(err)
	}
	return found
}

func written(t *testing.T, world World) *knftables.Fake {
	t.Helper()
	fake := knftables.NewFake(knftables.IPv4Family, Table)
	for range 2 { // the second time over the first
		tx := fake.NewTransaction()
		Write(tx, world)
		if err := fake.Run(context.Background(), tx); err != nil {
			t.Fatal(err)
		}
	}
	return fake
}

var reference = regexp.MustCompile(`@set-\w+`)

// rulesOf are the rules for an address, with the elements of the sets that they
// name; nil when the pod is not isolated.
func rulesOf(t *testing.T, world World, to direction, address string) []string {
	t.Helper()
	fake := written(t, world)
	element := fake.Table.Maps[to.name].FindElement(address)
	if element == nil {
		return nil
	}
	var found []string
	for _, one := range fake.Table.Chains[strings.TrimPrefix(element.Value[0], "jump ")].Rules {
		found = append(found, reference.ReplaceAllStringFunc(one.Rule, func(name string) string {
			return "{" + elements(fake.Table.Sets[name[1:]]) + "}"
		}))
	}
	return found
}

func elements(of *knftables.FakeSet) string {
	var found []string
	for _, one := range of.Elements {
		found = append(found, strings.Join(one.Key, " . "))
	}
	return strings.Join(found, ", ")
}

func TestWhatAPolicyAllows(t *testing.T) {
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			world := small()
			world.Policies = append(world.Policies, policy(t, test.spec))
			for to, wanted := range map[direction][]string{ingress: test.ingress, egress: test.egress} {
				if found := rulesOf(t, world, to, "10.0.0.1"); !slices.Equal(found, wanted) {
					t.Errorf("%s: found %q, wanted %q", to.name, found, wanted)
				}
			}
		})
	}
}

func TestAPodThatNoPolicySelectsIsNotIsolated(t *testing.T) {
	world := small()
	world.Policies = append(world.Policies, policy(t, `{podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress, Egress]}`))
	for _, address := range []string{"10.0.0.2", "10.0.0.3"} {
		if rulesOf(t, world, ingress, address) != nil || rulesOf(t, world, egress, address) != nil {
			t.Errorf("%s is isolated", address)
		}
	}
}

func TestPoliciesAddUp(t *testing.T) {
	world := small()
	first := policy(t, `{podSelector: {}, policyTypes: [Ingress]}`)
	second := policy(t, `{podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}`)
	second.Name = "q"
	world.Policies = append(world.Policies, second, first)
	if found := rulesOf(t, world, ingress, "10.0.0.1"); !slices.Equal(found, []string{"tcp dport 80 return", refuse}) {
		t.Errorf("a: %q", found)
	}
	if found := rulesOf(t, world, ingress, "10.0.0.2"); !slices.Equal(found, []string{refuse}) {
		t.Errorf("b: %q", found)
	}
}

func TestPodsWithoutAnAddressOfTheirOwnAreNobody(t *testing.T) {
	for name, change := range map[string]func(*core.Pod){
		"in the node's network": func(one *core.Pod) { one.Spec.HostNetwork = true },
		"succeeded":             func(one *core.Pod) { one.Status.Phase = core.PodSucceeded },
		"failed":                func(one *core.Pod) { one.Status.Phase = core.PodFailed },
		"not started":           func(one *core.Pod) { one.Status.PodIPs = nil },
		"of another family":     func(one *core.Pod) { one.Status.PodIPs[0].IP = "fd00::1" },
	} {
		t.Run(name, func(t *testing.T) {
			world := small()
			change(world.Pods[1])
			world.Policies = append(world.Policies,
				policy(t, `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}`))
			if found := rulesOf(t, world, ingress, "10.0.0.1"); found[0] != "ip saddr {10.0.0.1} return" {
				t.Errorf("%q", found)
			}
			if rulesOf(t, world, ingress, "10.0.0.2") != nil {
				t.Error("it is isolated")
			}
		})
	}
}

func TestEqualWorldsGiveEqualText(t *testing.T) {
	world, turned := small(), small()
	spec := `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}], ports: [{port: http}]}]}`
	world.Policies = append(world.Policies, policy(t, spec))
	turned.Policies = append(turned.Policies, policy(t, spec))
	slices.Reverse(turned.Pods)
	slices.Reverse(turned.Namespaces)
	text := func(of World) string {
		tx := knftables.NewFake(knftables.IPv4Family, Table).NewTransaction()
		Write(tx, of)
		return tx.String()
	}
	if text(world) != text(turned) {
		t.Error("they differ")
	}
}

func TestWherePacketsComeIn(t *testing.T) {
	table := written(t, small()).Table
	for name, wanted := range map[string][]string{
		"forward": {
			"ct state established,related accept", "ip saddr . ip daddr @itself accept",
			"ip saddr vmap @egress", "ip daddr vmap @ingress",
		},
		"input": {"ct state established,related accept", "ip saddr vmap @egress"},
	} {
		var found []string
		for _, one := range table.Chains[name].Rules {
			found = append(found, one.Rule)
		}
		if !slices.Equal(found, wanted) {
			t.Errorf("%s: %q", name, found)
		}
	}
	if itself := elements(table.Sets["itself"]); !strings.HasPrefix(itself, "10.0.0.1 . 10.0.0.1, ") {
		t.Error(itself)
	}
}
