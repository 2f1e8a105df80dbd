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
}

// Catalog runs the catalog routine for the run's partner: content, media and
// publication of all that is pending. The run it gives carries its status and
// counts; an error means that it could not go on, and is about the shop, the
// network or Aisles, never about one product.
func (p *Phido) Catalog(ctx context.Context, lease *ledger.Lease, run aisles.Run) (aisles.Run, error) {
	c := &catalogRun{Phido: p, lease: lease, run: run, usage: &usage{}}
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

// batches goes through what is pending, by key, until it is through or the
// slice is over.
func (c *catalogRun) batches(ctx context.Context) error {
	ends := time.Now().Add(c.Slice)
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
		if stop, err := c.told(ctx); err != nil || stop {
			return err
		}
		if len(pending) == batchSize && time.Now().After(ends) && !c.run.DryRun {
			c.run.Status = aisles.RunWaiting
			return nil
		}
	}
	c.run.Status = aisles.RunSucceeded
	if c.run.Counts.Error > 0 {
		c.run.Status = aisles.RunPartial
	}
	return nil
}

// told reports whether somebody has paused the sync since the last batch.
func (c *catalogRun) told(ctx context.Context) (bool, error) {
	mode, err := c.Ledger.Mode(ctx)
	if err != nil || mode.Mode != aisles.Paused {
		return false, err
	}
	c.run.Status, c.run.Reason = aisles.RunStopped, "paused: "+mode.Reason
	return true, nil
}

// count brings the run's figures up to date.
func (c *catalogRun) count() {
	c.run.AislesRequests += int(c.requests.Swap(0))
	calls, points, throttled := c.usage.take()
	c.run.ShopifyCalls += calls
	c.run.ShopifyPoints += points
	c.run.Throttled += throttled
}
