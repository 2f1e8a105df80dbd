package db_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// Tests that need other processes run this binary again, with a role.
const (
	envRole = "DB_TEST_ROLE"
	envAt   = "DB_TEST_AT" // the database or folder to work on
)

// roles do their part, print one line when it is done, and wait to be told to end.
var roles = map[string]func(ctx context.Context, at string) error{
	"lock": func(_ context.Context, at string) error {
		_, err := db.Lock(at)
		return err
	},
	"migrate": func(ctx context.Context, at string) error {
		d, err := db.Open(ctx, at, db.Options{Schema: "aisles", Class: db.ClassMigrate})
		if err != nil {
			return err
		}
		applied, err := db.Migrate(ctx, d, shelves, "version")
		fmt.Print(len(applied), " ")
		return err
	},
}

func TestMain(m *testing.M) {
	role, ok := roles[os.Getenv(envRole)]
	if !ok {
		os.Exit(m.Run())
	}
	err := role(context.Background(), os.Getenv(envAt))
	fmt.Println(err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// process is a helper in a role.
type process struct {
	*exec.Cmd
	said string // its line
}

// start starts a helper, which ends at the latest with the test.
func start(t *testing.T, role, at string) func() process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envRole+"="+role, envAt+"="+at)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // killed, as it should be
	})
	return func() process {
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return process{cmd, line}
	}
}

// table opens a pool with a table of keys in it.
func table(t *testing.T, h *dbtest.Home) *db.DB {
	t.Helper()
	d := h.Open(db.Options{})
	mustExec(t, d, "/*test.Create*/ CREATE TABLE goods (key text PRIMARY KEY, stock bigint NOT NULL DEFAULT 0, note text)")
	return d
}

func mustExec(t *testing.T, q db.Querier, query string, args ...any) {
	t.Helper()
	if _, err := q.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, q db.Querier) int {
	t.Helper()
	n, err := db.Value[int](t.Context(), q, "/*test.Count*/ SELECT count(*) FROM goods")
	if err != nil {
		t.Fatal(err)
	}
	return n
}
