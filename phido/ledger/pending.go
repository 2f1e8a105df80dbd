package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
)

// Pending is a product that waits: what the feed brought of it and its shop
// has not.
type Pending struct {
	Key string
	// Removed says that the catalog no longer has it.
	Removed bool
	// Facets are the fingerprints that wait; empty for a removal.
	Facets aisles.Fingerprints
	// Approved says that a person let it pass the brake.
	Approved bool
	Tries    int
	Since    time.Time
}

// Pending gives the products that wait with one of the facets, by key after
// the one given; those set aside are left out.
func (l *Ledger) Pending(ctx context.Context, partner string, facets []aisles.Facet, after string, limit int) ([]Pending, error) {
	var out []Pending
	err := db.Each(ctx, l.db, func(r db.Row) error {
		var key, facet, fingerprint string
		var removed, approved bool
		var since, tries int64
		if err := r.Scan(&key, &facet, &fingerprint, &removed, &approved, &since, &tries); err != nil {
			return err
		}
		if len(out) == 0 || out[len(out)-1].Key != key {
			out = append(out, Pending{Key: key, Facets: aisles.Fingerprints{}, Approved: true, Since: at(since)})
		}
		p := &out[len(out)-1]
		p.Removed = p.Removed || removed
		p.Approved = p.Approved && approved
		p.Tries = max(p.Tries, int(tries))
		if !removed {
			p.Facets[aisles.Facet(facet)] = aisles.Fingerprint(fingerprint)
		}
		if t := at(since); t.Before(p.Since) {
			p.Since = t
		}
		return nil
	}, `/*ledger.Pending*/ SELECT p.key, p.facet, p.fingerprint, p.removed, p.approved, p.since, p.tries FROM pending p
		JOIN (SELECT DISTINCT key FROM pending WHERE partner = $1 AND key > $2 AND `+keysIn(l.db, "facet", "$3")+` AND (aside_until IS NULL OR aside_until <= $4)
			ORDER BY key LIMIT $5) AS page ON page.key = p.key
		WHERE p.partner = $1 AND `+keysIn(l.db, "p.facet", "$3")+` AND (p.aside_until IS NULL OR p.aside_until <= $4) ORDER BY p.key, p.facet`,
		partner, after, text(facets), l.now(), limit)
	if err != nil {
		return nil, fmt.Errorf("read what waits for %s: %w", partner, err)
	}
	return out, nil
}

// Load is how much of a partner's shop waits to be changed, by bounds that
// cost no look at a product. What a person approved does not count.
type Load struct {
	// Live and LiveVariants count what is on sale in the shop; archived
	// products do not count.
	Live, LiveVariants int
	// Removed counts removals; Changed and ChangedVariants the live products
	// of which content or publication waits.
	Removed, Changed, ChangedVariants int
	// RecentRemovals were done in the last 24 hours.
	RecentRemovals int
}

// Load measures what waits for a partner, set aside or not now.
func (l *Ledger) Load(ctx context.Context, partner string, facets []aisles.Facet) (Load, error) {
	load, err := db.One(ctx, l.db, func(r db.Row) (x Load, err error) {
		return x, r.Scan(&x.Live, &x.LiveVariants, &x.Removed, &x.Changed, &x.ChangedVariants, &x.RecentRemovals)
	}, `/*ledger.Load*/ SELECT
		(SELECT count(*) FROM known WHERE partner = $1 AND state = 'live'),
		(SELECT coalesce(sum(variants), 0) FROM known WHERE partner = $1 AND state = 'live'),
		(SELECT count(*) FROM pending WHERE partner = $1 AND removed AND NOT approved AND (aside_until IS NULL OR aside_until <= $2)),
		count(*), coalesce(sum(k.variants), 0),
		(SELECT count(*) FROM actions WHERE partner = $1 AND removal AND acted_at > $3)
		FROM known k JOIN (SELECT DISTINCT key FROM pending WHERE partner = $1 AND NOT removed AND NOT approved
			AND `+keysIn(l.db, "facet", "$4")+` AND facet <> 'media' AND (aside_until IS NULL OR aside_until <= $2)) AS waiting ON waiting.key = k.key
		WHERE k.partner = $1 AND k.state = 'live' `,
		partner, l.now(), l.Now().Add(-24*time.Hour).UnixMicro(), text(facets))
	if err != nil {
		return load, fmt.Errorf("measure what waits for %s: %w", partner, err)
	}
	return load, nil
}

// Oldest gives the time since which the partner's oldest change waits, set
// aside ones left out; zero when nothing waits.
func (l *Ledger) Oldest(ctx context.Context, partner string, facets []aisles.Facet) (time.Time, error) {
	since, err := db.Value[*int64](ctx, l.db, `/*ledger.Oldest*/ SELECT min(since) FROM pending WHERE partner = $1 AND `+keysIn(l.db, "facet", "$2")+` AND (aside_until IS NULL OR aside_until <= $3)`,
		partner, text(facets), l.now())
	if err != nil || since == nil {
		return time.Time{}, err
	}
	return at(*since), nil
}

// Retry frees products that were set aside, all of the partner's when keys is
// empty, and gives their number.
func (l *Ledger) Retry(ctx context.Context, partner string, keys []string) (n int, err error) {
	if _, err := l.Connection(ctx, partner); err != nil {
		return 0, err
	}
	err = l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		where, args := `partner = $1 AND aside_until IS NOT NULL`, []any{partner}
		if len(keys) > 0 {
			where, args = where+` AND `+keysIn(tx, "key", "$2"), append(args, text(keys))
		}
		count, err := db.Value[int64](ctx, tx, `/*ledger.Retry*/ SELECT count(DISTINCT key) FROM pending WHERE `+where, args...)
		if err != nil {
			return err
		}
		n = int(count)
		_, err = tx.Exec(ctx, `/*ledger.Retry*/ UPDATE pending SET aside_until = NULL, tries = 0 WHERE `+where, args...)
		return err
	})
	return n, err
}

// Mode gives the mode in force.
func (l *Ledger) Mode(ctx context.Context) (aisles.ModeSetting, error) {
	return db.One(ctx, l.db, func(r db.Row) (m aisles.ModeSetting, err error) {
		var since int64
		err = r.Scan(&m.Mode, &m.Reason, &m.By, &since)
		m.Since = at(since)
		return m, err
	}, `/*ledger.Mode*/ SELECT mode, reason, set_by, since FROM mode`)
}

// SetMode switches the mode; a reason is required.
func (l *Ledger) SetMode(ctx context.Context, m aisles.ModeSetting) (aisles.ModeSetting, error) {
	switch {
	case m.Mode != aisles.Sequential && m.Mode != aisles.Queued && m.Mode != aisles.Paused:
		return m, aisles.FieldErrorf("mode", "%q is none of sequential, queued and paused", string(m.Mode))
	case m.Reason == "":
		return m, aisles.FieldErrorf("reason", "is required: people will ask")
	}
	if _, err := l.db.Exec(ctx, `/*ledger.SetMode*/ UPDATE mode SET mode = $1, reason = $2, set_by = $3, since = $4`, string(m.Mode), m.Reason, m.By, l.now()); err != nil {
		return m, errors.Join(fmt.Errorf("switch to %s", m.Mode), err)
	}
	return l.Mode(ctx)
}
