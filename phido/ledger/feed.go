package ledger

import (
	"context"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// Cursor gives the place in the change feed up to which everything is taken.
func (l *Ledger) Cursor(ctx context.Context) (aisles.Cursor, error) {
	c, err := db.Value[string](ctx, l.db, `/*ledger.Cursor*/ SELECT after FROM feed`)
	return aisles.Cursor(c), err
}

type feedRecord struct {
	Partner     string             `json:"partner"`
	Key         string             `json:"key"`
	Facet       aisles.Facet       `json:"facet,omitempty"`
	Fingerprint aisles.Fingerprint `json:"fingerprint,omitempty"`
}

var (
	facetColumns   = []string{"partner text", "key text", "facet text", "fingerprint text"}
	productColumns = []string{"partner text", "key text"}
)

// Take makes what a page of the feed brings pending and moves the cursor, in
// one transaction. It gives the number of facets that wait because of it.
// Changes of partners without a connection are dropped: connecting sweeps.
func (l *Ledger) Take(ctx context.Context, lease *Lease, items []aisles.Change, next aisles.Cursor) (pending int, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if pending, err = l.take(ctx, tx, items); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/*ledger.Take*/ UPDATE feed SET after = $1`, string(next))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take %d changes: %w", len(items), err)
	}
	return pending, nil
}

func (l *Ledger) take(ctx context.Context, tx *db.Tx, items []aisles.Change) (int, error) {
	var live, gone []feedRecord
	for _, c := range items {
		if c.Removed {
			gone = append(gone, feedRecord{Partner: c.Partner, Key: c.Key})
			continue
		}
		for _, f := range aisles.Facets {
			if fp, ok := c.Fingerprints[f]; ok {
				live = append(live, feedRecord{c.Partner, c.Key, f, fp})
			}
		}
	}
	n := 0
	if len(live) > 0 {
		taken, err := l.takeLive(ctx, tx, text(live))
		if err != nil {
			return 0, err
		}
		n += taken
	}
	if len(gone) > 0 {
		taken, err := l.takeGone(ctx, tx, text(gone))
		if err != nil {
			return 0, err
		}
		n += taken
	}
	return n, nil
}

// takeLive compares with what was confirmed: what is as confirmed waits no
// more, the rest waits.
func (l *Ledger) takeLive(ctx context.Context, tx *db.Tx, list string) (int, error) {
	if _, err := tx.Exec(ctx, `/*ledger.take*/ DELETE FROM pending WHERE (partner, key, facet) IN (SELECT r.partner, r.key, r.facet FROM `+records(tx, "$1", facetColumns...)+`
		JOIN confirmed c ON c.partner = r.partner AND c.key = r.key AND c.facet = r.facet AND c.fingerprint = r.fingerprint)`, list); err != nil {
		return 0, err
	}
	same := `pending.fingerprint = excluded.fingerprint AND NOT pending.removed`
	n, err := tx.Exec(ctx, `/*ledger.take*/ INSERT INTO pending (partner, key, facet, fingerprint, removed, approved, since, tries)
		SELECT r.partner, r.key, r.facet, r.fingerprint, false, false, `+tx.SQL("$2", "$2::bigint")+`, 0 FROM `+records(tx, "$1", facetColumns...)+`
		JOIN connections n ON n.partner = r.partner
		LEFT JOIN confirmed c ON c.partner = r.partner AND c.key = r.key AND c.facet = r.facet AND c.fingerprint = r.fingerprint
		WHERE c.partner IS NULL
		ON CONFLICT (partner, key, facet) DO UPDATE SET fingerprint = excluded.fingerprint, removed = false,
			approved = CASE WHEN `+same+` THEN pending.approved ELSE false END,
			tries = CASE WHEN `+same+` THEN pending.tries ELSE 0 END,
			error = CASE WHEN `+same+` THEN pending.error ELSE NULL END,
			aside_until = CASE WHEN `+same+` THEN pending.aside_until ELSE NULL END`, list, l.now())
	return int(n), err
}

// takeGone makes removals of products that are in a shop, or may be, and
// forgets what waited of those that never were.
func (l *Ledger) takeGone(ctx context.Context, tx *db.Tx, list string) (int, error) {
	if _, err := tx.Exec(ctx, `/*ledger.take*/ DELETE FROM pending WHERE NOT removed AND (partner, key) IN (SELECT r.partner, r.key FROM `+records(tx, "$1", productColumns...)+`)`, list); err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, `/*ledger.take*/ INSERT INTO pending (partner, key, facet, fingerprint, removed, approved, since, tries)
		SELECT r.partner, r.key, 'content', '', true, false, `+tx.SQL("$2", "$2::bigint")+`, 0 FROM `+records(tx, "$1", productColumns...)+`
		JOIN known k ON k.partner = r.partner AND k.key = r.key AND k.state <> 'archived'
		WHERE true ON CONFLICT (partner, key, facet) DO NOTHING`, list, l.now())
	return int(n), err
}

// Sweeps gives the partners whose products are to be compared one by one:
// those connected since the last sweep.
func (l *Ledger) Sweeps(ctx context.Context) ([]string, error) {
	return db.All(ctx, l.db, db.Column[string], `/*ledger.Sweeps*/ SELECT partner FROM connections WHERE sweep ORDER BY partner`)
}

// MarkAll forgets the cursor and has every partner swept.
func (l *Ledger) MarkAll(ctx context.Context, lease *Lease) error {
	return l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `/*ledger.MarkAll*/ UPDATE feed SET after = ''`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/*ledger.MarkAll*/ UPDATE connections SET sweep = true`)
		return err
	})
}

