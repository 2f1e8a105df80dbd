package phido

import (
	"context"
	"sync/atomic"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/phido/ledger"
	"aisles/phido/plan"
	"aisles/shopify"
)

// catalogFacets are the facets the catalog routine keeps in step. Stock and
// metafields travel with a product's creation only.
var catalogFacets = []aisles.Facet{aisles.FacetContent, aisles.FacetMedia, aisles.FacetPublication}

// batchSize is the most products planned and recorded together: the API's
// bound for bodies and Shopify's for a read by ids.
const batchSize = 250

// catalogRun is one run of the catalog routine under way.
type catalogRun struct {
	*Phido
	lease      *ledger.Lease
	run        aisles.Run
	connection aisles.Connection
	api        *client.Client
	requests   atomic.Int64
	shop       *shopify.Client // nil until the run has something to do in the shop
	usage      *usage
	facts      facts
	plan       plan.Shop
	shapes     map[aisles.Facet]string
	began      time.Time
	// stop is the status with which the run ends before it is through, and why;
	// cut says that a batch was not sent whole.
	stop aisles.RunStatus
	why  string
	cut  bool
}

// Catalog runs the catalog routine for the run's partner: content, media and
// publication of all that is pending. The run it gives carries its status and
// counts; an error means that it could not go on, and is about the shop, the
// network or Aisles, never about one product.
func (p *Phido) Catalog(ctx context.Context, lease *ledger.Lease, run aisles.Run) (aisles.Run, error) {
	c := &catalogRun{Phido: p, lease: lease, run: run, usage: &usage{}, began: time.Now()}
	err := c.pause(ctx, c.do(ctx))
	c.count()
	return c.run, err
}

func (c *catalogRun) do(ctx context.Context) error {
	var err error
	if c.connection, err = c.Ledger.Connection(ctx, c.run.Partner); err != nil {
		return err
	}
	c.api = c.Aisles.Counting(&c.requests)
	c.shapes = plan.Shapes(c.connection.Settings)
	c.run.Lane = "direct"
	if _, err := c.Ledger.Reshape(ctx, c.lease, c.run.Partner, c.shapes, c.run.Force && c.run.Resumed == 0); err != nil {
		return err
	}
	first, err := c.Ledger.Pending(ctx, c.run.Partner, catalogFacets, "", 1)
	if err != nil {
		return err
	}
	if len(first) == 0 && c.connection.Paused == nil {
		c.run.Status = aisles.RunSucceeded
		return nil
	}
	if err := c.meet(ctx); err != nil {
		return err
	}
	if held, err := c.assess(ctx); err != nil || held {
		return err
	}
	return c.batches(ctx)
}

// batches goes through what is pending, by key, until it is through or has to
// stop.
func (c *catalogRun) batches(ctx context.Context) error {
	for after := ""; ; {
		pending, err := c.Ledger.Pending(ctx, c.run.Partner, catalogFacets, after, batchSize)
		if err != nil {
			return err
		}
		if len(pending) == 0 {
			break
		}
		after = pending[len(pending)-1].Key
		if err := c.batch(ctx, pending); err != nil {
			return err
		}
		if err := c.told(ctx); err != nil {
			return err
		}
		if len(pending) < batchSize && !c.cut {
			break
		}
		if c.stop != "" {
			c.run.Status, c.run.Reason = c.stop, c.why
			return nil
		}
	}
	c.run.Status = aisles.RunSucceeded
	if c.run.Counts.Error > 0 {
		c.run.Status = aisles.RunPartial
	}
	return nil
}

// told asks whether the run has to stop: the mode was switched, or others wait
// and its slice is over.
func (c *catalogRun) told(ctx context.Context) error {
	mode, err := c.lookUpMode(ctx)
	if err != nil {
		return err
	}
	c.follow(mode)
	if c.stop != "" || c.run.DryRun || time.Since(c.began) < c.Slice {
		return nil
	}
	others, err := c.Ledger.OthersWait(ctx, c.run.Partner)
	if others {
		c.stop = aisles.RunWaiting
	}
	return err
}

// follow has the run stop when its mode is not in force any more.
func (c *catalogRun) follow(mode aisles.ModeSetting) {
	switch {
	case mode.Mode == c.run.Mode || c.run.DryRun && mode.Mode != aisles.Paused:
	case mode.Mode == aisles.Paused:
		c.stop, c.why = aisles.RunStopped, "paused: "+mode.Reason
	default:
		c.stop = aisles.RunWaiting
	}
}

// halted looks whether the run has to stop between two products, at no cost.
// What is not sent goes on waiting.
func (c *catalogRun) halted() bool {
	if mode := c.mode.Load(); mode != nil && c.stop == "" {
		c.follow(*mode)
	}
	if c.stop == "" && c.run.Mode == aisles.Queued && c.stopping.Load() {
		c.stop = aisles.RunWaiting
	}
	if c.stop != "" {
		c.cut = true
	}
	return c.stop != ""
}

// count brings the run's figures up to date.
func (c *catalogRun) count() {
	c.run.AislesRequests += int(c.requests.Swap(0))
	calls, points, throttled := c.usage.take()
	c.run.ShopifyCalls += calls
	c.run.ShopifyPoints += points
	c.run.Throttled += throttled
}
