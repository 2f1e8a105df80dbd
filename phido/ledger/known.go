package ledger

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/phido/plan"
)

// The states of a known product. Creating means that its creation was begun
// and not answered: it may be in the shop.
const (
	Creating = "creating"
	Live     = "live"
	Archived = "archived"
)

// Confirmed says what of a facet the shop was last seen to have.
type Confirmed struct {
	Fingerprint aisles.Fingerprint
	Shape       string
	At          time.Time
}

// Known is a product that is in its shop, or may be.
type Known struct {
	aisles.Ref
	State string
	IDs   plan.IDs
	// Document is what was last confirmed, facet by facet; a nil facet never
	// was.
	Document  aisles.Document
	Confirmed map[aisles.Facet]Confirmed
}

// Known gives what is known of up to 250 products, by key; unknown ones are
// missing.
func (l *Ledger) Known(ctx context.Context, partner string, keys []string) (map[string]Known, error) {
	out := make(map[string]Known, len(keys))
	err := db.Each(ctx, l.db, func(r db.Row) error {
		var key, state, ids string
		var facet, fingerprint, shape, document *string
		var confirmed *int64
		if err := r.Scan(&key, &state, &ids, &facet, &fingerprint, &shape, &document, &confirmed); err != nil {
			return err
		}
		k, ok := out[key]
		if !ok {
			k = Known{Ref: aisles.Ref{Partner: partner, Key: key}, State: state, Confirmed: map[aisles.Facet]Confirmed{}}
			if err := json.Unmarshal([]byte(ids), &k.IDs); err != nil {
				return fmt.Errorf("read the ids of %s: %w", k.Ref, err)
			}
		}
		if facet != nil {
			f := aisles.Facet(*facet)
			k.Confirmed[f] = Confirmed{aisles.Fingerprint(*fingerprint), *shape, at(*confirmed)}
			if err := unpack(*document, &k.Document, f); err != nil {
				return fmt.Errorf("read the document %s of %s: %w", f, k.Ref, err)
			}
		}
		out[key] = k
		return nil
	}, `/*ledger.Known*/ SELECT k.key, k.state, k.ids, c.facet, c.fingerprint, c.shape, c.document, c.confirmed_at FROM known k
		LEFT JOIN confirmed c ON c.partner = k.partner AND c.key = k.key WHERE k.partner = $1 AND `+keysIn(l.db, "k.key", "$2"), partner, text(keys))
	if err != nil {
		return nil, fmt.Errorf("read %d products of %s: %w", len(keys), partner, err)
	}
	return out, nil
}

// pack gives a document as it is kept: deflated JSON in base64.
func pack(document any) (string, error) {
	raw, err := json.Marshal(document)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(raw); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

func unpack(packed string, to *aisles.Document, facet aisles.Facet) error {
	b, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return err
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(b)))
	if err != nil {
		return err
	}
	// A document's fields are named as its facets are.
	whole, err := json.Marshal(map[aisles.Facet]json.RawMessage{facet: raw})
	if err != nil {
		return err
	}
	return json.Unmarshal(whole, to)
}

// CountKnown gives the number of the partner's products on sale in its shop.
func (l *Ledger) CountKnown(ctx context.Context, partner string) (int, error) {
	n, err := db.Value[int64](ctx, l.db, `/*ledger.CountKnown*/ SELECT count(*) FROM known WHERE partner = $1 AND state = 'live'`, partner)
	return int(n), err
}

// MarkCreating notes that creations are about to be sent. Until they are
// recorded, a run looks each of them up before it sends anything.
func (l *Ledger) MarkCreating(ctx context.Context, lease *Lease, partner string, keys []string) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.MarkCreating*/ INSERT INTO known (partner, key, state, ids, variants, seen)
			SELECT `+tx.SQL("$1, value", "$1::text, value")+`, 'creating', '{}', 0, (SELECT sweep FROM feed) FROM `+
			tx.SQL("json_each($2)", "jsonb_array_elements_text($2::jsonb) AS value")+` WHERE true
			ON CONFLICT (partner, key) DO UPDATE SET state = 'creating', ids = '{}'`, partner, text(keys))
		return err
	})
	if err != nil {
		return fmt.Errorf("mark %d products as being created: %w", len(keys), err)
	}
	return nil
}

// Adopt makes products known that were found in the shop, by their ids alone.
// What is known of a product already stays.
func (l *Ledger) Adopt(ctx context.Context, lease *Lease, partner string, found map[string]plan.IDs) error {
	type record struct {
		Key string `json:"key"`
		IDs string `json:"ids"`
	}
	var list []record
	for key, ids := range found {
		list = append(list, record{key, text(ids)})
	}
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.Adopt*/ INSERT INTO known (partner, key, state, ids, variants, seen)
			SELECT `+tx.SQL("$1", "$1::text")+`, r.key, 'live', r.ids, 0, (SELECT sweep FROM feed) FROM `+records(tx, "$2", "key text", "ids text")+` WHERE true
			ON CONFLICT (partner, key) DO UPDATE SET state = 'live', ids = excluded.ids WHERE known.state = 'creating'`, partner, text(list))
		return err
	})
	if err != nil {
		return fmt.Errorf("adopt %d products: %w", len(found), err)
	}
	return nil
}

// Unlearn forgets products that are gone from the shop. What waits of them
// stays.
func (l *Ledger) Unlearn(ctx context.Context, lease *Lease, partner string, keys []string) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		for _, table := range []string{"known", "confirmed"} {
			if _, err := tx.Exec(ctx, `/*ledger.Unlearn*/ DELETE FROM `+table+` WHERE partner = $1 AND `+keysIn(tx, "key", "$2"), partner, text(keys)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget %d products: %w", len(keys), err)
	}
	return nil
}
