package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
)

// Options shape a pool. The zero value is the API's pool of Aisles.
type Options struct {
	Class Class  // default ClassAPI
	App   string // the program's name as the server shows it; default "aisles"
	// Generation and Release tell backends of an older process apart from
	// ours. Release is cut to seven characters.
	Generation int64
	Release    string
	// Schema is the PostgreSQL schema all unqualified names live in; [Migrate]
	// creates it. Empty means the server's search path. SQLite has none: there
	// each schema is a file of its own.
	Schema string
	// MaxConns bounds the pool; 0 means the class's share. On SQLite it bounds
	// the readers, of which there are never more than four.
	MaxConns int
	// AcquireTimeout bounds the wait for a connection; 0 means the class's,
	// less than 0 leaves it to the context.
	AcquireTimeout time.Duration
	Tracer         Tracer // nil traces nothing
}

// DB is a pool of connections for one class of callers. Its methods may be
// called by many goroutines.
type DB struct {
	engine engine
	class  Class
	schema string
	wait   time.Duration
	tracer Tracer
	tally  tally
}

// tally counts what the engines do not.
type tally struct {
	acquired, refused, waited atomic.Int64 // waited in nanoseconds
}

// engine is one kind of database.
type engine interface {
	dialect() Dialect
	// acquire waits for a connection until the context ends.
	acquire(ctx context.Context, write bool) (session, error)
	native() any
	usage() (limit, inUse, idle int)
	close() error
}

// runner runs statements on one connection.
type runner interface {
	exec(ctx context.Context, query string, args []any) (int64, error)
	// each calls f for every row, and stops at its first error.
	each(ctx context.Context, query string, args []any, f func(Row) error) error
}

// session is a connection taken from its pool.
type session interface {
	runner
	begin(ctx context.Context, write bool) (transaction, error)
	release()
}

// transaction ends with commit or rollback; a rollback after either does nothing.
type transaction interface {
	runner
	commit(ctx context.Context) error
	rollback(ctx context.Context)
	native() any
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Open opens the pool of one class on the database at url: sqlite:FILE, whose
// folder must exist, or postgres://…. It connects once, so that a wrong
// address is known at once. Close the DB after use.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	o.Class = cmp.Or(o.Class, ClassAPI)
	o.App = cmp.Or(o.App, "aisles")
	s, ok := shares[o.Class]
	if !ok {
		return nil, fmt.Errorf("open database: unknown class %q", o.Class)
	}
	if o.Schema != "" && !schemaName.MatchString(o.Schema) {
		return nil, fmt.Errorf("open database: bad schema name %q", o.Schema)
	}
	o.MaxConns = cmp.Or(o.MaxConns, s.conns)
	d := &DB{class: o.Class, schema: o.Schema, wait: cmp.Or(o.AcquireTimeout, s.wait), tracer: o.Tracer}
	var err error
	scheme, file, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		d.engine, err = openLite(ctx, file, o)
	case "postgres", "postgresql":
		d.engine, err = openPostgres(ctx, url, o)
	default:
		err = errors.New("unknown address, want sqlite:FILE or postgres://…") // it may hold a password
	}
	if err != nil {
		return nil, explain("open database", err)
	}
	if err := d.connect(ctx); err != nil {
		return nil, errors.Join(explain("open database", err), d.Close())
	}
	return d, nil
}

// connect makes the first connection. It may take longer than the class's wait
// for one of a pool that runs.
func (d *DB) connect(ctx context.Context) error {
	s, err := d.engine.acquire(ctx, false)
	if err != nil {
		return err
	}
	defer s.release()
	_, err = s.exec(ctx, "SELECT 1", nil)
	return err
}

// Close waits for the connections in use and closes all.
func (d *DB) Close() error { return d.engine.close() }

// Dialect returns the database's language.
func (d *DB) Dialect() Dialect { return d.engine.dialect() }

// SQL returns the text meant for this database.
func (d *DB) SQL(lite, pg string) string { return d.Dialect().SQL(lite, pg) }

// Ping asks the database for one value.
func (d *DB) Ping(ctx context.Context) error {
	_, err := Value[int64](ctx, d, "/*db.Ping*/ SELECT 1")
	return err
}

// Native returns the driver's own pool, for a library that needs it: a
// *pgxpool.Pool, or the *sql.DB of SQLite's only writing connection, with
// which a statement outside a transaction that holds it waits for ever.
func (d *DB) Native() any { return d.engine.native() }

// Stats is a pool's state at one moment, and its counts since [Open].
type Stats struct {
	Class              Class
	Limit, InUse, Idle int
	Acquired, Refused  int64
	Waited             time.Duration // for connections, in all, refused ones too
}

// Stats returns the pool's state.
func (d *DB) Stats() Stats {
	limit, inUse, idle := d.engine.usage()
	return Stats{
		Class: d.class, Limit: limit, InUse: inUse, Idle: idle,
		Acquired: d.tally.acquired.Load(), Refused: d.tally.refused.Load(),
		Waited: time.Duration(d.tally.waited.Load()),
	}
}

// acquire takes a connection within the class's wait.
func (d *DB) acquire(ctx context.Context, write bool) (session, error) {
	if ctx.Value(txKey{d}) != nil {
		return nil, ErrNested
	}
	wait, cancel := ctx, context.CancelFunc(func() {})
	if d.wait > 0 {
		wait, cancel = context.WithTimeout(ctx, d.wait)
	}
	defer cancel()
	start := time.Now()
	s, err := d.engine.acquire(wait, write)
	d.tally.waited.Add(int64(time.Since(start)))
	if err != nil {
		err = waitError(ctx, wait, d.class, err)
		if errors.Is(err, ErrRefused) {
			d.tally.refused.Add(1)
		}
		return nil, err
	}
	d.tally.acquired.Add(1)
	return s, nil
}
