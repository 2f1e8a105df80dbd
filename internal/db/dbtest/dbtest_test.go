package dbtest_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for range 2 {
		dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
			d := h.Open(db.Options{Schema: "main"})
			if d.Dialect() != h.Dialect() {
				t.Errorf("opened %v at a home of %v", d.Dialect(), h.Dialect())
			}
			// Fails when the other test's table is there.
			h2 := h.Open(db.Options{})
			if _, err := h2.Exec(t.Context(), "/*test.Create*/ CREATE TABLE same_name (x bigint)"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCountSeesAllPools(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		traced := 0
		a := h.Open(db.Options{Tracer: func(context.Context, db.Statement) { traced++ }})
		b := h.Open(db.Options{Class: db.ClassSync})
		got := h.Count(func() {
			for range 3 {
				if err := a.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if _, err := db.Value[int](t.Context(), b, "/*test.Other*/ SELECT 2"); err != nil {
				t.Error(err)
			}
		})
		if diff := cmp.Diff(map[string]int{"db.Ping": 3, "test.Other": 1}, got); diff != "" {
			t.Error(diff)
		}
		if traced != 3 {
			t.Errorf("own tracer saw %d statements, want 3", traced)
		}
	})
}