// StartSweep begins a comparison of all that the feed holds of one partner, or
// of all partners when partner is empty.
func (l *Ledger) StartSweep(ctx context.Context, lease *Lease, partner string) (sweep int64, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		sweep, err = db.Value[int64](ctx, tx, `/*ledger.StartSweep*/ UPDATE feed SET sweep = sweep + 1 RETURNING sweep`)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("start sweep of %q: %w", partner, err)
	}
	return sweep, nil
}

// TakeSwept does what Take does, and notes which products the feed still has.
// The cursor stays.
func (l *Ledger) TakeSwept(ctx context.Context, lease *Lease, sweep int64, items []aisles.Change) (pending int, err error) {
	var refs []feedRecord
	for _, c := range items {
		refs = append(refs, feedRecord{Partner: c.Partner, Key: c.Key})
	}
	if len(refs) == 0 {
		return 0, nil
	}
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if pending, err = l.take(ctx, tx, items); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/*ledger.TakeSwept*/ UPDATE known SET seen = $1 WHERE (partner, key) IN (SELECT r.partner, r.key FROM `+records(tx, "$2", productColumns...)+`)`, sweep, text(refs))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take %d swept products: %w", len(items), err)
	}
	return pending, nil
}

// EndSweep makes removals of the products the feed no longer has. A sweep of
// all partners sets the cursor.
func (l *Ledger) EndSweep(ctx context.Context, lease *Lease, sweep int64, partner string, next aisles.Cursor) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		vanished := `k.seen <> $1 AND k.state <> 'archived' AND ($2 = '' OR k.partner = $2)`
		if _, err := tx.Exec(ctx, `/*ledger.EndSweep*/ DELETE FROM pending WHERE NOT removed AND (partner, key) IN (SELECT k.partner, k.key FROM known k WHERE `+vanished+`)`, sweep, partner); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `/*ledger.EndSweep*/ INSERT INTO pending (partner, key, facet, fingerprint, removed, approved, since, tries)
			SELECT k.partner, k.key, 'content', '', true, false, `+tx.SQL("$3", "$3::bigint")+`, 0 FROM known k WHERE `+vanished+`
			ON CONFLICT (partner, key, facet) DO NOTHING`, sweep, partner, l.now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `/*ledger.EndSweep*/ UPDATE connections SET sweep = false WHERE $1 = '' OR partner = $1`, partner); err != nil {
			return err
		}
		if partner != "" {
			return nil
		}
		_, err := tx.Exec(ctx, `/*ledger.EndSweep*/ UPDATE feed SET after = $1`, string(next))
		return err
	})
	if err != nil {
		return fmt.Errorf("end sweep of %q: %w", partner, err)
	}
	return nil
}

// Reshape makes facets pending that were confirmed under another shape, or all
// with force: settings change no fingerprint. It gives their number. Shapes
// that the partner was reshaped to before cost one look at the connection.
func (l *Ledger) Reshape(ctx context.Context, lease *Lease, partner string, shapes map[aisles.Facet]string, force bool) (n int, err error) {
	type record struct {
		Facet aisles.Facet `json:"facet"`
		Shape string       `json:"shape"`
	}
	var list []record
	for f, s := range shapes {
		list = append(list, record{f, s})
	}
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		n = 0
		before, err := db.Value[*string](ctx, tx, `/*ledger.Reshape*/ SELECT shapes FROM connections WHERE partner = $1`, partner)
		if err != nil || before != nil && *before == text(shapes) && !force {
			return err
		}
		if _, err := tx.Exec(ctx, `/*ledger.Reshape*/ UPDATE connections SET shapes = $1 WHERE partner = $2`, text(shapes), partner); err != nil {
			return err
		}
		rows, err := tx.Exec(ctx, `/*ledger.Reshape*/ INSERT INTO pending (partner, key, facet, fingerprint, removed, approved, since, tries)
			SELECT c.partner, c.key, c.facet, c.fingerprint, false, false, `+tx.SQL("$1", "$1::bigint")+`, 0 FROM confirmed c
			JOIN known k ON k.partner = c.partner AND k.key = c.key AND k.state = 'live'
			JOIN `+records(tx, "$2", "facet text", "shape text")+` ON r.facet = c.facet
			WHERE c.partner = $3 AND (c.shape <> r.shape OR $4)
			ON CONFLICT (partner, key, facet) DO NOTHING`, l.now(), text(list), partner, force)
		n = int(rows)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reshape %s: %w", partner, err)
	}
	return n, nil
}
