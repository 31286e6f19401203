package policies

import (
	"context"
	"errors"
	"testing"
	"time"

	options "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/knftables"
)

// stubborn is an nftables that refuses the first transactions.
type stubborn struct {
	*knftables.Fake
	refusals int
}

func (s *stubborn) Run(ctx context.Context, tx *knftables.Transaction) error {
	if s.refusals > 0 {
		s.refusals--
		return errors.New("refused")
	}
	return s.Fake.Run(ctx, tx)
}

func started(t *testing.T, refusals int) (*fake.Clientset, *stubborn, *Controller) {
	t.Helper()
	world := small()
	client := fake.NewClientset(world.Namespaces[0], world.Namespaces[1], world.Pods[0], world.Pods[1])
	nft := &stubborn{knftables.NewFake(knftables.IPv4Family, Table), refusals}
	controller, err := Start(t.Context(), client, nft)
	if err != nil {
		t.Fatal(err)
	}
	return client, nft, controller
}

// isolated waits until a pod is, as the table says that was written last.
func isolated(t *testing.T, nft *stubborn, address string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		elements, err := nft.ListElements(t.Context(), "map", ingress.name)
		for _, one := range elements {
			if err == nil && one.Key[0] == address {
				return
			}
		}
	}
	t.Fatalf("%s is not isolated", address)
}

func TestAChangeIsWritten(t *testing.T) {
	client, nft, controller := started(t, 0)
	go controller.Run(t.Context())
	wanted := policy(t, `{podSelector: {matchLabels: {app: a}}}`)
	if _, err := client.NetworkingV1().NetworkPolicies("one").Create(t.Context(), wanted, options.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	isolated(t, nft, "10.0.0.1")
}

func TestWhatFailedIsTriedAgain(t *testing.T) {
	client, nft, controller := started(t, 2)
	wanted := policy(t, `{podSelector: {}}`)
	if _, err := client.NetworkingV1().NetworkPolicies("one").Create(t.Context(), wanted, options.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	go controller.Run(t.Context())
	isolated(t, nft, "10.0.0.2")
}

func TestWhatHasNotChangedIsNotWrittenAgain(t *testing.T) {
	_, nft, controller := started(t, 0)
	for range 2 {
		if err := controller.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		nft.refusals = 1 // a second write would fail
	}
}
