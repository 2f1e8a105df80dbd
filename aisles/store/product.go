package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"aisles/aisles"
	"aisles/internal/db"
)

// Result is what a write did to one product.
type Result struct {
	Key     string         `json:"key"`
	Outcome aisles.Outcome `json:"outcome"`
	// Facets are those that changed.
	Facets  []aisles.Facet `json:"facets,omitempty"`
	Remarks []string       `json:"remarks,omitempty"`
	// Err says why the product was rejected; it is an [aisles.Error].
	Err error `json:"-"`
}

// row is a product as it is stored.
type row struct {
	ID           int64
	Key          string
	Product      string
	Removed      *int64
	Fingerprints aisles.Fingerprints
	At           map[aisles.Facet]int64
}

const rowColumns = `id, key, product, removed_at, content, media, inventory, metadata, publication,
	content_at, media_at, inventory_at, metadata_at, publication_at`

func scanRow(r db.Row) (row, error) {
	var x row
	var f [5]string
	var p [5]int64
	err := r.Scan(&x.ID, &x.Key, &x.Product, &x.Removed, &f[0], &f[1], &f[2], &f[3], &f[4], &p[0], &p[1], &p[2], &p[3], &p[4])
	x.Fingerprints, x.At = aisles.Fingerprints{}, map[aisles.Facet]int64{}
	for i, facet := range aisles.Facets {
		x.Fingerprints[facet] = aisles.Fingerprint(f[i])
		x.At[facet] = p[i]
	}
	return x, err
}

func (x row) product() (aisles.Product, error) {
	var p aisles.Product
	if err := json.Unmarshal([]byte(x.Product), &p); err != nil {
		return p, fmt.Errorf("read product %s: %w", x.Key, err)
	}
	return p, nil
}

// change is one product to be written.
type change struct {
	Key     string `json:"key"`
	Title   string `json:"title"`
	Status  string `json:"status"`
	Product string `json:"product"`
	Version int    `json:"version"`
	Removed *int64 `json:"removed"`

	Content     aisles.Fingerprint `json:"content"`
	Media       aisles.Fingerprint `json:"media"`
	Inventory   aisles.Fingerprint `json:"inventory"`
	Metadata    aisles.Fingerprint `json:"metadata"`
	Publication aisles.Fingerprint `json:"publication"`

	// Which facets changed: 1 or 0.
	ContentNew     int `json:"content_new"`
	MediaNew       int `json:"media_new"`
	InventoryNew   int `json:"inventory_new"`
	MetadataNew    int `json:"metadata_new"`
	PublicationNew int `json:"publication_new"`
	isNew          bool
}

func newChange(p aisles.Product, facets []aisles.Facet) (change, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return change{}, fmt.Errorf("write product %s: %w", p.Key, err)
	}
	f := aisles.Split(p).Fingerprints()
	is := func(facet aisles.Facet) int {
		if slices.Contains(facets, facet) {
			return 1
		}
		return 0
	}
	return change{
		Key: p.Key, Title: p.Title, Status: string(p.Status), Product: string(b), Version: aisles.FingerprintVersion,
		Content: f[aisles.FacetContent], Media: f[aisles.FacetMedia], Inventory: f[aisles.FacetInventory],
		Metadata: f[aisles.FacetMetadata], Publication: f[aisles.FacetPublication],
		ContentNew: is(aisles.FacetContent), MediaNew: is(aisles.FacetMedia), InventoryNew: is(aisles.FacetInventory),
		MetadataNew: is(aisles.FacetMetadata), PublicationNew: is(aisles.FacetPublication),
	}, nil
}

// PutProducts creates or updates up to 250 products of a partner in one
// transaction. A product that is refused is reported and left as it is; the
// others go on. With dryRun nothing is written.
func (s *Store) PutProducts(ctx context.Context, partner string, patches []aisles.Patch, dryRun bool) ([]Result, error) {
	if len(patches) > MaxBatch {
		return nil, aisles.Errorf(aisles.TooLarge, "%d products; at most %d a call", len(patches), MaxBatch)
	}
	keys := make([]string, len(patches))
	for i, p := range patches {
		keys[i] = p.Key
	}
	var results []Result
	err := s.change(ctx, partner, keys, dryRun, func(rows map[string]row) ([]change, error) {
		var changes []change
		results = results[:0]
		seen := map[string]bool{}
		for _, p := range patches {
			result, c, err := put(p, rows, seen[p.Key])
			if err != nil {
				return nil, err
			}
			seen[p.Key] = true
			results = append(results, result)
			if c != nil {
				changes = append(changes, *c)
			}
		}
		return changes, nil
	})
	if err != nil {
		return nil, fmt.Errorf("put products of %s: %w", partner, err)
	}
	return results, nil
}

