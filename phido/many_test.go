package phido_test

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/phido/ledger"
	"aisles/phido/plan"
)

// TestManyPartners: a pass over partners for whom nothing changed costs one
// request and a number of statements that does not grow with them; one in which
// one product in a hundred changed costs what changed. With AISLES_LONG=1 there
// are 1,000 partners with 1,000 products each, on PostgreSQL.
func TestManyPartners(t *testing.T) {
	t.Parallel()
	if os.Getenv("AISLES_LONG") == "1" {
		manyPartners(t, dbtest.Postgres(t), 1000, 1000)
		return
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		few := manyPartners(t, again(t, h), 3, 100)
		if many := manyPartners(t, again(t, h), 30, 100); few != many {
			t.Errorf("%d statements for 3 partners, %d for 30", few, many)
		}
	})
}

// manyPartners gives the statements of a pass in which nothing changed.
func manyPartners(t *testing.T, h *dbtest.Home, partners, products int) int {
	w := newWorld(t, h)
	name := func(i int) string { return fmt.Sprintf("partner%04d", i) }
	put := func(partner string, from, to int, title string) {
		for ; from < to; from += 250 {
			var list []aisles.Patch
			for i := from; i < min(from+250, to); i++ {
				list = append(list, patch(t, fmt.Sprintf(`{"key":"p%04d","title":"%s %d","vendor":"Acme","status":"active","variants":[{"sku":"S%d","price":"19.90"}]}`, i, title, i, i)))
			}
			results, err := w.store.PutProducts(t.Context(), partner, list, false)
			w.must(err)
			for _, r := range results {
				w.must(r.Err)
			}
		}
	}
	var wg sync.WaitGroup
	work := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range work {
				w.connect(name(i), aisles.Settings{})
				put(name(i), 0, products, "Product")
			}
		})
	}
	for i := range partners {
		work <- i
	}
	close(work)
	wg.Wait()
	w.synced(partners, name)

	pass := func(what string) (statements int) {
		_, err := w.ledger.RequestSync(t.Context(), aisles.SyncRequest{All: true})
		w.must(err)
		ctx, counter := db.WithCounter(t.Context())
		began := time.Now()
		var runs []aisles.Run
		for {
			done, err := w.phido.Pass(ctx)
			w.must(err)
			if runs = append(runs, done...); len(done) == 0 {
				break
			}
		}
		took := time.Since(began)
		first, err := w.ledger.Run(t.Context(), runs[0].ID)
		w.must(err)
		feed, calls := first.Pass.AislesRequests, 0
		requests := feed
		for _, r := range runs {
			requests += r.AislesRequests
			calls += r.ShopifyCalls
			if r.Status != aisles.RunSucceeded {
				t.Errorf("%s: %s %q", r.Partner, r.Status, r.Reason)
			}
		}
		t.Logf("%s, %d partners of %d products: %d feed requests, %d requests in all, %d Shopify calls, %d statements of the ledger, %s",
			what, partners, products, feed, requests, calls, counter.Total(), took.Round(time.Millisecond))
		if what == "nothing changed" && (requests != 1 || calls != 0 || len(runs) != partners) {
			t.Errorf("%s: %d requests, %d calls, %d runs", what, requests, calls, len(runs))
		}
		return counter.Total()
	}
	statements := pass("nothing changed")
	d := w.home.Open(db.Options{Class: db.ClassAdmin, Schema: "phido"})
	for _, table := range []string{"known", "confirmed"} { // so that one in a hundred is created
		_, err := d.Exec(t.Context(), fmt.Sprintf(`/*test*/ DELETE FROM %s WHERE key < 'p%04d'`, table, products/100))
		w.must(err)
	}
	for i := range partners {
		put(name(i), 0, products/100, "Changed")
	}
	pass("one in a hundred changed")
	return statements
}

// synced makes the ledger as it is when all shops are in step, without sending
// every product.
func (w *world) synced(partners int, name func(int) string) {
	w.Helper()
	w.mode(aisles.Paused) // so that the feed is read and nothing is sent
	_, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{All: true})
	w.must(err)
	began := time.Now()
	_, err = w.phido.Pass(w.Context())
	w.must(err)
	w.Logf("reading all products of %d partners took %s", partners, time.Since(began).Round(time.Millisecond))
	w.mode(aisles.Sequential)
	d := w.home.Open(db.Options{Class: db.ClassAdmin, Schema: "phido"})
	for _, statement := range []string{
		`INSERT INTO confirmed (partner, key, facet, fingerprint, shape, document, confirmed_at) SELECT partner, key, facet, fingerprint, '', '', 0 FROM pending WHERE true`,
		`INSERT INTO known (partner, key, state, ids, variants, seen) SELECT DISTINCT partner, key, 'live', '{}', 1, (SELECT sweep FROM feed) FROM pending WHERE true`,
		`DELETE FROM pending`,
	} {
		_, err := d.Exec(w.Context(), "/*test*/ "+statement)
		w.must(err)
	}
	for i := range partners {
		lease, err := w.ledger.Acquire(w.Context(), ledger.RunLease(name(i), aisles.RoutineCatalog))
		w.must(err)
		shapes := plan.Shapes(aisles.Settings{})
		_, err = d.Exec(w.Context(), `/*test*/ UPDATE confirmed SET shape = `+d.SQL("json_extract($1, '$.' || facet)", "($1::jsonb)->>facet")+` WHERE partner = $2`, asJSON(w.T, shapes), name(i))
		w.must(err)
		_, err = w.ledger.Reshape(w.Context(), lease, name(i), shapes, false)
		w.must(err)
		w.must(lease.Release(w.Context()))
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func patch(t *testing.T, text string) (p aisles.Patch) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}
