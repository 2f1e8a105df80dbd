package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// hold runs f while a transaction of d, for writing or reading, is open.
func hold(t *testing.T, d *db.DB, write bool, f func()) {
	t.Helper()
	run := d.Read
	if write {
		run = d.InTx
	}
	err := run(t.Context(), func(_ context.Context, tx *db.Tx) error {
		count(t, tx)
		f()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAFullPoolRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		table(t, h)
		d := h.Open(db.Options{Class: db.ClassSync, MaxConns: 1, AcquireTimeout: 20 * time.Millisecond})
		admin := h.Open(db.Options{Class: db.ClassAdmin})
		before := d.Stats()
		hold(t, d, false, func() {
			if s := d.Stats(); s.InUse != 1 || s.Limit != 1 {
				t.Errorf("%+v, want 1 of 1 in use", s)
			}
			err := d.Ping(t.Context())
			if !errors.Is(err, db.ErrRefused) || !strings.HasPrefix(err.Error(), "db.Ping: sync connection: ") {
				t.Errorf("got %v, want ErrRefused for sync", err)
			}
			if err := d.Read(t.Context(), nil); !errors.Is(err, db.ErrRefused) {
				t.Errorf("got %v, want ErrRefused", err)
			}
			if err := admin.Ping(t.Context()); err != nil {
				t.Errorf("another class: %v", err)
			}
			// A caller that gives up was not refused.
			gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if err := d.Ping(gone); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, db.ErrRefused) {
				t.Errorf("got %v, want the caller's deadline", err)
			}
		})
		if err := d.Ping(t.Context()); err != nil {
			t.Errorf("after the hold: %v", err)
		}
		s := d.Stats()
		if s.Class != "sync" || s.InUse != 0 || s.Refused != 2 || s.Acquired-before.Acquired != 2 || s.Waited < 40*time.Millisecond {
			t.Errorf("%+v, want 2 acquired, 2 refused, 40 ms waited", s)
		}
	})
}

// On SQLite all classes queue for one writer.
func TestSQLiteClassesShareTheWriter(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	d := table(t, h)
	impatient := h.Open(db.Options{Class: db.ClassSync, AcquireTimeout: 20 * time.Millisecond})
	patient := h.Open(db.Options{Class: db.ClassAdmin})
	queued := make(chan error, 1)
	hold(t, d, true, func() {
		if _, err := impatient.Exec(t.Context(), putKey, "a"); !errors.Is(err, db.ErrRefused) {
			t.Errorf("got %v, want ErrRefused", err)
		}
		count(t, impatient) // readers do not wait
		go func() {
			_, err := patient.Exec(context.WithoutCancel(t.Context()), putKey, "b")
			queued <- err
		}()
	})
	if err := <-queued; err != nil {
		t.Errorf("the queued write: %v", err)
	}
}

// Another program on the file: SQLite's own lock, and our bound on it.
func TestSQLiteFileBusy(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	d := table(t, h)
	other, err := sql.Open("sqlite", strings.TrimPrefix(h.URL("main"), "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // the test's own
	other.SetMaxOpenConns(1)
	// Without SQLite's patience each try fails at once.
	if _, err := d.Native().(*sql.DB).ExecContext(t.Context(), "PRAGMA busy_timeout = 0"); err != nil {
		t.Fatal(err)
	}
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	put := func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, putKey, "a")
		return err
	}
	if err := d.InTx(t.Context(), put); !errors.Is(err, db.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	if _, err := d.Exec(t.Context(), putKey, "b"); !errors.Is(err, db.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	time.AfterFunc(15*time.Millisecond, func() { _, _ = other.Exec("ROLLBACK") })
	if err := d.InTx(t.Context(), put); err != nil {
		t.Errorf("when the file is free again: %v", err)
	}
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := table(t, h)
		mustExec(t, d, "/*test.Create*/ CREATE TABLE parts (key text PRIMARY KEY REFERENCES goods (key))")
		mustExec(t, d, putKey, "cup")
		tests := []struct {
			name, query string
			want        error
		}{
			{"primary key", "/*t*/ INSERT INTO goods (key) VALUES ('cup')", db.ErrUnique},
			{"reference", "/*t*/ INSERT INTO parts (key) VALUES ('jug')", db.ErrForeignKey},
			{"table", "/*t*/ INSERT INTO nowhere VALUES (1)", nil},
		}
		all := []error{db.ErrNoRows, db.ErrUnique, db.ErrForeignKey, db.ErrBusy, db.ErrFull, db.ErrRefused, db.ErrUnreachable}
		for _, tt := range tests {
			_, err := d.Exec(t.Context(), tt.query)
			if err == nil {
				t.Errorf("%s: no error", tt.name)
			}
			for _, kind := range all {
				if errors.Is(err, kind) != (kind == tt.want) {
					t.Errorf("%s: %v is %v: %v", tt.name, err, kind, errors.Is(err, kind))
				}
			}
		}
	})
}

func TestPostgresErrorKinds(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t).Open(db.Options{})
	for code, want := range map[string]error{
		"40001": db.ErrBusy, "40P01": db.ErrBusy, "55P03": db.ErrBusy,
		"53100": db.ErrFull, "53300": db.ErrRefused, "57P03": db.ErrUnreachable,
	} {
		_, err := d.Exec(t.Context(), "/*t*/ DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '"+code+"'; END $$")
		if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "t: "+want.Error()+": ") {
			t.Errorf("%s: got %v, want %v", code, err, want)
		}
	}
}