// put applies one patch.
func put(p aisles.Patch, rows map[string]row, twice bool) (Result, *change, error) {
	rejected := func(err error) (Result, *change, error) {
		return Result{Key: p.Key, Outcome: aisles.Rejected, Err: err}, nil, nil
	}
	if !storable(p.Key) {
		return rejected(aisles.FieldErrorf("key", "%q holds a NUL or is no UTF-8", p.Key))
	}
	if twice {
		return rejected(aisles.FieldErrorf("key", "%q stands twice in one call", p.Key))
	}
	x, there := rows[p.Key]
	var old *aisles.Product
	before := aisles.Fingerprints{}
	if there {
		product, err := x.product()
		if err != nil {
			return Result{}, nil, err
		}
		if x.Removed == nil {
			old = &product
		}
		before = aisles.Split(product).Fingerprints()
	}
	now, remarks, err := p.Apply(old)
	if err != nil {
		return rejected(err)
	}
	after := aisles.Split(now).Fingerprints()
	var facets []aisles.Facet
	for _, f := range aisles.Facets {
		if old == nil || after[f] != before[f] {
			facets = append(facets, f)
		}
	}
	result := Result{Key: now.Key, Outcome: aisles.Updated, Facets: facets, Remarks: remarks}
	switch {
	case len(facets) == 0:
		result.Outcome = aisles.Unchanged
		return result, nil, nil
	case old == nil:
		result.Outcome = aisles.Created
	}
	c, err := newChange(now, facets)
	if err != nil {
		return Result{}, nil, err
	}
	if holdsNUL(c.Product) {
		return rejected(aisles.Errorf(aisles.Invalid, "a text holds a NUL (U+0000)"))
	}
	c.isNew = !there
	return result, &c, nil
}

// RemoveProducts makes tombstones of up to 250 products. One that is not there
// is unchanged.
func (s *Store) RemoveProducts(ctx context.Context, partner string, keys []string, dryRun bool) ([]Result, error) {
	if len(keys) > MaxBatch {
		return nil, aisles.Errorf(aisles.TooLarge, "%d products; at most %d a call", len(keys), MaxBatch)
	}
	var results []Result
	err := s.change(ctx, partner, keys, dryRun, func(rows map[string]row) (changes []change, err error) {
		changes, results, err = removals(keys, rows, s.now())
		return changes, err
	})
	if err != nil {
		return nil, fmt.Errorf("remove products of %s: %w", partner, err)
	}
	return results, nil
}

// removals makes tombstones of the rows the keys name.
func removals(keys []string, rows map[string]row, now int64) (changes []change, results []Result, err error) {
	seen := map[string]bool{}
	for _, key := range keys {
		x, there := rows[key]
		if !there || x.Removed != nil || seen[key] {
			results = append(results, Result{Key: key, Outcome: aisles.Unchanged})
			continue
		}
		seen[key] = true
		p, err := x.product()
		if err != nil {
			return nil, nil, err
		}
		c, err := newChange(p, aisles.Facets)
		if err != nil {
			return nil, nil, err
		}
		c.Removed = &now
		changes = append(changes, c)
		results = append(results, Result{Key: key, Outcome: aisles.Removed, Facets: aisles.Facets})
	}
	return changes, results, nil
}

// change locks the rows of the keys, asks decide what becomes of them and
// writes it under one new position of the feed.
func (s *Store) change(ctx context.Context, partner string, keys []string, dryRun bool, decide func(map[string]row) ([]change, error)) error {
	if dryRun {
		return s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
			rows, err := rowsOf(ctx, tx, partner, keys, false)
			if err == nil {
				_, err = decide(rows)
			}
			return err
		})
	}
	if err := s.pruneLazily(ctx); err != nil {
		return err
	}
	return s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.changeIn(ctx, tx, partner, keys, decide)
	})
}

func (s *Store) changeIn(ctx context.Context, tx *db.Tx, partner string, keys []string, decide func(map[string]row) ([]change, error)) error {
	rows, err := rowsOf(ctx, tx, partner, keys, true)
	if err != nil {
		return err
	}
	changes, err := decide(rows)
	if err != nil || len(changes) == 0 {
		return err
	}
	return s.writeChanges(ctx, tx, partner, changes)
}

// rowsOf reads the rows of the keys, tombstones too; for a write it locks them,
// and the partner against removal. An unknown partner is NotFound.
func rowsOf(ctx context.Context, tx *db.Tx, partner string, keys []string, write bool) (map[string]row, error) {
	var keyShare, update string
	if write {
		keyShare, update = tx.SQL("", " FOR KEY SHARE"), tx.SQL("", " FOR UPDATE")
	}
	known := []string{}
	if storable(partner) {
		var err error
		known, err = db.All(ctx, tx, db.Column[string], `/*store.change*/ SELECT key FROM partners WHERE key = $1`+keyShare, partner)
		if err != nil {
			return nil, err
		}
	}
	if len(known) == 0 {
		return nil, aisles.Errorf(aisles.NotFound, "no partner is called %q", partner)
	}
	rows, err := db.All(ctx, tx, scanRow, `/*store.change*/ SELECT `+rowColumns+` FROM products WHERE partner = $1 AND `+keysIn(tx, "key", "$2")+` ORDER BY key`+update,
		partner, list(onlyStorable(keys)))
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]row, len(rows))
	for _, x := range rows {
		byKey[x.Key] = x
	}
	return byKey, nil
}

