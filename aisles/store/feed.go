package store

// The change feed.
//
// Every write gives the facets it changes a position, in its own transaction.
// A reader asks for what lies after its cursor and must never miss a write
// that commits later under an earlier position.
//
// On SQLite the file has one writer: a counter in the writing transaction
// orders the writes as they commit. On PostgreSQL the position is the
// transaction's id, and only positions below the oldest transaction that is
// still running (pg_snapshot_xmin) are read: whatever has an earlier position
// has ended, and is seen or was rolled back. A write transaction left open
// anywhere in the cluster therefore holds the feed back; Horizon names it.
//
// Transaction ids begin anew in a restored database. The feed's offset is
// added to them, and raised at a start where ids would not go on rising.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
)

// ChangesQuery asks for a page of the change feed.
type ChangesQuery struct {
	After aisles.Cursor // "" is the feed's beginning
	Limit int           // 0 and anything above 250 mean 250
	// Partner and Facets leave out other partners' products and products of
	// which other facets changed; empty leaves out nothing. A removed product
	// counts as changed in every facet.
	Partner string
	Facets  []aisles.Facet
}

// ChangePage is a page of the change feed.
type ChangePage struct {
	Items []aisles.Change
	// Next is the cursor after the page; it is always set.
	Next aisles.Cursor
	// More says that another page follows at once.
	More    bool
	Horizon Horizon
}

// Horizon tells how far the end of the feed is behind.
type Horizon struct {
	// Held says that changes are committed which the feed does not show yet.
	Held bool
	// Age is how long the oldest write transaction of the database server has
	// been open: changes that began after it are not shown yet.
	Age time.Duration
	// Holder names that transaction's backend; "" when none is open.
	Holder string
}

// cursor is a place in the feed: after the product with the row id at the
// position, as counted in an epoch.
type cursor struct {
	epoch        string
	position, id int64
	// base is where the feed ended when its reader began at the beginning, as
	// long as the reader has not come so far; else 0. Removals before it are
	// nothing to such a reader, who has never seen the products.
	base int64
}

func (c cursor) String() string {
	s := c.epoch + "." + strconv.FormatInt(c.position, 36) + "." + strconv.FormatInt(c.id, 36)
	if c.base > 0 {
		s += "." + strconv.FormatInt(c.base, 36)
	}
	return s
}

// before reports whether the cursor lies before the row at the position.
func (c cursor) before(position, id int64) bool {
	return c.position < position || c.position == position && c.id < id
}

// moved gives the cursor at the place of a row.
func (c cursor) moved(position, id int64) cursor {
	if c.position, c.id = position, id; position >= c.base {
		c.base = 0
	}
	return c
}

func parseCursor(text aisles.Cursor) (cursor, error) {
	parts := strings.Split(string(text), ".")
	if (len(parts) == 3 || len(parts) == 4) && parts[0] != "" {
		var n [3]int64
		var err error
		for i, part := range parts[1:] {
			var bad error
			n[i], bad = strconv.ParseInt(part, 36, 64)
			err = errors.Join(err, bad)
		}
		c := cursor{epoch: parts[0], position: n[0], id: n[1], base: n[2]}
		if err == nil && c.position >= 0 && c.id >= 0 && c.String() == string(text) {
			return c, nil
		}
	}
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return cursor{}, aisles.FieldErrorf("after", "%q is no cursor of this feed", string(text))
}

// gone refuses a cursor that cannot be continued from. Its reader compares all
// fingerprints, beginning at the feed's beginning.
func gone(format string, args ...any) error {
	return aisles.Errorf(aisles.Gone, "the cursor cannot be continued from: "+format+"; read the feed from its beginning and compare", args...)
}

// nextPosition gives the position of the transaction's changes.
func nextPosition(ctx context.Context, tx *db.Tx) (int64, error) {
	return db.Value[int64](ctx, tx, tx.SQL(
		`/*store.nextPosition*/ UPDATE feed SET position = position + 1 RETURNING position`,
		`/*store.nextPosition*/ SELECT pg_current_xact_id()::text::bigint + position FROM feed`))
}

// ends is where the feed stands, in one snapshot.
type ends struct {
	epoch string
	bound int64 // positions below it are shown
	// The newest tombstone that is gone.
	pruned, prunedID int64
	// held says that changes are committed and not shown yet.
	held bool
}

