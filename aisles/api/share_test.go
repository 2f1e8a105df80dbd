package api_test

import (
	"context"
	"sync"
	"testing"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// TestSyncKeepsToItsShare: a sync that uses up its connections is told to come
// back later, and everyone else is served.
func TestSyncKeepsToItsShare(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	w := newWorld(t, h)
	const share, asked = 8, 12
	w.want(200, "sync", "GET", "/v1/partners/acme/products", "") // the token is known now
	blocker := h.Open(db.Options{Schema: "aisles"})
	statuses := make(chan int, asked)
	var group sync.WaitGroup
	err := blocker.InTx(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "/*test.lock*/ LOCK TABLE products IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		for range asked {
			group.Go(func() {
				r := w.call("sync", "GET", "/v1/partners/acme/products", "")
				if r.status == 503 {
					if p := r.problem(t); p.Code != aisles.Unavailable || r.header.Get("Retry-After") == "" {
						t.Errorf("refused by %+v", p)
					}
				}
				statuses <- r.status
			})
		}
		for range asked - share {
			if got := <-statuses; got != 503 {
				t.Errorf("status = %d while the share is used up", got)
			}
		}
		w.want(200, "operator", "GET", "/v1/partners", "")
		w.want(200, "acme", "GET", "/v1/partners/acme", "")
		w.want(503, "sync", "GET", "/v1/partners", "")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	group.Wait()
	for range share {
		if got := <-statuses; got != 200 {
			t.Errorf("status = %d of a request that only waited", got)
		}
	}
}