// writeChanges writes new rows and changed ones: two statements, whatever
// their number.
func (s *Store) writeChanges(ctx context.Context, tx *db.Tx, partner string, changes []change) error {
	position, err := nextPosition(ctx, tx)
	if err != nil {
		return err
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.Key, b.Key) })
	fresh := slices.DeleteFunc(slices.Clone(changes), func(c change) bool { return !c.isNew })
	old := slices.DeleteFunc(changes, func(c change) bool { return c.isNew })
	if len(fresh) > 0 {
		n, err := tx.Exec(ctx, tx.SQL(insertLite, insertPostgres), partner, position, list(fresh))
		if err != nil {
			return err
		}
		if int(n) != len(fresh) {
			// Another transaction has just made one of them: look again.
			return fmt.Errorf("insert products: %w", db.ErrBusy)
		}
	}
	if len(old) > 0 {
		if _, err := tx.Exec(ctx, tx.SQL(updateLite, updatePostgres), partner, position, list(old)); err != nil {
			return err
		}
	}
	if s.beforeCommit != nil {
		s.beforeCommit()
	}
	return nil
}

const (
	insertColumns = `INSERT INTO products (partner, key, title, status, product, fp_version, content, media, inventory, metadata, publication,
		content_at, media_at, inventory_at, metadata_at, publication_at, position)`
	insertLite = `/*store.insert*/ ` + insertColumns + `
		SELECT $1, value->>'key', value->>'title', value->>'status', value->>'product', value->>'version',
			value->>'content', value->>'media', value->>'inventory', value->>'metadata', value->>'publication', $2, $2, $2, $2, $2, $2
		FROM json_each($3) WHERE true ON CONFLICT (partner, key) DO NOTHING`
	insertPostgres = `/*store.insert*/ ` + insertColumns + `
		SELECT $1::text, r.key, r.title, r.status, r.product, r.version, r.content, r.media, r.inventory, r.metadata, r.publication, $2::bigint, $2, $2, $2, $2, $2
		FROM jsonb_to_recordset($3::jsonb) AS r(key text, title text, status text, product text, version bigint,
			content text, media text, inventory text, metadata text, publication text)
		ORDER BY r.key COLLATE "C" ON CONFLICT (partner, key) DO NOTHING`

	updateSet = `title = r.title, status = r.status, product = r.product, fp_version = r.version, removed_at = r.removed,
		content = r.content, media = r.media, inventory = r.inventory, metadata = r.metadata, publication = r.publication,
		content_at = CASE WHEN r.content_new = 1 THEN $2 ELSE p.content_at END,
		media_at = CASE WHEN r.media_new = 1 THEN $2 ELSE p.media_at END,
		inventory_at = CASE WHEN r.inventory_new = 1 THEN $2 ELSE p.inventory_at END,
		metadata_at = CASE WHEN r.metadata_new = 1 THEN $2 ELSE p.metadata_at END,
		publication_at = CASE WHEN r.publication_new = 1 THEN $2 ELSE p.publication_at END,
		position = $2`
	// Materialized, so that each row of the list is looked up in the table's
	// index; SQLite would else go through the list for every product.
	updateLite = `/*store.update*/ WITH r AS MATERIALIZED (SELECT value->>'key' AS key, value->>'title' AS title, value->>'status' AS status, value->>'product' AS product, value->>'version' AS version,
			value->>'removed' AS removed, value->>'content' AS content, value->>'media' AS media, value->>'inventory' AS inventory,
			value->>'metadata' AS metadata, value->>'publication' AS publication, value->>'content_new' AS content_new, value->>'media_new' AS media_new,
			value->>'inventory_new' AS inventory_new, value->>'metadata_new' AS metadata_new, value->>'publication_new' AS publication_new
			FROM json_each($3))
		UPDATE products AS p SET ` + updateSet + ` FROM r WHERE p.partner = $1 AND p.key = r.key`
	updatePostgres = `/*store.update*/ UPDATE products AS p SET ` + updateSet + `
		FROM jsonb_to_recordset($3::jsonb) AS r(key text, title text, status text, product text, version bigint, removed bigint,
			content text, media text, inventory text, metadata text, publication text,
			content_new bigint, media_new bigint, inventory_new bigint, metadata_new bigint, publication_new bigint)
		WHERE p.partner = $1 AND p.key = r.key`
)