func (s *Store) ends(ctx context.Context, tx *db.Tx) (e ends, err error) {
	return db.One(ctx, tx, func(r db.Row) (e ends, err error) {
		return e, r.Scan(&e.epoch, &e.bound, &e.pruned, &e.prunedID, &e.held)
	}, tx.SQL(`/*store.Changes*/ SELECT (SELECT id FROM epochs ORDER BY seq DESC LIMIT 1), position + 1, pruned, pruned_id, false FROM feed`,
		`/*store.Changes*/ SELECT (SELECT id FROM epochs ORDER BY seq DESC LIMIT 1), pg_snapshot_xmin(pg_current_snapshot())::text::bigint + position, pruned, pruned_id,
			EXISTS (SELECT 1 FROM products p WHERE p.position >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint + feed.position) FROM feed`))
}

// resume checks that the feed can be continued from the cursor.
func (s *Store) resume(ctx context.Context, tx *db.Tx, after aisles.Cursor, e ends) (cursor, error) {
	if after == "" {
		return cursor{epoch: e.epoch, base: e.bound}, nil
	}
	c, err := parseCursor(after)
	if err != nil {
		return c, err
	}
	// An epoch's last position is the one before the next epoch's start.
	end, err := db.Value[int64](ctx, tx, `/*store.Changes*/ SELECT coalesce((SELECT min(n.position) FROM epochs n WHERE n.seq > e.seq), $2) FROM epochs e WHERE e.id = $1`, c.epoch, e.bound-1)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return c, gone("this database has not given it out (was a copy restored?)")
	case err != nil:
		return c, err
	case c.position > end, c.base > end+1:
		return c, gone("it lies beyond the end of what this database had then (was a copy restored?)")
	case c.before(e.pruned, e.prunedID) && c.base <= e.pruned:
		return c, gone("removals after it have been forgotten")
	}
	c.epoch = e.epoch
	return c, nil
}

// Changes gives a page of the change feed: each product whose facets changed
// after the cursor, once, with the fingerprints of all its facets. A cursor
// that cannot be continued from is Gone.
func (s *Store) Changes(ctx context.Context, q ChangesQuery) (page ChangePage, err error) {
	limit := limited(q.Limit)
	err = s.db.Read(ctx, func(ctx context.Context, tx *db.Tx) error {
		e, err := s.ends(ctx, tx)
		if err != nil {
			return err
		}
		c, err := s.resume(ctx, tx, q.After, e)
		if err != nil {
			return err
		}
		page, c, err = s.page(ctx, tx, q, c, e, limit)
		if err != nil {
			return err
		}
		page.Next = aisles.Cursor(c.String())
		page.Horizon, err = horizon(ctx, tx)
		page.Horizon.Held = e.held
		return err
	})
	return page, err
}

// page reads one page after the cursor.
func (s *Store) page(ctx context.Context, tx *db.Tx, q ChangesQuery, c cursor, e ends, limit int) (ChangePage, cursor, error) {
	position, err := positionOf(tx, q.Facets)
	if err != nil {
		return ChangePage{}, c, err
	}
	where, args := "", []any{c.position, c.id, e.bound, limit + 1}
	if q.Partner != "" {
		args = append(args, q.Partner)
		where = " AND partner = $5"
	}
	// The condition on the indexed column is implied by the other.
	rows, err := db.All(ctx, tx, scanChange, `/*store.Changes*/ SELECT id, `+position+`, partner, key, removed_at IS NOT NULL, content, media, inventory, metadata, publication
		FROM products WHERE position >= $1 AND (`+position+`, id) > ($1, $2) AND `+position+` < $3`+where+`
		ORDER BY `+position+`, id LIMIT $4`, args...)
	if err != nil {
		return ChangePage{}, c, fmt.Errorf("read changes: %w", err)
	}
	page := ChangePage{Items: []aisles.Change{}, More: len(rows) > limit}
	for _, r := range rows[:min(limit, len(rows))] {
		page.Items = append(page.Items, r.Change)
		c = c.moved(r.position, r.id)
	}
	if !page.More && (q.Partner != "" || len(q.Facets) > 0) {
		c, err = toEnd(ctx, tx, c, e)
	}
	return page, c, err
}

