package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"aisles/internal/db"
)

// Home is where the databases of one test live. They are removed with it.
type Home struct {
	t       testing.TB
	dialect db.Dialect
	dir     string // of the SQLite files
	url     string // of the PostgreSQL database
	counter atomic.Pointer[db.Counter]
}

// Each runs the test on each database, in parallel subtests named "sqlite" and
// "postgres".
func Each(t *testing.T, test func(*testing.T, *Home)) {
	t.Helper()
	t.Run(db.SQLite.String(), func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run(db.Postgres.String(), func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// SQLite returns a home of SQLite files.
func SQLite(t testing.TB) *Home {
	return &Home{t: t, dialect: db.SQLite, dir: t.TempDir()}
}

// Postgres returns a home in a PostgreSQL database of its own. It skips the
// test where there is no PostgreSQL.
func Postgres(t testing.TB) *Home {
	t.Helper()
	bin, err := findBinaries()
	if err != nil {
		missing(t, err)
	}
	cluster, err := join(t.Context(), bin)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	name := "t_" + strings.ToLower(rand.Text()[:12])
	cluster.run(t, t.Context(), "CREATE DATABASE "+name)
	t.Cleanup(func() {
		cluster.run(t, context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return &Home{t: t, dialect: db.Postgres, url: cluster.url(name)}
}

// missing ends a test that needs a PostgreSQL which is not there.
func missing(t testing.TB, why error) {
	t.Helper()
	text := fmt.Sprintf("PostgreSQL tests did not run: %v. %s", why, remedy)
	if os.Getenv("AISLES_REQUIRE_POSTGRES") == "1" {
		t.Fatal(text)
	}
	if note := os.Getenv("AISLES_DBTEST_NOTE"); note != "" {
		if err := os.WriteFile(note, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(text)
}

// Dialect returns the language of the databases.
func (h *Home) Dialect() db.Dialect { return h.dialect }

// URL returns the address of a schema's database: on SQLite a file of that
// name, on PostgreSQL the test's one database.
func (h *Home) URL(schema string) string {
	if h.dialect == db.Postgres {
		return h.url
	}
	return "sqlite:" + filepath.Join(h.dir, schema+".db")
}

// Open opens a pool on the database of o.Schema and closes it when the test
// ends. Its statements are counted, see [Home.Count].
func (h *Home) Open(o db.Options) *db.DB {
	h.t.Helper()
	tracer := o.Tracer
	o.Tracer = func(ctx context.Context, s db.Statement) {
		if c := h.counter.Load(); c != nil {
			c.Add(s.Name)
		}
		if tracer != nil {
			tracer(ctx, s)
		}
	}
	schema := o.Schema
	if schema == "" {
		schema = "main"
	}
	d, err := db.Open(h.t.Context(), h.URL(schema), o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return d
}

// Count runs f and returns the number of statements by name which all pools
// of this home ran meanwhile, on any goroutine. Counts do not nest.
func (h *Home) Count(f func()) map[string]int {
	c := new(db.Counter)
	h.counter.Store(c)
	defer h.counter.Store(nil)
	f()
	return c.Counts()
}
