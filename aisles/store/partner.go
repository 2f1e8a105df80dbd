package store

import (
	"context"
	"errors"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// PartnerPatch is what a write says about a partner; absent fields are left.
type PartnerPatch struct {
	Name     aisles.Opt[string]
	Currency aisles.Opt[string]
}

func scanPartner(r db.Row) (p aisles.Partner, err error) {
	var created, updated int64
	err = r.Scan(&p.Key, &p.Name, &p.Currency, &created, &updated)
	p.CreatedAt, p.UpdatedAt = at(created), at(updated)
	return p, err
}

// Partners gives a page of partners by key.
func (s *Store) Partners(ctx context.Context, after string, limit int) ([]aisles.Partner, error) {
	return db.All(ctx, s.db, scanPartner, `/*store.Partners*/ SELECT key, name, currency, created_at, updated_at FROM partners
		WHERE key > $1 ORDER BY key LIMIT $2`, after, limited(limit))
}

// Partner gives one partner; an unknown one is NotFound.
func (s *Store) Partner(ctx context.Context, key string) (aisles.Partner, error) {
	if !storable(key) {
		return aisles.Partner{}, notFound(db.ErrNoRows, "no partner is called %q", key)
	}
	p, err := db.One(ctx, s.db, scanPartner, `/*store.Partner*/ SELECT key, name, currency, created_at, updated_at FROM partners WHERE key = $1`, key)
	return p, notFound(err, "no partner is called %q", key)
}

// CreatePartner adds a partner; one that is there is a Conflict.
func (s *Store) CreatePartner(ctx context.Context, p aisles.Partner) (aisles.Partner, error) {
	if p.Name == "" {
		p.Name = p.Key
	}
	if err := p.Validate(); err != nil {
		return p, err
	}
	now := s.now()
	_, err := s.db.Exec(ctx, `/*store.CreatePartner*/ INSERT INTO partners (key, name, currency, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)`,
		p.Key, p.Name, p.Currency, now, now)
	if errors.Is(err, db.ErrUnique) {
		return p, aisles.Errorf(aisles.Conflict, "partner %q is there already", p.Key)
	}
	p.CreatedAt, p.UpdatedAt = at(now), at(now)
	return p, err
}

// UpdatePartner changes what the patch carries. The currency of a partner that
// has products is not changed to another: their prices would mean something
// else.
func (s *Store) UpdatePartner(ctx context.Context, key string, patch PartnerPatch) (p aisles.Partner, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err = db.One(ctx, tx, scanPartner, `/*store.UpdatePartner*/ SELECT key, name, currency, created_at, updated_at FROM partners WHERE key = $1`+
			tx.SQL("", " FOR UPDATE"), key)
		if err != nil {
			return notFound(err, "no partner is called %q", key)
		}
		before := p.Currency
		p.Name, p.Currency = patch.Name.Or(p.Name), patch.Currency.Or(p.Currency)
		if err := p.Validate(); err != nil {
			return err
		}
		if before != "" && p.Currency != before {
			n, err := countLive(ctx, tx, key)
			if err != nil {
				return err
			}
			if n > 0 {
				return aisles.Errorf(aisles.Conflict, "the catalog of %s is priced in %s and has %d products", key, before, n)
			}
		}
		now := s.now()
		p.UpdatedAt = at(now)
		_, err := tx.Exec(ctx, `/*store.UpdatePartner*/ UPDATE partners SET name = $1, currency = $2, updated_at = $3 WHERE key = $4`, p.Name, p.Currency, now, key)
		return err
	})
	return p, err
}

// RemovePartner removes a partner, and its products into tombstones, and says
// how many it had. The same key may be added again.
func (s *Store) RemovePartner(ctx context.Context, key string) (removed int, err error) {
	// In batches, so that no transaction is long; the last one takes the
	// partner too, and no write comes between.
	for {
		n, err := s.removeSome(ctx, key)
		if err != nil {
			return removed, fmt.Errorf("remove partner %s: %w", key, err)
		}
		removed += n
		if n < MaxBatch {
			return removed, nil
		}
	}
}

// removeSome removes a batch of the partner's products, and the partner when
// fewer than a batch were left.
func (s *Store) removeSome(ctx context.Context, key string) (n int, err error) {
	if !storable(key) {
		return 0, notFound(db.ErrNoRows, "no partner is called %q", key)
	}
	err = s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Value[string](ctx, tx, `/*store.RemovePartner*/ SELECT key FROM partners WHERE key = $1`+tx.SQL("", " FOR UPDATE"), key); err != nil {
			return notFound(err, "no partner is called %q", key)
		}
		keys, err := db.All(ctx, tx, db.Column[string], `/*store.RemovePartner*/ SELECT key FROM products WHERE partner = $1 AND removed_at IS NULL ORDER BY key LIMIT $2`, key, MaxBatch)
		if err != nil {
			return err
		}
		if n = len(keys); n > 0 {
			if err := s.changeIn(ctx, tx, key, keys, func(rows map[string]row) ([]change, error) {
				changes, _, err := removals(keys, rows, s.now())
				return changes, err
			}); err != nil {
				return err
			}
		}
		if n < MaxBatch {
			_, err = tx.Exec(ctx, `/*store.RemovePartner*/ DELETE FROM partners WHERE key = $1`, key)
		}
		return err
	})
	return n, err
}

func countLive(ctx context.Context, q db.Querier, partner string) (int, error) {
	n, err := db.Value[int64](ctx, q, `/*store.Count*/ SELECT count(*) FROM products WHERE partner = $1 AND removed_at IS NULL`, partner)
	return int(n), err
}

// Count gives the number of a partner's products, without tombstones.
func (s *Store) Count(ctx context.Context, partner string) (int, error) {
	return countLive(ctx, s.db, partner)
}

// Counts gives the number of every partner's products, without tombstones, by
// the partner's key.
func (s *Store) Counts(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	err := db.Each(ctx, s.db, func(r db.Row) error {
		var partner string
		var n int
		err := r.Scan(&partner, &n)
		counts[partner] = n
		return err
	}, `/*store.Counts*/ SELECT partner, count(*) FROM products WHERE removed_at IS NULL GROUP BY partner`)
	return counts, err
}