func TestSQLiteFull(t *testing.T) {
	t.Parallel()
	d := table(t, dbtest.SQLite(t))
	if _, err := d.Native().(*sql.DB).ExecContext(t.Context(), "PRAGMA max_page_count = 8"); err != nil {
		t.Fatal(err)
	}
	err := d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, putKey, strings.Repeat("x", 100_000))
		return err
	})
	if !errors.Is(err, db.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	mustExec(t, d, putKey, "small")
}

// The server's own limit refuses as the pool does.
func TestRoleLimitRefuses(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	super := h.Open(db.Options{})
	address, err := url.Parse(h.URL(""))
	if err != nil {
		t.Fatal(err)
	}
	role := "r" + strings.TrimPrefix(address.Path, "/t_")
	mustExec(t, super, "/*test.Role*/ CREATE ROLE "+role+" LOGIN CONNECTION LIMIT 1")
	t.Cleanup(func() {
		if _, err := super.Exec(context.Background(), "/*test.Role*/ DROP ROLE "+role); err != nil {
			t.Error(err)
		}
	})
	address.User = url.User(role)
	first, err := db.Open(t.Context(), address.String(), db.Options{Class: db.ClassSync})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(t.Context(), address.String(), db.Options{Class: db.ClassSync})
	if !errors.Is(err, db.ErrRefused) {
		t.Errorf("got %v, want ErrRefused", err)
	}
	err = first.Read(t.Context(), func(context.Context, *db.Tx) error {
		err := first.Ping(t.Context())
		if !errors.Is(err, db.ErrRefused) || first.Stats().Refused != 1 {
			t.Errorf("got %v, %+v, want one refusal", err, first.Stats())
		}
		return nil
	})
	if err := errors.Join(err, first.Close()); err != nil {
		t.Error(err)
	}
}

func TestPostgresShowsWhoHoldsABackend(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	tests := []struct {
		o    db.Options
		want string
	}{
		{db.Options{}, "aisles/api#g0"},
		{db.Options{App: "phido", Class: db.ClassJobs, Generation: 42, Release: "a1b2c3d4e5f6"}, "phido/jobs#g42@a1b2c3d"},
		{db.Options{App: strings.Repeat("x", 80)}, strings.Repeat("x", 63)},
	}
	for _, tt := range tests {
		d := h.Open(tt.o)
		got, err := db.Value[string](t.Context(), d, "/*t*/ SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()")
		if got != tt.want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, tt.want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	noDB := filepath.Join(dir, "picture.db")
	if err := os.WriteFile(noDB, []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		url  string
		o    db.Options
		want string
	}{
		{"sqlite:", db.Options{}, "no file name"},
		{"sqlite:" + filepath.Join(dir, "missing", "a.db"), db.Options{}, "no such file or directory"},
		{"sqlite:" + noDB, db.Options{}, "file is not a database"},
		{"mysql://secret@host/db", db.Options{}, "unknown address"},
		{"host=h password=secret", db.Options{}, "want sqlite:FILE or postgres://…"},
		{"postgres://u:secret@host:port/db", db.Options{}, "port"},
		{"sqlite:x", db.Options{Class: "boss"}, `unknown class "boss"`},
		{"sqlite:x", db.Options{Schema: `a"; DROP`}, "bad schema name"},
		{"postgres://u:secret@127.0.0.1:1/db?sslmode=disable", db.Options{}, db.ErrUnreachable.Error()},
	}
	for _, tt := range tests {
		_, err := db.Open(t.Context(), tt.url, tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.url, err, tt.want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in %v", tt.url, err)
		}
	}
}

func TestSQLiteFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"plain.db", "a b?c#d%41&é.db"} {
		file := filepath.Join(dir, name)
		d, err := db.Open(t.Context(), "sqlite:"+file, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, d, "/*t*/ CREATE TABLE x (y)")
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 || info.Size() == 0 && !exists(file+"-wal") {
			t.Errorf("%s: mode %v, size %d", name, info.Mode(), info.Size())
		}
		if err := errors.Join(d.Close(), d.Close()); err != nil {
			t.Errorf("close twice: %v", err)
		}
		if exists(file + "-wal") {
			t.Errorf("%s: the log is left after the last close", name)
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	d := table(t, dbtest.SQLite(t))
	settings := func(q db.Querier) map[string]string {
		got := map[string]string{}
		for _, name := range []string{"journal_mode", "synchronous", "foreign_keys", "query_only", "busy_timeout"} {
			v, err := db.Value[string](t.Context(), q, "/*t*/ PRAGMA "+name)
			if err != nil {
				t.Fatal(err)
			}
			got[name] = v
		}
		return got
	}
	err := d.InTx(t.Context(), func(_ context.Context, tx *db.Tx) error {
		want := map[string]string{"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "query_only": "0", "busy_timeout": "2000"}
		if diff := cmp.Diff(want, settings(tx)); diff != "" {
			return fmt.Errorf("writer: %s", diff)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if got := settings(d); got["query_only"] != "1" || got["journal_mode"] != "wal" || got["busy_timeout"] != "2000" {
		t.Errorf("reader: %v", got)
	}
}
