package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Sentinels to test with [errors.Is]. The wrapped error keeps the database's
// own words.
var (
	// ErrNoRows: [One] or [Value] found nothing.
	ErrNoRows = errors.New("no rows")
	// ErrUnique: a row with this key is there already.
	ErrUnique = errors.New("unique violation")
	// ErrForeignKey: the row refers to one that is not there, or is referred to.
	ErrForeignKey = errors.New("foreign key violation")
	// ErrBusy: another transaction was in the way; trying again may help.
	// [DB.InTx] has done so already.
	ErrBusy = errors.New("database busy")
	// ErrFull: the database has no room left on its disk.
	ErrFull = errors.New("database disk full")
	// ErrRefused: no connection within the class's wait, or the server has
	// none left. Nothing was sent.
	ErrRefused = errors.New("no database connection free")
	// ErrUnreachable: the server cannot be connected to.
	ErrUnreachable = errors.New("database unreachable")
	// ErrNested: a statement or transaction on a DB inside a transaction of
	// the same DB. A mistake of the caller.
	ErrNested = errors.New("database used inside its own transaction")
)

// kind returns the sentinel for a driver's error, or nil.
func kind(err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgKind(e.Code)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return liteKind(e.Code())
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return ErrUnreachable
	}
	return nil
}

// pgKind reads a SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
func pgKind(code string) error {
	switch code {
	case "23505":
		return ErrUnique
	case "23503":
		return ErrForeignKey
	case "40001", "40P01", "55P03": // serialization, deadlock, lock time-out
		return ErrBusy
	case "53100":
		return ErrFull
	case "53300": // too many connections, for the server or for the role
		return ErrRefused
	case "57P03": // starting up or shutting down
		return ErrUnreachable
	}
	return nil
}

// liteKind reads an extended result code: https://www.sqlite.org/rescode.html
func liteKind(code int) error {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrUnique
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrForeignKey
	case sqlite3.SQLITE_IOERR_SHMSIZE: // the shared index of the log cannot grow
		return ErrFull
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_FULL:
		return ErrFull
	}
	return nil
}

// explain wraps err with what was done and, once, with its sentinel.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if k := kind(err); k != nil && !errors.Is(err, k) {
		return fmt.Errorf("%s: %w: %w", what, k, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// waitError is the error of a failed acquire. It is a refusal when the class's
// own wait ran out, not when the caller gave up.
func waitError(ctx, wait context.Context, class Class, err error) error {
	if ctx.Err() == nil && wait.Err() != nil && kind(err) == nil {
		return fmt.Errorf("%s connection: %w: %w", class, ErrRefused, err)
	}
	return explain(string(class)+" connection", err)
}
