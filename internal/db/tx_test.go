package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

const putKey = "/*test.Put*/ INSERT INTO goods (key) VALUES ($1)"

func TestInTxCommitsOrNot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		ctx, d := t.Context(), table(t, h)
		put := func(key string, end func() error) error {
			return d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, putKey, key); err != nil {
					return err
				}
				if n := count(t, tx); n == 0 {
					t.Error("a transaction does not see its own row")
				}
				return end()
			})
		}
		if err := put("kept", func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		no := errors.New("no")
		if err := put("refused", func() error { return no }); !errors.Is(err, no) {
			t.Errorf("got %v, want the function's error", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = put("panicked", func() error { panic("help") })
		}()
		dying, cancel := context.WithCancel(ctx)
		err := d.InTx(dying, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.Exec(ctx, putKey, "cancelled")
			cancel()
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want Canceled", err)
		}
		keys, err := db.All(ctx, d, db.Column[string], "/*test.All*/ SELECT key FROM goods")
		if err != nil || fmt.Sprint(keys) != "[kept]" {
			t.Errorf("got %v, %v, want only what was committed", keys, err)
		}
	})
}

// A failed statement the function ignores must not make a commit look good.
func TestInTxAfterAFailedStatement(t *testing.T) {
	t.Parallel()
	d := table(t, dbtest.Postgres(t))
	err := d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		mustExec(t, tx, putKey, "a")
		_, _ = tx.Exec(ctx, putKey, "a")
		return nil
	})
	if err == nil {
		t.Error("commit of a failed transaction succeeded")
	}
}

func TestReadIsOneSnapshot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := table(t, h)
		writer := h.Open(db.Options{Class: db.ClassSync})
		err := d.Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			if n := count(t, tx); n != 0 {
				t.Errorf("got %d rows, want 0", n)
			}
			if _, err := writer.Exec(context.WithoutCancel(ctx), putKey, "late"); err != nil {
				return err
			}
			if n := count(t, tx); n != 0 {
				t.Errorf("got %d rows in the snapshot, want 0", n)
			}
			if _, err := tx.Exec(ctx, putKey, "x"); err == nil {
				t.Error("a read wrote")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	})
}

func TestNestedUseIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d, other := table(t, h), h.Open(db.Options{Schema: "phido"})
		err := d.InTx(t.Context(), func(ctx context.Context, _ *db.Tx) error {
			if err := other.Ping(ctx); err != nil {
				t.Errorf("another database: %v", err)
			}
			if err := d.Ping(ctx); !errors.Is(err, db.ErrNested) {
				t.Errorf("query: got %v, want ErrNested", err)
			}
			if _, err := d.Exec(ctx, putKey, "x"); !errors.Is(err, db.ErrNested) {
				t.Errorf("exec: got %v, want ErrNested", err)
			}
			return d.InTx(ctx, nil)
		})
		if !errors.Is(err, db.ErrNested) {
			t.Errorf("transaction: got %v, want ErrNested", err)
		}
	})
}

func TestInTxRunsAgainWhenBusy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := table(t, h)
		run := func(busy int) (runs int, err error) {
			err = d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				runs++
				if _, err := tx.Exec(ctx, putKey, fmt.Sprint("key", busy)); err != nil {
					return err
				}
				if runs <= busy {
					return fmt.Errorf("put: %w", db.ErrBusy)
				}
				return nil
			})
			return runs, err
		}
		if runs, err := run(2); runs != 3 || err != nil {
			t.Errorf("busy twice: %d runs, %v", runs, err)
		}
		if runs, err := run(99); runs != 5 || !errors.Is(err, db.ErrBusy) {
			t.Errorf("always busy: %d runs, %v, want 5 and ErrBusy", runs, err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("got %d rows, want 1", n)
		}
	})
}

// Two transactions that lock two rows in opposite order: PostgreSQL ends one,
// and it runs again.
func TestInTxSurvivesADeadlock(t *testing.T) {
	t.Parallel()
	d := table(t, dbtest.Postgres(t))
	mustExec(t, d, "/*test.Put*/ INSERT INTO goods (key) VALUES ('a'), ('b')")
	var both, done sync.WaitGroup
	both.Add(2)
	for _, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		done.Go(func() {
			first := true
			err := d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, "/*test.Hurry*/ SET LOCAL deadlock_timeout = '10ms'"); err != nil {
					return err
				}
				for _, key := range order {
					if _, err := tx.Exec(ctx, "/*test.Add*/ UPDATE goods SET stock = stock + 1 WHERE key = $1", key); err != nil {
						return err
					}
					if first {
						first = false
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if sum, err := db.Value[int](t.Context(), d, "/*test.Sum*/ SELECT sum(stock) FROM goods"); sum != 4 || err != nil {
		t.Errorf("sum %d, %v, want 4", sum, err)
	}
}

// A library joins our transaction through the driver's own.
func TestNative(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		d := table(t, h)
		no := errors.New("no")
		err := d.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
			var err error
			switch n := tx.Native().(type) {
			case *sql.Tx:
				_, err = n.ExecContext(ctx, "INSERT INTO goods (key) VALUES ('x')")
			case pgx.Tx:
				_, err = n.Exec(ctx, "INSERT INTO goods (key) VALUES ('x')")
			}
			if err != nil {
				return err
			}
			if n := count(t, tx); n != 1 {
				t.Errorf("got %d rows, want 1", n)
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Error(err)
		}
		if n := count(t, d); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
		switch n := d.Native().(type) {
		case *sql.DB:
			err = n.PingContext(t.Context())
		case *pgxpool.Pool:
			err = n.Ping(t.Context())
		default:
			err = fmt.Errorf("a %T", n)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
