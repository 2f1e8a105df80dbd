// Package queue runs Phido's runs as background jobs, on River. It is the only
// room that knows River.
//
// # What a job is
//
// A job is the right to begin one run once: it carries a ticket of the ledger.
// The ledger is the truth, and River brings its tickets to the workers of all
// processes:
//
//	runs that may begin ─▶ Offer ─▶ River ─▶ Work ─▶ phido.Work ─▶ ledger
//
// # Failure
//
// Offering a ticket that has a job already adds none, so tickets are offered
// again and again, and a job that was lost or cancelled comes back. A run whose
// process died gets a ticket with a new number; the old job, when River rescues
// it half an hour later, finds its ticket stale and ends. A job that was begun
// twice ends for the same reason.
package queue

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"riverqueue.com/riverui"

	"aisles/internal/db"
	"aisles/phido/ledger"
)

// Work does what a job asks for; [phido.Phido.Work] is it.
type Work func(ctx context.Context, t ledger.Ticket) (again time.Duration, err error)

// Options shape a Queue.
type Options struct {
	// Workers is the most runs this process works at once; 0 means 4.
	Workers int
	App     string
	Release string
	// Log is told what River has to say; nil is slog's default.
	Log *slog.Logger
}

// Times of a job. A run yields its worker long before, so that River's rescue
// only ever finds jobs whose process died.
const (
	jobTimeout  = 30 * time.Minute
	rescueAfter = 35 * time.Minute
	retryPause  = 2 * time.Second
	// softStop is how long jobs may take to hand back what they have.
	softStop = 7 * time.Second
)

// poolSize is the number of connections a process keeps for River's own needs:
// fetching, finishing, electing, listening.
const poolSize = 4

// Queue is the queue on one ledger's database. Its methods may be called by
// many goroutines, Start and Stop by one at a time. Close it after use.
type Queue struct {
	Options
	db      *db.DB
	make    func(*river.Config) (client, error)
	insert  client
	working client // nil when stopped
	work    Work
	pages   func(*riverui.HandlerOpts) (*riverui.Handler, error)
}

// client is what is used of River's, whatever its transactions are.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
}

// Open opens the queue in the database of the ledger at the URL. In a SQLite
// file River's tables are brought up to date; in PostgreSQL they have to be, by
// [Migrate].
func Open(ctx context.Context, url string, o Options) (*Queue, error) {
	o.Workers = cmp.Or(o.Workers, 4)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	d, err := open(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	q := &Queue{Options: o, db: d}
	if d.Dialect() == db.SQLite {
		_, err = migrate(ctx, d)
	}
	if err == nil {
		err = q.connect()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open queue: %w", err), d.Close())
	}
	return q, nil
}

func open(ctx context.Context, url string, o Options) (*db.DB, error) {
	return db.Open(ctx, url, db.Options{Class: db.ClassJobs, App: o.App, Release: o.Release, Schema: ledger.Schema, MaxConns: poolSize})
}

// Close closes the queue's pool. Stop it first.
func (q *Queue) Close() error { return q.db.Close() }

// connect makes the client that adds jobs.
func (q *Queue) connect() error {
	switch native := q.db.Native().(type) {
	case *pgxpool.Pool:
		return connect[pgx.Tx](q, riverpgxv5.New(native))
	case *sql.DB:
		return connect[*sql.Tx](q, riversqlite.New(native))
	default:
		return fmt.Errorf("no queue on a %T", native)
	}
}

func connect[Tx any](q *Queue, driver riverdriver.Driver[Tx]) error {
	q.make = func(c *river.Config) (client, error) { return river.NewClient(driver, c) }
	insert, err := river.NewClient(driver, &river.Config{Logger: q.Log})
	q.insert = insert
	q.pages = func(o *riverui.HandlerOpts) (*riverui.Handler, error) {
		o.Endpoints = riverui.NewEndpoints(insert, nil)
		return riverui.NewHandler(o)
	}
	return err
}

// Migrate brings River's tables up to date and gives what it applied.
func Migrate(ctx context.Context, url string, o Options) (applied []string, err error) {
	d, err := open(ctx, url, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return migrate(ctx, d)
}

func migrate(ctx context.Context, d *db.DB) (applied []string, err error) {
	err = db.Exclusive(ctx, d, "river", func(ctx context.Context) error {
		var result *rivermigrate.MigrateResult
		switch native := d.Native().(type) {
		case *pgxpool.Pool:
			result, err = up[pgx.Tx](ctx, riverpgxv5.New(native))
		case *sql.DB:
			result, err = up[*sql.Tx](ctx, riversqlite.New(native))
		}
		if err != nil {
			return err
		}
		for _, v := range result.Versions {
			applied = append(applied, fmt.Sprintf("river %d %s", v.Version, v.Name))
		}
		return nil
	})
	if err != nil {
		return applied, fmt.Errorf("migrate the queue: %w", err)
	}
	return applied, nil
}

func up[Tx any](ctx context.Context, driver riverdriver.Driver[Tx]) (*rivermigrate.MigrateResult, error) {
	m, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	return m.Migrate(ctx, rivermigrate.DirectionUp, nil)
}

// Pages gives River's own pages about its jobs, to be served under the prefix
// until the context ends. Whoever sees them may cancel and retry jobs.
func (q *Queue) Pages(ctx context.Context, prefix string) (http.Handler, error) {
	h, err := q.pages(&riverui.HandlerOpts{Logger: q.Log, Prefix: prefix})
	if err != nil {
		return nil, fmt.Errorf("make the pages of the queue: %w", err)
	}
	if err := h.Start(ctx); err != nil {
		return nil, fmt.Errorf("start the pages of the queue: %w", err)
	}
	return h, nil
}
