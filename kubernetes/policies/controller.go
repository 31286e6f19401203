package policies

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	options "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	core "k8s.io/client-go/listers/core/v1"
	networking "k8s.io/client-go/listers/networking/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"sigs.k8s.io/knftables"
)

const (
	gather = 20 * time.Millisecond  // changes that come together are written together
	again  = time.Second            // after a failure
	ask    = 100 * time.Millisecond // for the right to read
	repair = 5 * time.Minute        // written anew, whatever became of the table
)

// A Controller keeps the table as the API server's objects want it.
type Controller struct {
	nft        knftables.Interface
	namespaces core.NamespaceLister
	pods       core.PodLister
	policies   networking.NetworkPolicyLister
	changed    chan struct{}
	written    string
}

// Start follows the objects and returns when all of them are known.
func Start(ctx context.Context, client kubernetes.Interface, nft knftables.Interface) (*Controller, error) {
	if err := awaitRights(ctx, client); err != nil {
		return nil, err
	}
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(slim))
	namespaces := factory.Core().V1().Namespaces()
	pods := factory.Core().V1().Pods()
	policies := factory.Networking().V1().NetworkPolicies()
	c := &Controller{
		nft: nft, namespaces: namespaces.Lister(), pods: pods.Lister(), policies: policies.Lister(),
		changed: make(chan struct{}, 1),
	}
	for _, one := range []cache.SharedIndexInformer{namespaces.Informer(), pods.Informer(), policies.Informer()} {
		if _, err := one.AddEventHandler(c.handler()); err != nil {
			return nil, fmt.Errorf("following the objects: %w", err)
		}
	}
	factory.Start(ctx.Done())
	for kind, known := range factory.WaitForCacheSync(ctx.Done()) {
		if !known {
			return nil, fmt.Errorf("listing %v: %w", kind, ctx.Err())
		}
	}
	return c, nil
}

// awaitRights waits until the objects may be read. A fresh cluster gets its roles
// in its own time, and a reflector that was refused would wait seconds.
func awaitRights(ctx context.Context, client kubernetes.Interface) error {
	return wait.PollUntilContextCancel(ctx, ask, true, func(ctx context.Context) (bool, error) {
		_, err := client.NetworkingV1().NetworkPolicies("").List(ctx, options.ListOptions{Limit: 1})
		return err == nil, nil
	})
}

// slim drops what no rule is made from and each write of an object repeats.
func slim(object any) (any, error) {
	if one, err := meta.Accessor(object); err == nil {
		one.SetManagedFields(nil)
	}
	return object, nil
}

func (c *Controller) handler() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { c.wake() },
		UpdateFunc: func(any, any) { c.wake() },
		DeleteFunc: func(any) { c.wake() },
	}
}

func (c *Controller) wake() {
	select {
	case c.changed <- struct{}{}:
	default: // somebody has woken it already
	}
}

// Run writes the table after each change until ctx ends.
func (c *Controller) Run(ctx context.Context) {
	for ctx.Err() == nil {
		patience := repair
		if err := c.Sync(ctx); err != nil {
			klog.ErrorS(err, "The policies could not be written, trying again")
			patience = again
		}
		select {
		case <-ctx.Done():
		case <-c.changed:
			time.Sleep(gather)
		case <-time.After(patience):
			c.written = ""
		}
	}
}

// Sync writes the table if it differs from what was written last.
func (c *Controller) Sync(ctx context.Context) error {
	world, err := c.world()
	if err != nil {
		return err
	}
	tx := c.nft.NewTransaction()
	Write(tx, world)
	if tx.String() == c.written {
		return nil
	}
	begun := time.Now()
	if err := c.nft.Run(ctx, tx); err != nil {
		c.written = ""
		return fmt.Errorf("writing %d operations: %w", tx.NumOperations(), err)
	}
	c.written = tx.String()
	klog.InfoS("Policies written", "policies", len(world.Policies), "pods", len(world.Pods),
		"operations", tx.NumOperations(), "took", time.Since(begun).Round(time.Millisecond))
	return nil
}

func (c *Controller) world() (World, error) {
	var world World
	var err error
	if world.Namespaces, err = c.namespaces.List(labels.Everything()); err != nil {
		return world, fmt.Errorf("listing namespaces: %w", err)
	}
	if world.Pods, err = c.pods.List(labels.Everything()); err != nil {
		return world, fmt.Errorf("listing pods: %w", err)
	}
	if world.Policies, err = c.policies.List(labels.Everything()); err != nil {
		return world, fmt.Errorf("listing policies: %w", err)
	}
	return world, nil
}
