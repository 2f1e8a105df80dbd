package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// waiting is one pending row of a product.
type waiting struct {
	fingerprint aisles.Fingerprint
	removed     bool
	since       int64
	fault       *aisles.SyncError
	until       *int64
}

// Why tells what the ledger knows of one product. What the catalog has is the
// caller's to add.
func (l *Ledger) Why(ctx context.Context, ref aisles.Ref) (aisles.Why, error) {
	why := aisles.Why{Ref: ref, State: "unknown"}
	connection, err := l.Connection(ctx, ref.Partner)
	if err != nil {
		if aisles.CodeOf(err) != aisles.NotFound {
			return why, err
		}
		why.Summary = ref.Partner + " is not connected to a shop."
		return why, nil
	}
	why.Paused = connection.Paused
	known, err := l.Known(ctx, ref.Partner, []string{ref.Key})
	if err != nil {
		return why, err
	}
	rows, err := l.waiting(ctx, ref)
	if err != nil {
		return why, err
	}
	k, there := known[ref.Key]
	if there {
		why.State, why.ShopID = k.State, k.IDs.Product
	}
	for _, f := range aisles.Facets {
		why.Facets = append(why.Facets, l.whyFacet(f, k, rows))
		if w, ok := rows[f]; ok && w.fault != nil && why.Error == nil {
			why.Error = w.fault
		}
	}
	if err := l.lastAction(ctx, &why); err != nil {
		return why, err
	}
	why.Summary = summary(why, there, rows)
	return why, nil
}

func (l *Ledger) waiting(ctx context.Context, ref aisles.Ref) (map[aisles.Facet]waiting, error) {
	rows := map[aisles.Facet]waiting{}
	err := db.Each(ctx, l.db, func(r db.Row) error {
		var w waiting
		var facet string
		var fault *string
		if err := r.Scan(&facet, &w.fingerprint, &w.removed, &w.since, &fault, &w.until); err != nil {
			return err
		}
		if fault != nil {
			if err := json.Unmarshal([]byte(*fault), &w.fault); err != nil {
				return err
			}
		}
		rows[aisles.Facet(facet)] = w
		return nil
	}, `/*ledger.Why*/ SELECT facet, fingerprint, removed, since, error, aside_until FROM pending WHERE partner = $1 AND key = $2`, ref.Partner, ref.Key)
	if err != nil {
		return nil, fmt.Errorf("read what waits of %s: %w", ref, err)
	}
	return rows, nil
}

func (l *Ledger) whyFacet(f aisles.Facet, k Known, rows map[aisles.Facet]waiting) aisles.WhyFacet {
	out := aisles.WhyFacet{Facet: f, State: "unknown", Reason: "nothing was sent yet"}
	if c, ok := k.Confirmed[f]; ok {
		sent := c.At
		out.State, out.Reason, out.Sent, out.SentAt = "in_step", "the shop has what the catalog has", c.Fingerprint, &sent
	}
	w, waits := rows[f]
	if !waits {
		return out
	}
	since := at(w.since)
	out.State, out.Since, out.Fingerprint = "pending", &since, w.fingerprint
	switch {
	case w.until != nil && *w.until > l.now():
		out.State, out.Reason = "set_aside", "set aside until it changes or is retried"
		if until := at(*w.until); until.Year() < 9999 {
			out.Reason = "set aside until " + until.Format("2006-01-02 15:04 MST") + ", or until it changes or is retried"
		}
	case w.removed:
		out.Reason = "removed from the catalog; the next run archives it"
	case w.fault != nil:
		out.Reason = "failed; the next run tries again"
	case f == aisles.FacetInventory || f == aisles.FacetMetadata:
		out.Reason = "changed; travels with a product's or a variant's creation only"
	default:
		out.Reason = "changed; the next run sends it"
	}
	return out
}

func (l *Ledger) lastAction(ctx context.Context, why *aisles.Why) error {
	a, err := db.One(ctx, l.db, func(r db.Row) (a aisles.RunAction, err error) {
		var body string
		if err := r.Scan(&body, &why.LastRun); err != nil {
			return a, err
		}
		return a, json.Unmarshal([]byte(body), &a)
	}, `/*ledger.Why*/ SELECT body, run FROM actions WHERE partner = $1 AND key = $2 ORDER BY acted_at DESC LIMIT 1`, why.Partner, why.Key)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	why.Last = &a
	return err
}

// summary answers in one sentence.
func summary(why aisles.Why, there bool, rows map[aisles.Facet]waiting) string {
	aside, changed := false, 0
	for _, f := range why.Facets {
		aside = aside || f.State == "set_aside"
		if f.State == "pending" && f.Facet != aisles.FacetInventory && f.Facet != aisles.FacetMetadata {
			changed++
		}
	}
	state := "It is in the shop"
	switch {
	case !there:
		state = "It is not in the shop"
	case why.State == Creating:
		state = "It may be in the shop: its creation was not answered, and the next run looks"
	case why.State == Archived:
		state = "It is archived in the shop"
	}
	switch {
	case aside && why.Error != nil:
		return state + " and set aside: " + why.Error.Message
	case why.Error != nil:
		return state + "; the last try failed: " + why.Error.Message
	case rows[aisles.FacetContent].removed:
		return state + " and no longer in the catalog: the next run archives it."
	case changed > 0 && !there:
		return state + " yet: the next run creates it."
	case changed > 0:
		return fmt.Sprintf("%s, with %d changed facets that the next run sends.", state, changed)
	case !there:
		return state + ", and nothing waits: the catalog has not got it, or no run has read the feed since."
	}
	return state + " and in step."
}
