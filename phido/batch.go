package phido

import (
	"context"
	"errors"
	"fmt"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/phido/plan"
)

// product is one product of a batch on its way from pending to recorded.
type product struct {
	pending ledger.Pending
	known   ledger.Known // zero when the ledger does not know it
	body    aisles.Body
	have    plan.Have
	action  plan.Action
	sent    sent
	ids     plan.IDs // known after the calls
}

func (p *product) want(partner string) plan.Want {
	return plan.Want{Ref: aisles.Ref{Partner: partner, Key: p.pending.Key}, Removed: p.pending.Removed, Document: p.body.Document}
}

// batch brings one batch of pending products to the shop and records what
// became of each.
func (c *catalogRun) batch(ctx context.Context, pending []ledger.Pending) error {
	products, err := c.load(ctx, pending)
	if err != nil {
		return err
	}
	if err := c.look(ctx, products); err != nil {
		return err
	}
	if err := c.decide(ctx, products); err != nil {
		return err
	}
	if c.run.DryRun {
		return c.show(ctx, products)
	}
	if err := c.send(ctx, products); err != nil {
		return errors.Join(err, c.record(ctx, products))
	}
	if again := c.stale(products); len(again) > 0 {
		if err := c.again(ctx, again); err != nil {
			return errors.Join(err, c.record(ctx, products))
		}
	}
	return c.record(ctx, products)
}

// load reads what the ledger knows of the products and their bodies: of those
// the shop has the facets that are pending, of new ones all.
func (c *catalogRun) load(ctx context.Context, pending []ledger.Pending) ([]*product, error) {
	keys := make([]string, len(pending))
	for i, p := range pending {
		keys[i] = p.Key
	}
	known, err := c.Ledger.Known(ctx, c.run.Partner, keys)
	if err != nil {
		return nil, err
	}
	products := make([]*product, len(pending))
	var fresh, there []*product
	facets := map[aisles.Facet]bool{}
	for i, p := range pending {
		products[i] = &product{pending: p, known: known[p.Key]}
		switch {
		case p.Removed:
		case products[i].known.State == ledger.Live || products[i].known.State == ledger.Archived:
			there = append(there, products[i])
			for f := range p.Facets {
				facets[f] = true
			}
		default:
			fresh = append(fresh, products[i])
		}
	}
	var some []aisles.Facet
	for _, f := range aisles.Facets {
		if facets[f] {
			some = append(some, f)
		}
	}
	if err := c.bodies(ctx, fresh, aisles.Facets); err != nil {
		return nil, err
	}
	return products, c.bodies(ctx, there, some)
}

func (c *catalogRun) bodies(ctx context.Context, products []*product, facets []aisles.Facet) error {
	if len(products) == 0 {
		return nil
	}
	refs := make([]aisles.Ref, len(products))
	for i, p := range products {
		refs[i] = aisles.Ref{Partner: c.run.Partner, Key: p.pending.Key}
	}
	bodies, err := c.api.BatchGet(ctx, refs, facets)
	if err != nil {
		return fmt.Errorf("read %d products: %w", len(refs), err)
	}
	if len(bodies) != len(refs) {
		return fmt.Errorf("read %d products: Aisles gave %d", len(refs), len(bodies))
	}
	for i, b := range bodies {
		products[i].body = b
	}
	return nil
}

// decide plans each product. Products that get new variants are planned again
// with their stock and metafields, which travel with a variant's creation.
func (c *catalogRun) decide(ctx context.Context, products []*product) error {
	var growing []*product
	for _, p := range products {
		c.decideOne(p)
		if p.action.AddsVariants() && p.body.Inventory == nil {
			growing = append(growing, p)
		}
	}
	if err := c.bodies(ctx, growing, aisles.Facets); err != nil {
		return err
	}
	for _, p := range growing {
		c.decideOne(p)
	}
	return nil
}

// decideOne plans one product. One that the catalog lost since it became
// pending waits for the tombstone, which the feed brings.
func (c *catalogRun) decideOne(p *product) {
	w := p.want(c.run.Partner)
	if p.body.Missing {
		p.action = plan.Action{Ref: w.Ref, Kind: plan.Unchanged, Reason: "the catalog has just removed it"}
		return
	}
	p.action = plan.Diff([]plan.Want{w}, map[string]plan.Have{w.Key: p.have}, c.plan)[0]
	p.ids = p.action.IDs
}

// show records what a dry run would do.
func (c *catalogRun) show(ctx context.Context, products []*product) error {
	var actions []aisles.RunAction
	for _, p := range products {
		if p.action.Kind == plan.Unchanged {
			continue
		}
		c.tally(p.action.Kind, p.action.Err != nil)
		actions = append(actions, p.action.Summary("planned"))
	}
	if len(actions) == 0 {
		return nil
	}
	return c.Ledger.SaveActions(ctx, c.lease, c.run, actions)
}

func (c *catalogRun) tally(kind plan.Kind, failed bool) {
	switch {
	case failed:
		c.run.Counts.Error++
	case kind == plan.Create:
		c.run.Counts.Create++
	case kind == plan.Update:
		c.run.Counts.Update++
	case kind == plan.Archive:
		c.run.Counts.Archive++
	}
}
