package db_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// shelves are migrations that use every word.
var shelves = fstest.MapFS{
	"sql/0001_shelves.sql": {Data: []byte(`
		-- A shelf; the semicolons; do not matter.
		CREATE TABLE shelves (
			id {{id}}, name {{text}} NOT NULL UNIQUE, width {{real}}, open {{bool}} NOT NULL DEFAULT {{sql "0" "false"}},
			layout {{json}}, plan {{bytes}}, made {{micros}} NOT NULL DEFAULT 0, floor {{int}}
		) {{strict}};
		CREATE INDEX shelves_made ON shelves (made);`)},
	"sql/0002_fill.sql": {Data: []byte(`INSERT INTO shelves (name) VALUES ('b'), ('B'), ('a'), ('-')`)},
}

func migrate(t *testing.T, d *db.DB, files fstest.MapFS, table string) []string {
	t.Helper()
	applied, err := db.Migrate(t.Context(), d, files, table)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

func names(t *testing.T, d *db.DB) []string {
	t.Helper()
	got, err := db.All(t.Context(), d, db.Column[string], "/*test.Names*/ SELECT name FROM shelves ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := h.Open(db.Options{Schema: "aisles", Class: db.ClassMigrate, MaxConns: 1})
		if diff := cmp.Diff([]string{"0001_shelves.sql", "0002_fill.sql"}, migrate(t, d, shelves, "version")); diff != "" {
			t.Error(diff)
		}
		if again := migrate(t, d, shelves, "version"); again != nil {
			t.Errorf("applied %v twice", again)
		}
		// By bytes, although the test cluster sorts as people do.
		if diff := cmp.Diff([]string{"-", "B", "a", "b"}, names(t, d)); diff != "" {
			t.Error(diff)
		}
		// An older release finds what a later one left, and works on.
		older := fstest.MapFS{"sql/0001_shelves.sql": shelves["sql/0001_shelves.sql"]}
		if applied := migrate(t, d, older, "version"); applied != nil {
			t.Errorf("an older release applied %v", applied)
		}
	})
}

// Two owners on one server do not see each other's tables or versions.
func TestMigrateTwoOwners(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		for _, schema := range []string{"aisles", "phido"} {
			d := h.Open(db.Options{Schema: schema, Class: db.ClassMigrate})
			if n := len(migrate(t, d, shelves, "version")); n != 2 {
				t.Errorf("%s: applied %d, want 2", schema, n)
			}
		}
	})
}

func TestMigrateFailsWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := h.Open(db.Options{Schema: "aisles", Class: db.ClassMigrate})
		broken := fstest.MapFS{
			"0001_shelves.sql": shelves["sql/0001_shelves.sql"],
			"0002_broken.sql":  {Data: []byte("INSERT INTO shelves (name) VALUES ('left behind'); INSERT INTO nowhere VALUES (1)")},
		}
		applied, err := db.Migrate(t.Context(), d, broken, "version")
		if err == nil || !strings.Contains(err.Error(), "0002_broken.sql") {
			t.Errorf("got %v, want the broken file named", err)
		}
		if diff := cmp.Diff([]string{"0001_shelves.sql"}, applied); diff != "" {
			t.Error(diff)
		}
		if left := names(t, d); len(left) != 0 {
			t.Errorf("the broken file left %q", left)
		}
		if diff := cmp.Diff([]string{"0002_fill.sql"}, migrate(t, d, shelves, "version")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMigrateRefusesBadFiles(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t).Open(db.Options{})
	for name, text := range map[string]string{
		"shelves.sql":   "SELECT 1",
		"0000_zero.sql": "SELECT 1",
		"0001_word.sql": "CREATE TABLE x (y {{number}})",
	} {
		_, err := db.Migrate(t.Context(), d, fstest.MapFS{name: {Data: []byte(text)}}, "version")
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want it named", name, err)
		}
	}
}

func TestMigrateByThreeProcesses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		var wait []func() process
		for range 3 {
			wait = append(wait, start(t, "migrate", h.URL("aisles")))
		}
		said := map[string]int{}
		for _, w := range wait {
			said[w().said]++
		}
		if diff := cmp.Diff(map[string]int{"2 <nil>\n": 1, "0 <nil>\n": 2}, said); diff != "" {
			t.Error(diff)
		}
		d := h.Open(db.Options{Schema: "aisles"})
		if got := names(t, d); len(got) != 4 {
			t.Errorf("got %q, want four names", got)
		}
	})
}
