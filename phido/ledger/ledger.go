// Package ledger is Phido's memory in SQL: connections and their shops, what
// is pending, what was last confirmed, runs and holds, and the leases under
// which runs write.
//
// Every write of a run is guarded by its [Lease]: the transaction checks that
// the lease's fence is still the newest, so that a run that was thought dead
// and taken over cannot write any more. Writes about products are set-based: a
// batch is a constant number of statements.
package ledger

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the PostgreSQL schema of the ledger, and of the queue beside it.
const Schema = "phido"

const migrationsTable = "ledger_migrations"

// Sealer keeps credentials secret at rest. The context is bound to what is
// sealed: opened with another it fails.
type Sealer interface {
	Seal(plain, context []byte) []byte
	Open(sealed, context []byte) ([]byte, error)
}

// Options shape a Ledger. Sealer is required where connections are written or
// their credentials read.
type Options struct {
	Sealer Sealer
	// Holder names this process in its leases; a random name when empty.
	Holder     string
	App        string
	Release    string
	Generation int64
	// Now is the clock of times that people see, and on SQLite of leases; nil
	// is time.Now. On PostgreSQL leases follow the server's clock.
	Now func() time.Time
}

// Ledger is Phido's memory. Its methods may be called by many goroutines.
type Ledger struct {
	db *db.DB
	Options
}

// Open opens the ledger. A SQLite file is brought up to date; a PostgreSQL
// database has to be, by [Migrate]. Close it after use.
func Open(ctx context.Context, url string, o Options) (*Ledger, error) {
	o.Holder = cmp.Or(o.Holder, strings.ToLower(rand.Text()[:12]))
	if o.Now == nil {
		o.Now = time.Now
	}
	d, err := open(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	l := &Ledger{db: d, Options: o}
	if d.Dialect() == db.SQLite {
		_, err = db.Migrate(ctx, d, migrations, migrationsTable)
	}
	if err == nil {
		if _, err = l.Cursor(ctx); err != nil {
			err = fmt.Errorf("the database has no ledger, or an older one; run 'aisles migrate' first: %w", err)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open ledger: %w", err), d.Close())
	}
	return l, nil
}

func open(ctx context.Context, url string, o Options) (*db.DB, error) {
	return db.Open(ctx, url, db.Options{Class: db.ClassJobs, App: o.App, Generation: o.Generation, Release: o.Release, Schema: Schema})
}

// Migrate brings the tables up to date and returns the files it applied.
func Migrate(ctx context.Context, url string, o Options) (applied []string, err error) {
	d, err := open(ctx, url, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return db.Migrate(ctx, d, migrations, migrationsTable)
}

// Close closes the ledger's pool.
func (l *Ledger) Close() error { return l.db.Close() }

// Ping asks the database for one value.
func (l *Ledger) Ping(ctx context.Context) error { return l.db.Ping(ctx) }

// Stats returns the state of the ledger's pool.
func (l *Ledger) Stats() db.Stats { return l.db.Stats() }

func (l *Ledger) now() int64 { return l.Now().UnixMicro() }

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

// newID gives an id that sorts by its time of making, to the microsecond.
func (l *Ledger) newID() string {
	return fmt.Sprintf("%014x%s", l.Now().UnixMicro(), rand.Text()[:10])
}

// text gives the JSON with which a statement takes any number of values.
func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null" // the ledger's own records cannot fail
	}
	return string(b)
}

// records gives the FROM item r with the columns of a JSON list of objects.
// Columns are names with a PostgreSQL type: "key text".
func records(q db.Querier, param string, columns ...string) string {
	lite := make([]string, len(columns))
	for i, c := range columns {
		name, _, _ := strings.Cut(c, " ")
		lite[i] = "value->>'" + name + "' AS " + name
	}
	return q.SQL("(SELECT "+strings.Join(lite, ", ")+" FROM json_each("+param+")) AS r",
		"jsonb_to_recordset("+param+"::jsonb) AS r("+strings.Join(columns, ", ")+")")
}

// keysIn is the condition that a column is among a JSON list of texts.
func keysIn(q db.Querier, column, param string) string {
	return column + " IN (" + q.SQL("SELECT value FROM json_each("+param+")", "SELECT jsonb_array_elements_text("+param+"::jsonb)") + ")"
}

func notFound(err error, format string, args ...any) error {
	if errors.Is(err, db.ErrNoRows) {
		return aisles.Errorf(aisles.NotFound, format, args...)
	}
	return err
}

// guarded runs f in a transaction that the lease still covers.
func (l *Ledger) guarded(ctx context.Context, lease *Lease, f func(context.Context, *db.Tx) error) error {
	return l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Value[int64](ctx, tx, `/*ledger.guarded*/ SELECT fence FROM leases WHERE name = $1 AND fence = $2 AND holder = $3`+tx.SQL("", " FOR SHARE"),
			lease.Name, lease.Fence, l.Holder)
		if errors.Is(err, db.ErrNoRows) {
			return fmt.Errorf("%s: %w", lease.Name, ErrLeaseLost)
		}
		if err != nil {
			return err
		}
		return f(ctx, tx)
	})
}
