package phido

import (
	"context"
	"strings"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/phido/plan"
)

// assess holds the run when it would take away or reprice too much of the
// shop. What a person approved before does not count. Bodies are read for it
// only when what is pending could be too much.
func (c *catalogRun) assess(ctx context.Context) (held bool, err error) {
	l, err := c.Ledger.Load(ctx, c.run.Partner, catalogFacets)
	if err != nil {
		return false, err
	}
	most := plan.Load{Live: l.Live, Removals: l.Removed + l.Changed, Recent: l.RecentRemovals, Prices: l.LiveVariants, Repriced: l.ChangedVariants}
	if plan.BrakeRemovals(most) == "" && plan.BrakePrices(most) == "" {
		return false, nil
	}
	load := plan.Load{Live: l.Live, Recent: l.RecentRemovals, Prices: l.LiveVariants}
	removals, prices, err := c.measure(ctx, &load)
	if err != nil {
		return false, err
	}
	var reasons []string
	var hold []*product
	if r := plan.BrakeRemovals(load); r != "" {
		reasons, hold = append(reasons, r), append(hold, removals...)
	}
	if r := plan.BrakePrices(load); r != "" {
		reasons, hold = append(reasons, r), append(hold, prices...)
	}
	if len(reasons) == 0 {
		return false, nil
	}
	c.run.Reason = strings.Join(reasons, "; ")
	if c.run.DryRun {
		c.run.Reason = "would be held: " + c.run.Reason
		return false, nil
	}
	c.run.Status = aisles.RunHeld
	c.count()
	items, actions := asked(hold)
	return true, c.Ledger.HoldRun(ctx, c.lease, c.run, items, actions)
}

// measure plans what is pending and not approved, and counts. Nothing is read
// from the shop: what the ledger knows no document of takes nothing away.
func (c *catalogRun) measure(ctx context.Context, load *plan.Load) (removals, prices []*product, err error) {
	for after := ""; ; {
		pending, err := c.Ledger.Pending(ctx, c.run.Partner, catalogFacets, after, batchSize)
		if err != nil || len(pending) == 0 {
			return removals, prices, err
		}
		after = pending[len(pending)-1].Key
		products, err := c.load(ctx, unapproved(pending))
		if err != nil {
			return nil, nil, err
		}
		for _, p := range products {
			if p.known.State != ledger.Live && p.known.State != ledger.Creating || p.body.Missing {
				continue
			}
			p.have = haveOf(p.known)
			w := p.want(c.run.Partner)
			w.Document = w.Document.Only(aisles.FacetContent, aisles.FacetPublication)
			if plan.NeedsRead(w, p.have) {
				continue
			}
			p.action = plan.Diff([]plan.Want{w}, map[string]plan.Have{w.Key: p.have}, c.plan)[0]
			if p.action.Removes {
				load.Removals++
				removals = append(removals, p)
			}
			if p.action.Prices > 0 {
				load.Repriced += p.action.Prices
				prices = append(prices, p)
			}
			p.body, p.known, p.have = aisles.Body{Fingerprints: p.body.Fingerprints}, ledger.Known{}, plan.Have{} // a hold may be large
		}
	}
}

func unapproved(pending []ledger.Pending) []ledger.Pending {
	var out []ledger.Pending
	for _, p := range pending {
		if !p.Approved {
			out = append(out, p)
		}
	}
	return out
}

// asked gives what the hold asks about, each product once.
func asked(products []*product) (items []ledger.HoldItem, actions []aisles.RunAction) {
	seen := map[string]bool{}
	for _, p := range products {
		if seen[p.pending.Key] {
			continue
		}
		seen[p.pending.Key] = true
		items = append(items, ledger.HoldItem{Key: p.pending.Key, Facets: p.pending.Facets, Removed: p.pending.Removed})
		actions = append(actions, p.action.Summary("held"))
	}
	return items, actions
}
