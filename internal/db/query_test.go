package db_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

type good struct {
	Key   string
	Stock int64
	Note  *string
}

func scanGood(r db.Row) (good, error) {
	var g good
	err := r.Scan(&g.Key, &g.Stock, &g.Note)
	return g, err
}

func TestQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		ctx, d := t.Context(), table(t, h)
		note := "fragile"
		want := []good{{"cup", 5, &note}, {"mug", -1 << 62, nil}}
		for _, g := range want {
			n, err := d.Exec(ctx, "/*test.Put*/ INSERT INTO goods (key, stock, note) VALUES ($1, $2, $3)", g.Key, g.Stock, g.Note)
			if err != nil || n != 1 {
				t.Fatalf("insert %s: %d rows, %v", g.Key, n, err)
			}
		}
		got, err := db.All(ctx, d, scanGood, "/*test.All*/ SELECT key, stock, note FROM goods ORDER BY key")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		one, err := db.One(ctx, d, scanGood, "/*test.One*/ SELECT key, stock, note FROM goods ORDER BY key")
		if diff := cmp.Diff(want[0], one); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if _, err := db.One(ctx, d, scanGood, "/*test.None*/ SELECT key, stock, note FROM goods WHERE key = $1", "jug"); !errors.Is(err, db.ErrNoRows) {
			t.Errorf("got %v, want ErrNoRows", err)
		}
		none, err := db.All(ctx, d, scanGood, "/*test.None*/ SELECT key, stock, note FROM goods WHERE key = $1", "jug")
		if none != nil || err != nil {
			t.Errorf("got %v, %v, want nothing", none, err)
		}
		stop := errors.New("stop")
		seen := 0
		err = db.Each(ctx, d, func(db.Row) error { seen++; return stop }, "/*test.Each*/ SELECT key FROM goods")
		if !errors.Is(err, stop) || seen != 1 {
			t.Errorf("got %v after %d rows, want stop after 1", err, seen)
		}
		if n := count(t, d); n != 2 { // the connection of the stopped read works on
			t.Errorf("got %d rows, want 2", n)
		}
	})
}

// The same value goes in and comes out on both databases.
func TestValuesSurvive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		ctx, d := t.Context(), h.Open(db.Options{})
		mustExec(t, d, d.SQL(
			"/*test.Create*/ CREATE TABLE v (b INTEGER, f REAL, x BLOB, j TEXT) STRICT",
			"/*test.Create*/ CREATE TABLE v (b boolean, f double precision, x bytea, j jsonb)"))
		mustExec(t, d, "/*test.Put*/ INSERT INTO v (b, f, x, j) VALUES ($1, $2, $3, $4)", true, 0.1, []byte{0, 255}, `{"a":[1,null]}`)
		type row struct {
			B bool
			F float64
			X []byte
			J string
		}
		got, err := db.One(ctx, d, func(r db.Row) (v row, err error) {
			err = r.Scan(&v.B, &v.F, &v.X, &v.J)
			v.J = strings.ReplaceAll(v.J, " ", "") // jsonb prints spaces
			return v, err
		}, "/*test.One*/ SELECT b, f, x, j FROM v WHERE b = $1", true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row{true, 0.1, []byte{0, 255}, `{"a":[1,null]}`}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStatementsAreChecked(t *testing.T) {
	t.Parallel()
	type stock struct{ n int }
	tests := []struct {
		name, query string
		arg         any
		want        string
	}{
		{"no name", "SELECT $1", 1, "without a leading /*name*/"},
		{"name not first", "SELECT /*test.X*/ $1", 1, "without a leading /*name*/"},
		{"open comment", "/*test.X SELECT $1", 1, "without a leading /*name*/"},
		{"time", "/*test.X*/ SELECT $1", time.Now(), "test.X: parameter $1: time.Time: pass microseconds"},
		{"raw JSON", "/*test.X*/ SELECT $1", json.RawMessage("{}"), "pass a string"},
		{"list", "/*test.X*/ SELECT $1", []string{"a"}, "pass one JSON string"},
		{"struct", "/*test.X*/ SELECT $1", &stock{1}, "pass one JSON string"},
		{"large", "/*test.X*/ SELECT $1", uint64(1), "pass an int64"},
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := h.Open(db.Options{})
		for _, tt := range tests {
			_, err := db.Value[string](t.Context(), d, tt.query, tt.arg)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
			}
		}
	})
}

func TestErrorsNameTheirStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := h.Open(db.Options{})
		_, err := d.Exec(t.Context(), "/*store.PutGoods*/ INSERT INTO nowhere VALUES (1)")
		if err == nil || !strings.HasPrefix(err.Error(), "store.PutGoods: ") {
			t.Errorf("got %v", err)
		}
	})
}

func TestCounterFollowsTheContext(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := table(t, h)
		ctx, counter := db.WithCounter(t.Context())
		err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, key := range []string{"a", "b"} {
				if _, err := tx.Exec(ctx, "/*test.Put*/ INSERT INTO goods (key) VALUES ($1)", key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Ping(ctx); err != nil {
			t.Fatal(err)
		}
		count(t, d) // under another context
		if diff := cmp.Diff(map[string]int{"test.Put": 2, "db.Ping": 1}, counter.Counts()); diff != "" {
			t.Error(diff)
		}
		if counter.Total() != 3 {
			t.Errorf("got %d in all, want 3", counter.Total())
		}
	})
}

func TestTracerSeesRowsAndErrors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		var got []db.Statement
		d := h.Open(db.Options{Class: db.ClassSync, Tracer: func(_ context.Context, s db.Statement) {
			if s.Took <= 0 {
				t.Errorf("%s took %v", s.Name, s.Took)
			}
			s.Took = 0
			got = append(got, s)
		}})
		mustExec(t, d, "/*test.Create*/ CREATE TABLE goods (key text PRIMARY KEY)")
		mustExec(t, d, "/*test.Put*/ INSERT INTO goods (key) VALUES ('a'), ('b')")
		if _, err := db.All(t.Context(), d, db.Column[string], "/*test.All*/ SELECT key FROM goods"); err != nil {
			t.Fatal(err)
		}
		_, err := d.Exec(t.Context(), "/*test.Put*/ INSERT INTO goods (key) VALUES ('a')")
		want := []db.Statement{
			{Class: "sync", Name: "test.Create"},
			{Class: "sync", Name: "test.Put", Rows: 2},
			{Class: "sync", Name: "test.All", Rows: 2},
			{Class: "sync", Name: "test.Put", Err: err},
		}
		sameError := cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })
		if diff := cmp.Diff(want, got, sameError); diff != "" {
			t.Error(diff)
		}
	})
}

// TestPlansGrowWithTheirTables asks the same of a table that is empty, many
// times, and of the table grown since: the plan of then does not do.
func TestPlansGrowWithTheirTables(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	d := table(t, h)
	ask := func(ctx context.Context, q db.Querier) {
		_, err := db.All(ctx, q, db.Column[string], `/*test.Ask*/ SELECT key FROM goods WHERE key IN (SELECT jsonb_array_elements_text($1::jsonb))`, `["7", "8"]`)
		if err != nil {
			t.Fatal(err)
		}
	}
	err := d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		for range 20 {
			ask(ctx, tx)
		}
		mustExec(t, tx, "/*test.Grow*/ INSERT INTO goods (key) SELECT i::text FROM generate_series(1, 200000) AS i")
		read := func() int64 {
			n, err := db.Value[int64](ctx, tx, "/*test.Read*/ SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'goods'")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := read()
		ask(ctx, tx)
		if n := read() - before; n != 0 {
			t.Errorf("%d rows read one after the other", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
