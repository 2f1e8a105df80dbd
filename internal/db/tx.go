package db

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Tx is a transaction. It is valid inside the function it was given to, on
// one goroutine at a time.
type Tx struct {
	db *DB
	tx transaction
}

// txKey marks a context as inside a transaction of one DB.
type txKey struct{ db *DB }

// Dialect returns the database's language.
func (t *Tx) Dialect() Dialect { return t.db.Dialect() }

// SQL returns the text meant for this database.
func (t *Tx) SQL(lite, pg string) string { return t.db.SQL(lite, pg) }

// Exec runs a statement and returns the number of rows it touched.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return t.db.exec(ctx, t.tx, query, args)
}

func (t *Tx) each(ctx context.Context, query string, args []any, f func(Row) error) error {
	return t.db.read(ctx, t.tx, query, args, f)
}

// Native returns the driver's own transaction, for a library that joins it: a
// pgx.Tx or a *sql.Tx. The caller neither commits nor rolls it back.
func (t *Tx) Native() any { return t.tx.native() }

// tries bounds how often a write is run. With the pauses between them, and
// SQLite's own wait of [busyWait] for a file another process writes to, a
// write gives up within about 11 seconds.
const tries = 5

// InTx runs f in a transaction that can write, and commits when f returns nil.
// On SQLite it is the file's only writer from the start; on PostgreSQL it
// reads what is committed at each statement. When another transaction was in
// the way f runs again, up to five times in all: it must have no effect
// outside the transaction, must wrap the errors it gets, and ends with
// [ErrBusy] when they do not help. When the connection is lost during the
// commit, whether it happened is unknown and the error is returned.
func (d *DB) InTx(ctx context.Context, f func(context.Context, *Tx) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, true, f)
		if try == tries || !errors.Is(err, ErrBusy) {
			return err
		}
		pause := 10 * time.Millisecond << try
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause/2 + rand.N(pause/2)):
		}
	}
}

// Read runs f on one snapshot of the database, taken at its first statement.
// Writing fails.
func (d *DB) Read(ctx context.Context, f func(context.Context, *Tx) error) error {
	return d.once(ctx, false, f)
}

// once runs f in a transaction, once.
func (d *DB) once(ctx context.Context, write bool, f func(context.Context, *Tx) error) error {
	s, err := d.acquire(ctx, write)
	if err != nil {
		return explain("transaction", err)
	}
	defer s.release()
	tx, err := s.begin(ctx, write)
	if err != nil {
		return explain("begin", err)
	}
	defer tx.rollback(ctx) // also when f panics
	if err := f(context.WithValue(ctx, txKey{d}, true), &Tx{db: d, tx: tx}); err != nil {
		return err
	}
	if !write {
		return nil
	}
	return explain("commit", tx.commit(ctx))
}
