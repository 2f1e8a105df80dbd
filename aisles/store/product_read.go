package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/internal/db"
)

// ProductQuery asks for a page of a partner's products by key.
type ProductQuery struct {
	After  string // the key after which the page begins
	Limit  int    // 0 and anything above 250 mean 250
	Status string // "" for any
	// Text is part of a title or key, or a whole SKU; A to Z are found in
	// either case, other letters as they are written.
	Text string
}

// Products gives a page of products, without tombstones.
func (s *Store) Products(ctx context.Context, partner string, q ProductQuery) ([]aisles.Product, error) {
	if !storable(partner) || !storable(q.After) || !storable(q.Status) || !storable(q.Text) {
		return []aisles.Product{}, nil
	}
	where, args := "", []any{partner, q.After, limited(q.Limit)}
	if q.Status != "" {
		args = append(args, q.Status)
		where += fmt.Sprintf(" AND status = $%d", len(args))
	}
	if q.Text != "" {
		sku, err := json.Marshal(q.Text)
		if err != nil {
			return nil, err
		}
		args = append(args, "%"+likeText(lowerASCII(q.Text))+"%", `%"sku":`+likeText(lowerASCII(string(sku)))+`%`)
		where += fmt.Sprintf(` AND (lower(title) LIKE $%d ESCAPE '\' OR lower(key) LIKE $%d ESCAPE '\' OR lower(product) LIKE $%d ESCAPE '\')`, len(args)-1, len(args)-1, len(args))
	}
	return db.All(ctx, s.db, scanProduct, `/*store.Products*/ SELECT product FROM products WHERE partner = $1 AND key > $2 AND removed_at IS NULL`+
		where+` ORDER BY key LIMIT $3`, args...)
}

// lowerASCII is what lower() does on both databases.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// likeText makes a text mean itself in a LIKE pattern.
func likeText(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

func scanProduct(r db.Row) (p aisles.Product, err error) {
	var text string
	if err := r.Scan(&text); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(text), &p)
}

// Product gives one product; a removed or unknown one is NotFound.
func (s *Store) Product(ctx context.Context, ref aisles.Ref) (aisles.Product, error) {
	if !storable(ref.Partner) || !storable(ref.Key) {
		return aisles.Product{}, notFound(db.ErrNoRows, "%s has no product %q", ref.Partner, ref.Key)
	}
	p, err := db.One(ctx, s.db, scanProduct, `/*store.Product*/ SELECT product FROM products WHERE partner = $1 AND key = $2 AND removed_at IS NULL`, ref.Partner, ref.Key)
	return p, notFound(err, "%s has no product %q", ref.Partner, ref.Key)
}

// Bodies gives up to 250 products as the facets asked for, in the order asked,
// with their fingerprints: one statement. One the catalog has not is Missing.
func (s *Store) Bodies(ctx context.Context, refs []aisles.Ref, facets []aisles.Facet) ([]aisles.Body, error) {
	if len(refs) > MaxBatch {
		return nil, aisles.Errorf(aisles.TooLarge, "%d products; at most %d a call", len(refs), MaxBatch)
	}
	found := make(map[aisles.Ref]aisles.Body, len(refs))
	err := db.Each(ctx, s.db, func(r db.Row) error {
		var ref aisles.Ref
		var text string
		if err := r.Scan(&ref.Partner, &ref.Key, &text); err != nil {
			return err
		}
		var p aisles.Product
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return fmt.Errorf("read product %s: %w", ref, err)
		}
		doc := aisles.Split(p).Only(facets...)
		found[ref] = aisles.Body{Ref: ref, Document: doc, Fingerprints: doc.Fingerprints()}
		return nil
	}, s.db.SQL(`/*store.Bodies*/ SELECT p.partner, p.key, p.product FROM json_each($1) AS r
		JOIN products p ON p.partner = r.value->>'partner' AND p.key = r.value->>'key' WHERE p.removed_at IS NULL`,
		`/*store.Bodies*/ SELECT p.partner, p.key, p.product FROM jsonb_to_recordset($1::jsonb) AS r(partner text, key text)
		JOIN products p ON p.partner = r.partner AND p.key = r.key WHERE p.removed_at IS NULL`), list(slices.DeleteFunc(slices.Clone(refs), func(r aisles.Ref) bool { return !storable(r.Partner) || !storable(r.Key) })))
	if err != nil {
		return nil, fmt.Errorf("read bodies: %w", err)
	}
	bodies := make([]aisles.Body, len(refs))
	for i, ref := range refs {
		b, ok := found[ref]
		if !ok {
			b = aisles.Body{Ref: ref, Missing: true}
		}
		bodies[i] = b
	}
	return bodies, nil
}
