package db

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Querier runs statements: a [*DB], each on its own connection, or a [*Tx].
type Querier interface {
	Dialect() Dialect
	// SQL returns the text meant for this database.
	SQL(lite, pg string) string
	// Exec runs a statement and returns the number of rows it touched.
	Exec(ctx context.Context, query string, args ...any) (int64, error)

	each(ctx context.Context, query string, args []any, f func(Row) error) error
}

// Row is the row being read.
type Row interface {
	Scan(dest ...any) error
}

// Each calls f for every row of the query, and stops at f's first error, which
// it returns wrapped. The connection is held meanwhile. On SQLite a [*DB]
// reads on connections that cannot write: INSERT … RETURNING needs a [*Tx].
func Each(ctx context.Context, q Querier, f func(Row) error, query string, args ...any) error {
	return q.each(ctx, query, args, f)
}

// All returns every row as scan reads it.
func All[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := q.each(ctx, query, args, func(r Row) error {
		v, err := scan(r)
		if err == nil {
			all = append(all, v)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// One returns the first row as scan reads it, or [ErrNoRows].
func One[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) (T, error) {
	var v T
	found := false
	err := q.each(ctx, query, args, func(r Row) (err error) {
		if v, err = scan(r); err != nil {
			return err
		}
		found = true
		return errEnough
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: %w", tag(query), ErrNoRows)
	}
	return v, err
}

// Value returns the only column of the first row, or [ErrNoRows].
func Value[T any](ctx context.Context, q Querier, query string, args ...any) (T, error) {
	return One(ctx, q, Column[T], query, args...)
}

// Column scans a row of one column; pass it to [All] or [One].
func Column[T any](r Row) (T, error) {
	var v T
	err := r.Scan(&v)
	return v, err
}

// errEnough ends a read before its last row.
var errEnough = errors.New("enough rows")

// Exec runs a statement on a connection of its own. Without arguments it may
// hold several statements.
func (d *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := d.acquire(ctx, true)
	if err != nil {
		return 0, explain(tag(query), err)
	}
	defer s.release()
	return d.exec(ctx, s, query, args)
}

func (d *DB) each(ctx context.Context, query string, args []any, f func(Row) error) error {
	s, err := d.acquire(ctx, false)
	if err != nil {
		return explain(tag(query), err)
	}
	defer s.release()
	return d.read(ctx, s, query, args, f)
}

// exec checks, runs and traces a statement.
func (d *DB) exec(ctx context.Context, r runner, query string, args []any) (int64, error) {
	name, err := check(query, args)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	n, err := r.exec(ctx, query, args)
	err = explain(name, err)
	d.traced(ctx, Statement{Name: name, Rows: n, Took: time.Since(start), Err: err})
	return n, err
}

// read checks, runs and traces a query.
func (d *DB) read(ctx context.Context, r runner, query string, args []any, f func(Row) error) error {
	name, err := check(query, args)
	if err != nil {
		return err
	}
	start, rows := time.Now(), int64(0)
	err = r.each(ctx, query, args, func(row Row) error {
		rows++
		return f(row)
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	err = explain(name, err)
	d.traced(ctx, Statement{Name: name, Rows: rows, Took: time.Since(start), Err: err})
	return err
}

// tag returns the name in a statement's leading comment, or "".
func tag(query string) string {
	rest, ok := strings.CutPrefix(query, "/*")
	if !ok {
		return ""
	}
	name, _, ok := strings.Cut(rest, "*/")
	if !ok {
		return ""
	}
	return strings.TrimSpace(name)
}

// check returns a statement's name, or why the statement cannot mean the same
// on both databases.
func check(query string, args []any) (string, error) {
	name := tag(query)
	if name == "" {
		return "", fmt.Errorf("statement without a leading /*name*/: %.60q", query)
	}
	for i, a := range args {
		if why := unportable(a); why != "" {
			return "", fmt.Errorf("%s: parameter $%d: %T: %s", name, i+1, a, why)
		}
	}
	return name, nil
}

// unportable says what to pass instead of a, or "".
func unportable(a any) string {
	switch a.(type) {
	case nil, string, []byte, bool, int, int32, int64, float64, *string, *int64:
		return ""
	case time.Time, *time.Time:
		return "pass microseconds"
	case json.RawMessage:
		return "pass a string"
	case driver.Valuer:
		return ""
	}
	t := reflect.TypeOf(a)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return "pass one JSON string"
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return "pass an int64"
	}
	return ""
}
