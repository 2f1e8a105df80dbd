package phido

import (
	"context"
	"errors"
	"time"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/phido/plan"
	"aisles/shopify"
)

// A product that cannot be sent is set aside for a day: at once when it is
// invalid, after this many tries when the shop may yet take it.
const (
	setAside  = 24 * time.Hour
	mostTries = 5
)

// record keeps what became of the batch, in one transaction. Products that
// were not tried stay pending, and so do those that met an outage.
func (c *catalogRun) record(ctx context.Context, products []*product) error {
	var entries []ledger.Entry
	for _, p := range products {
		if p.body.Missing {
			continue
		}
		switch {
		case p.action.Err != nil:
			entries = append(entries, c.failed(p, p.action.Err, setAside))
		case !p.sent.tried || stopping(p.sent.err) != nil:
		case p.sent.err != nil:
			entries = append(entries, c.failed(p, syncError(p.sent.err), c.aside(p)))
		default:
			entries = append(entries, c.done(p))
		}
	}
	c.count()
	if len(entries) == 0 {
		return nil
	}
	return c.Ledger.Record(ctx, c.lease, c.run, c.run.Partner, entries)
}

// aside says how long a product is set aside after an error. An unknown
// outcome sets nothing aside: the next run looks.
func (c *catalogRun) aside(p *product) time.Duration {
	var refused *shopify.UserErrors
	switch {
	case shopify.Classify(p.sent.err) == shopify.ClassUnknownOutcome:
		return 0
	case errors.As(p.sent.err, &refused) && refused.Temporary() && p.pending.Tries+1 < mostTries:
		return 0
	}
	return setAside
}

func (c *catalogRun) failed(p *product, err *aisles.SyncError, aside time.Duration) ledger.Entry {
	c.tally(p.action.Kind, true)
	err.At, err.Tries, err.SetAside = time.Now().UTC(), p.pending.Tries+1, aside > 0
	action := p.action.Summary("failed")
	action.Error = err
	return ledger.Entry{Key: p.pending.Key, Action: action, Err: err, SetAside: aside}
}

// done confirms the facets that were looked at. Stock and metafields are
// confirmed with the creation they travelled with.
func (c *catalogRun) done(p *product) ledger.Entry {
	e := ledger.Entry{Key: p.pending.Key, Removal: p.pending.Removed, Withdrawn: p.action.Removes}
	if p.action.Kind != plan.Unchanged {
		c.tally(p.action.Kind, false)
		e.Action = p.action.Summary("done")
	}
	if p.pending.Removed {
		if p.have.State != plan.New {
			e.State = ledger.Archived
		}
		return e
	}
	ids := p.ids
	ids.Product = p.sent.id
	e.State, e.IDs, e.Waited, e.Before = ledger.Live, &ids, p.pending.Facets, aisles.Fingerprints{}
	for f, confirmed := range p.known.Confirmed {
		e.Before[f] = confirmed.Fingerprint
	}
	facets := catalogFacets
	if p.action.Kind == plan.Create {
		facets = aisles.Facets
	}
	for _, f := range facets {
		doc, fingerprint := p.body.Document.Get(f), p.body.Fingerprints[f]
		if doc == nil || fingerprint == "" {
			continue
		}
		e.Confirm = append(e.Confirm, ledger.ConfirmedDoc{Facet: f, Fingerprint: fingerprint, Shape: c.shapes[f], Document: doc})
	}
	return e
}

// syncError gives an error in Shopify's words, with its field and code.
func syncError(err error) *aisles.SyncError {
	var refused *shopify.UserErrors
	var api *shopify.APIError
	out := &aisles.SyncError{Message: err.Error()}
	switch {
	case errors.As(err, &refused) && len(refused.Errors) > 0:
		first := refused.Errors[0]
		out.Field, out.Message, out.Code = first.Field, first.Message, first.Code
		if first.Code == handleTaken {
			out.Message += " The shop has a product with this handle that is not from the catalog; let the connection adopt handles to take it over."
		}
	case errors.As(err, &api):
		out.Message, out.Code = api.Message, api.Code
	case shopify.Classify(err) == shopify.ClassUnknownOutcome:
		out.Code = "UNKNOWN_OUTCOME"
	}
	return out
}
