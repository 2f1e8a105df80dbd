package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

func scanImport(r db.Row) (i aisles.Import, err error) {
	var body string
	if err := r.Scan(&body); err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(body), &i)
}

// StartImport keeps a new import and gives it with its id and start.
func (s *Store) StartImport(ctx context.Context, i aisles.Import) (aisles.Import, error) {
	if _, err := s.Partner(ctx, i.Partner); err != nil {
		return i, err
	}
	now := s.options.Now()
	i.ID, i.Status, i.StartedAt = NewID(now), aisles.ImportRunning, now.UTC()
	body, err := json.Marshal(i)
	if err != nil {
		return i, err
	}
	_, err = s.db.Exec(ctx, `/*store.StartImport*/ INSERT INTO imports (id, partner, body, started_at) VALUES ($1, $2, $3, $4)`, i.ID, i.Partner, string(body), now.UnixMicro())
	return i, err
}

// SaveImport keeps what became of an import.
func (s *Store) SaveImport(ctx context.Context, i aisles.Import) error {
	body, err := json.Marshal(i)
	if err != nil {
		return err
	}
	n, err := s.db.Exec(ctx, `/*store.SaveImport*/ UPDATE imports SET body = $1 WHERE id = $2`, string(body), i.ID)
	if err == nil && n == 0 {
		err = aisles.Errorf(aisles.NotFound, "no import has the id %q", i.ID)
	}
	return err
}

// Import gives one import with its report.
func (s *Store) Import(ctx context.Context, id string) (aisles.Import, error) {
	i, err := db.One(ctx, s.db, scanImport, `/*store.Import*/ SELECT body FROM imports WHERE id = $1`, id)
	return i, notFound(err, "no import has the id %q", id)
}

// Imports gives a partner's imports, newest first, before the id after.
func (s *Store) Imports(ctx context.Context, partner, after string, limit int) ([]aisles.Import, error) {
	if after == "" {
		after = "~" // sorts behind every id
	}
	return db.All(ctx, s.db, scanImport, `/*store.Imports*/ SELECT body FROM imports WHERE partner = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, partner, after, limited(limit))
}

// MarkSeen notes products a full feed has named.
func (s *Store) MarkSeen(ctx context.Context, importID string, keys []string) error {
	_, err := s.db.Exec(ctx, s.db.SQL(`/*store.MarkSeen*/ INSERT INTO seen (import, key) SELECT $1, value FROM json_each($2) WHERE true ON CONFLICT DO NOTHING`,
		`/*store.MarkSeen*/ INSERT INTO seen (import, key) SELECT $1::text, k FROM jsonb_array_elements_text($2::jsonb) AS k ON CONFLICT DO NOTHING`), importID, list(onlyStorable(keys)))
	if err != nil {
		return fmt.Errorf("note products of import %s: %w", importID, err)
	}
	return nil
}

// RemoveUnseen removes the partner's products that a full feed has not named,
// in batches, and gives their number. With dryRun it only counts.
func (s *Store) RemoveUnseen(ctx context.Context, importID, partner string, dryRun bool, progress func(removed int)) (removed int, err error) {
	for after := ""; ; {
		keys, err := db.All(ctx, s.db, db.Column[string], `/*store.RemoveUnseen*/ SELECT p.key FROM products p WHERE p.partner = $1 AND p.key > $2 AND p.removed_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM seen s WHERE s.import = $3 AND s.key = p.key) ORDER BY p.key LIMIT $4`, partner, after, importID, MaxBatch)
		if err != nil {
			return removed, fmt.Errorf("find what the feed lacks: %w", err)
		}
		if len(keys) == 0 {
			return removed, nil
		}
		if _, err := s.RemoveProducts(ctx, partner, keys, dryRun); err != nil {
			return removed, err
		}
		removed += len(keys)
		after = keys[len(keys)-1]
		if progress != nil {
			progress(removed)
		}
	}
}

// ForgetSeen drops what MarkSeen noted.
func (s *Store) ForgetSeen(ctx context.Context, importID string) error {
	_, err := s.db.Exec(ctx, `/*store.ForgetSeen*/ DELETE FROM seen WHERE import = $1`, importID)
	return err
}

// AbandonImports ends imports that were running when their process ended, and
// forgets what they had noted. Only a process that is alone calls it.
func (s *Store) AbandonImports(ctx context.Context) error {
	running, err := db.All(ctx, s.db, scanImport, `/*store.AbandonImports*/ SELECT body FROM imports WHERE body LIKE '%"status":"running"%'`)
	if err != nil {
		return err
	}
	for _, i := range running {
		now := s.options.Now().UTC()
		i.Status, i.FinishedAt, i.Error = aisles.ImportFailed, &now, "the process ended; what was written is whole, and the import is free to repeat"
		err = errors.Join(err, s.SaveImport(ctx, i), s.ForgetSeen(ctx, i.ID))
	}
	return err
}
