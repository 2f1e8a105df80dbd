package store

import (
	"context"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// restamp gives products the fingerprints of the current version. It changes
// no position: an upgrade is no change.
func (s *Store) restamp(ctx context.Context) error {
	for after := int64(-1); ; {
		var last int64
		err := s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			last = 0
			rows, err := db.All(ctx, tx, scanRow, `/*store.restamp*/ SELECT `+rowColumns+` FROM products WHERE id > $1 AND fp_version <> $2 ORDER BY id LIMIT $3`+
				tx.SQL("", " FOR UPDATE"), after, aisles.FingerprintVersion, MaxBatch)
			if err != nil || len(rows) == 0 {
				return err
			}
			stamps := make([]map[string]any, len(rows))
			for i, x := range rows {
				p, err := x.product()
				if err != nil {
					return err
				}
				stamp := map[string]any{"id": x.ID}
				for facet, f := range aisles.Split(p).Fingerprints() {
					stamp[string(facet)] = f
				}
				stamps[i] = stamp
			}
			last = rows[len(rows)-1].ID
			_, err = tx.Exec(ctx, tx.SQL(restampLite, restampPostgres), list(stamps), aisles.FingerprintVersion)
			return err
		})
		if err != nil {
			return fmt.Errorf("stamp products anew: %w", err)
		}
		if last == 0 {
			return nil
		}
		after = last
	}
}

const (
	restampSet  = `content = r.content, media = r.media, inventory = r.inventory, metadata = r.metadata, publication = r.publication, fp_version = $2`
	restampLite = `/*store.restamp*/ UPDATE products AS p SET ` + restampSet + ` FROM (SELECT value->>'id' AS id, value->>'content' AS content,
		value->>'media' AS media, value->>'inventory' AS inventory, value->>'metadata' AS metadata, value->>'publication' AS publication FROM json_each($1)) AS r WHERE p.id = r.id`
	restampPostgres = `/*store.restamp*/ UPDATE products AS p SET ` + restampSet + ` FROM jsonb_to_recordset($1::jsonb)
		AS r(id bigint, content text, media text, inventory text, metadata text, publication text) WHERE p.id = r.id`
)
