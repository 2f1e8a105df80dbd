package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// How long a server connection lives. A crowd of idle ones goes within
// minutes, and none outlives a fail-over by much.
const (
	connLifetime    = 10 * time.Minute
	connJitter      = time.Minute
	connIdle        = 2 * time.Minute
	connHealthCheck = 15 * time.Second
	connPing        = 2 * time.Second
	rollbackWait    = 2 * time.Second
)

// maxAppName is where PostgreSQL cuts application_name (NAMEDATALEN - 1):
// https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-APPLICATION-NAME
const maxAppName = 63

// postgres is the PostgreSQL engine.
type postgres struct{ pool *pgxpool.Pool }

func openPostgres(ctx context.Context, url string, o Options) (engine, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err // pgx hides the password
	}
	c.MaxConns = int32(o.MaxConns)
	c.MinConns = 0
	c.MaxConnLifetime = connLifetime
	c.MaxConnLifetimeJitter = connJitter
	c.MaxConnIdleTime = connIdle
	c.HealthCheckPeriod = connHealthCheck
	c.PingTimeout = connPing
	c.ConnConfig.RuntimeParams["application_name"] = appName(o)
	// A plan kept from when a table was small reads all of it once it has
	// grown, until somebody analyzes it: an import of a million rows lived on
	// the plan of its first 250.
	c.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
	if o.Schema != "" {
		c.ConnConfig.RuntimeParams["search_path"] = o.Schema
	}
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &postgres{pool}, nil
}

// appName is how the server shows a backend: who it works for, and which
// generation of which release holds it.
func appName(o Options) string {
	name := fmt.Sprintf("%s/%s#g%d", o.App, o.Class, o.Generation)
	if o.Release != "" {
		name += fmt.Sprintf("@%.7s", o.Release)
	}
	return name[:min(len(name), maxAppName)]
}

func (p *postgres) dialect() Dialect { return Postgres }

func (p *postgres) native() any { return p.pool }

func (p *postgres) usage() (limit, inUse, idle int) {
	s := p.pool.Stat()
	return int(s.MaxConns()), int(s.AcquiredConns()), int(s.IdleConns())
}

func (p *postgres) close() error {
	p.pool.Close()
	return nil
}

func (p *postgres) acquire(ctx context.Context, _ bool) (session, error) {
	c, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &pgSession{pgRunner{c}, c}, nil
}

// pgRunner runs statements on what pgx runs them on.
type pgRunner struct {
	on interface {
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	}
}

func (r pgRunner) exec(ctx context.Context, query string, args []any) (int64, error) {
	rows, err := r.on.Query(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	rows.Close()
	return rows.CommandTag().RowsAffected(), rows.Err()
}

func (r pgRunner) each(ctx context.Context, query string, args []any, f func(Row) error) error {
	rows, err := r.on.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pgSession is a connection of the pool.
type pgSession struct {
	pgRunner
	conn *pgxpool.Conn
}

func (s *pgSession) begin(ctx context.Context, write bool) (transaction, error) {
	o := pgx.TxOptions{}
	if !write {
		o = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	}
	tx, err := s.conn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return pgTx{pgRunner{tx}, tx}, nil
}

func (s *pgSession) release() { s.conn.Release() }

type pgTx struct {
	pgRunner
	tx pgx.Tx
}

func (t pgTx) commit(ctx context.Context) error { return t.tx.Commit(ctx) }

// rollback outlives a cancelled context by [rollbackWait]; a connection that
// does not answer even then is closed by pgx, which ends its transaction too.
func (t pgTx) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWait)
	defer cancel()
	_ = t.tx.Rollback(ctx)
}

func (t pgTx) native() any { return t.tx }