// toEnd moves the cursor of a reader who has seen all there is for it behind
// what there is for others, so that it does not grow too old meanwhile.
func toEnd(ctx context.Context, tx *db.Tx, c cursor, e ends) (cursor, error) {
	newest, err := db.One(ctx, tx, func(r db.Row) (n cursor, err error) { return n, r.Scan(&n.position, &n.id) },
		`/*store.Changes*/ SELECT position, id FROM products WHERE position < $1 ORDER BY position DESC, id DESC LIMIT 1`, e.bound)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return c, nil
	case err != nil:
		return c, fmt.Errorf("read the end of changes: %w", err)
	case c.before(newest.position, newest.id):
		return c.moved(newest.position, newest.id), nil
	}
	return c, nil
}

// positionOf gives the column, or the newest of the columns, by which the feed
// is ordered.
func positionOf(tx *db.Tx, facets []aisles.Facet) (string, error) {
	if len(facets) == 0 {
		return "position", nil
	}
	var columns []string
	for _, f := range facets {
		if !slices.Contains(aisles.Facets, f) {
			return "", aisles.FieldErrorf("facet", "no facet is called %q", string(f))
		}
		if column := string(f) + "_at"; !slices.Contains(columns, column) {
			columns = append(columns, column)
		}
	}
	if len(columns) == 1 {
		return columns[0], nil
	}
	return tx.SQL("max", "greatest") + "(" + strings.Join(columns, ", ") + ")", nil
}

type changeRow struct {
	aisles.Change
	id, position int64
}

func scanChange(r db.Row) (x changeRow, err error) {
	var f [5]string
	err = r.Scan(&x.id, &x.position, &x.Partner, &x.Key, &x.Removed, &f[0], &f[1], &f[2], &f[3], &f[4])
	if !x.Removed {
		x.Fingerprints = aisles.Fingerprints{}
		for i, facet := range aisles.Facets {
			x.Fingerprints[facet] = aisles.Fingerprint(f[i])
		}
	}
	return x, err
}

// horizon asks PostgreSQL for the oldest transaction that has written. Of
// other roles' backends a role without pg_monitor sees no more than that they
// are there.
func horizon(ctx context.Context, tx *db.Tx) (Horizon, error) {
	if tx.Dialect() == db.SQLite {
		return Horizon{}, nil
	}
	h, err := db.One(ctx, tx, func(r db.Row) (h Horizon, err error) {
		var seconds float64
		err = r.Scan(&seconds, &h.Holder)
		h.Age = time.Duration(seconds * float64(time.Second))
		return h, err
	}, `/*store.horizon*/ SELECT coalesce(extract(epoch FROM clock_timestamp() - since), 0)::float8, holder FROM (
		SELECT xact_start AS since, backend_xid AS xid,
			format('backend %s of %s in %s, %s', pid, coalesce(nullif(application_name, ''), usename, 'unknown'), datname, coalesce(state, 'state not shown')) AS holder
		FROM pg_stat_activity WHERE backend_xid IS NOT NULL
		UNION ALL
		SELECT prepared, transaction, format('prepared transaction %s of %s in %s', gid, owner, database) FROM pg_prepared_xacts
	) AS open ORDER BY age(xid) DESC LIMIT 1`)
	if errors.Is(err, db.ErrNoRows) {
		return Horizon{}, nil
	}
	return h, err
}

// startEpoch begins an epoch where the feed ends now. Its position is the last
// one that readers of earlier epochs can have been shown.
func (s *Store) startEpoch(ctx context.Context) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		newest, err := db.Value[int64](ctx, tx, `/*store.startEpoch*/ SELECT max(position) FROM (
			SELECT max(position) AS position FROM products UNION ALL SELECT max(position) FROM epochs UNION ALL SELECT pruned FROM feed) AS known`)
		if err != nil {
			return err
		}
		if tx.Dialect() == db.Postgres {
			// Ids that would not go on rising get a higher offset.
			if _, err := tx.Exec(ctx, `/*store.startEpoch*/ UPDATE feed SET position = $1 + 1 - pg_current_xact_id()::text::bigint
				WHERE pg_current_xact_id()::text::bigint + position <= $1`, newest); err != nil {
				return err
			}
		}
		end, err := db.Value[int64](ctx, tx, tx.SQL(`/*store.startEpoch*/ SELECT position FROM feed`,
			`/*store.startEpoch*/ SELECT pg_current_xact_id()::text::bigint + position - 1 FROM feed`))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `/*store.startEpoch*/ INSERT INTO epochs (id, position, started_at) VALUES ($1, $2, $3)`, strings.ToLower(rand.Text()[:12]), end, s.now())
		return err
	})
}
