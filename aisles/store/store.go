// Package store keeps the catalog in SQL, on SQLite or PostgreSQL: partners,
// products, imports, API tokens, and the change feed.
//
// A write and its place in the change feed commit together, see feed.go.
// Functions are plural: a batch of products is a constant number of
// statements, whatever its size.
package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	schema          = "aisles"
	migrationsTable = "store_migrations"
)

// MaxBatch is the most products one call takes.
const MaxBatch = 250

// DefaultRetention is how long a removed product stays in the feed as a
// tombstone.
const DefaultRetention = 30 * 24 * time.Hour

// Options shape a Store. The zero value is ready.
type Options struct {
	// App and Release name the program to the database server; Generation
	// tells its processes apart.
	App        string
	Release    string
	Generation int64
	// Retention is how long tombstones are kept; 0 means [DefaultRetention].
	Retention time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Store is the catalog. Its methods may be called by many goroutines.
type Store struct {
	db *db.DB
	*shared
	// beforeCommit is called inside writing transactions; tests delay it.
	beforeCommit func()
}

// shared is what the pools of one store have in common.
type shared struct {
	url     string
	options Options
	mu      sync.Mutex
	pools   map[db.Class]*Store
	pruned  time.Time // when there was last no tombstone to forget
}

// Open opens the store's pool for the API. A SQLite file is brought up to
// date; a PostgreSQL database has to be, by [Migrate]. Close it after use.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	o.Retention = cmp.Or(o.Retention, DefaultRetention)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Store{shared: &shared{url: url, options: o, pools: map[db.Class]*Store{}}}
	d, err := s.pool(ctx, db.ClassAPI)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.db = d
	s.pools[db.ClassAPI] = s
	if err := s.begin(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *shared) pool(ctx context.Context, class db.Class) (*db.DB, error) {
	return db.Open(ctx, s.url, db.Options{
		Class: class, App: s.options.App, Generation: s.options.Generation, Release: s.options.Release, Schema: schema,
	})
}

func (s *Store) begin(ctx context.Context) error {
	if s.db.Dialect() == db.SQLite {
		if _, err := db.Migrate(ctx, s.db, migrations, migrationsTable); err != nil {
			return err
		}
	}
	if _, err := db.Value[int64](ctx, s.db, "/*store.begin*/ SELECT pruned_id FROM feed"); err != nil {
		return fmt.Errorf("the database has no catalog, or an older one; run 'aisles migrate' first: %w", err)
	}
	if err := s.startEpoch(ctx); err != nil {
		return err
	}
	if err := s.restamp(ctx); err != nil {
		return err
	}
	return s.prune(ctx, pruneAtOpen)
}

// Migrate brings the tables up to date and returns the files it applied.
func Migrate(ctx context.Context, url string, o Options) (applied []string, err error) {
	d, err := db.Open(ctx, url, db.Options{Class: db.ClassAPI, App: o.App, Schema: schema})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return db.Migrate(ctx, d, migrations, migrationsTable)
}

// As gives the same catalog through the pool of another class, which is opened
// once and closed with the store.
func (s *Store) As(ctx context.Context, class db.Class) (*Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.pools[class]; other != nil {
		return other, nil
	}
	d, err := s.pool(ctx, class)
	if err != nil {
		return nil, fmt.Errorf("open the store's pool %s: %w", class, err)
	}
	other := &Store{db: d, shared: s.shared}
	s.pools[class] = other
	return other, nil
}

// Close closes all pools.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, other := range s.pools {
		err = errors.Join(err, other.db.Close())
	}
	return err
}

// Ping asks the database for one value.
func (s *Store) Ping(ctx context.Context) error { return s.db.Ping(ctx) }

// Stats returns the state of the store's pool.
func (s *Store) Stats() db.Stats { return s.db.Stats() }

func (s *Store) now() int64 { return s.options.Now().UnixMicro() }

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func atOpt(micros *int64) *time.Time {
	if micros == nil {
		return nil
	}
	t := at(*micros)
	return &t
}

// NewID gives an id that sorts by its time of making, to the microsecond.
func NewID(now time.Time) string {
	return fmt.Sprintf("%014x%s", now.UnixMicro(), rand.Text()[:10])
}

// list gives the JSON text with which a statement takes any number of values.
func list(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "[]" // strings and numbers cannot fail
	}
	return string(b)
}

// keysIn is the condition that a column is among a JSON list of texts.
func keysIn(q interface{ SQL(lite, pg string) string }, column, param string) string {
	return column + " IN (" + q.SQL("SELECT value FROM json_each("+param+")", "SELECT jsonb_array_elements_text("+param+"::jsonb)") + ")"
}

func limited(n int) int {
	if n <= 0 || n > MaxBatch {
		return MaxBatch
	}
	return n
}

func notFound(err error, format string, args ...any) error {
	if errors.Is(err, db.ErrNoRows) {
		return aisles.Errorf(aisles.NotFound, format, args...)
	}
	return err
}
