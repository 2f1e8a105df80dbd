package store

import (
	"context"
	"fmt"
	"time"

	"aisles/internal/db"
)

const (
	// pruneAtOpen bounds the batches of tombstones a start forgets; writes go
	// on from there.
	pruneAtOpen = 20
	// pruneEvery is how often a write looks for tombstones to forget.
	pruneEvery = time.Hour
)

// pruneLazily forgets one batch of tombstones, once an hour while there is
// none to forget. It comes before a write, which is not done when it fails.
func (s *Store) pruneLazily(ctx context.Context) error {
	now := s.options.Now()
	s.mu.Lock()
	due := now.Sub(s.pruned) >= pruneEvery
	if due {
		s.pruned = now
	}
	s.mu.Unlock()
	if !due {
		return nil
	}
	return s.prune(ctx, 1)
}

// prune forgets tombstones older than the retention, so many batches at most,
// and keeps the place up to which the feed can no longer be continued.
func (s *Store) prune(ctx context.Context, batches int) error {
	now := s.options.Now()
	oldest := now.Add(-s.options.Retention).UnixMicro()
	more := true
	for range batches {
		n, err := s.pruneSome(ctx, oldest)
		if err != nil {
			return fmt.Errorf("prune tombstones: %w", err)
		}
		if more = n == MaxBatch; !more {
			break
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pruned = now; more {
		s.pruned = time.Time{} // the next write goes on
	}
	return nil
}

// pruneSome forgets one batch. What the feed does not show yet stays: a reader
// that began anew would be sent back to the beginning.
func (s *Store) pruneSome(ctx context.Context, oldest int64) (n int, err error) {
	type place struct{ position, id int64 }
	err = s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := db.All(ctx, tx, func(r db.Row) (p place, err error) { return p, r.Scan(&p.position, &p.id) },
			`/*store.prune*/ SELECT position, id FROM products WHERE removed_at < $1`+
				tx.SQL("", " AND position < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT position FROM feed)")+
				` ORDER BY removed_at, id LIMIT $2`+tx.SQL("", " FOR UPDATE SKIP LOCKED"), oldest, MaxBatch)
		n = len(rows)
		if err != nil || n == 0 {
			return err
		}
		ids, last := make([]int64, n), place{}
		for i, p := range rows {
			ids[i] = p.id
			if p.position > last.position || p.position == last.position && p.id > last.id {
				last = p
			}
		}
		if _, err := tx.Exec(ctx, `/*store.prune*/ DELETE FROM products WHERE id IN (`+
			tx.SQL("SELECT value FROM json_each($1)", "SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb)")+`)`, list(ids)); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/*store.prune*/ UPDATE feed SET pruned = $1, pruned_id = $2 WHERE (pruned, pruned_id) < ($1, $2)`, last.position, last.id)
		return err
	})
	return n, err
}
