package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// TestLateCommit: a write that was numbered first and commits last is not
// lost. Reading whatever is committed, as by a sequence, would lose it.
func TestLateCommit(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	s := withPartner(t, h)
	start := changes(t, s, ChangesQuery{}).Next
	slow := open(t, h, Options{})
	numbered, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	slow.beforeCommit = func() { close(numbered); <-release }
	go func() {
		_, err := slow.PutProducts(t.Context(), "acme", []aisles.Patch{patch("late", "T")}, false)
		ended <- err
	}()
	<-numbered
	put1(t, s, patch("early", "T"))

	page := unsettled(t, s, ChangesQuery{After: start})
	if len(page.Items) != 0 || !page.Horizon.Held {
		t.Errorf("before the late commit: %v, %+v", keys(page), page.Horizon)
	}
	naive, err := db.Value[int64](t.Context(), s.db, `/*test*/ SELECT max(position) FROM products`)
	if err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := keys(changes(t, s, ChangesQuery{After: page.Next})); !cmp.Equal(got, []string{"late", "early"}) {
		t.Errorf("after it: %v", got)
	}
	lost, err := db.All(t.Context(), s.db, db.Column[string], `/*test*/ SELECT key FROM products WHERE position <= $1 AND key <> 'early'`, naive)
	if err != nil || !cmp.Equal(lost, []string{"late"}) {
		t.Errorf("a reader of all that was committed would go on behind %v %v", lost, err)
	}
}

// TestFollowingRewrites: sixteen writers change the same products again and
// again; a reader that follows ends with every product's last fingerprints,
// and with the removed ones removed.
func TestFollowingRewrites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		s.beforeCommit = func() {
			if rand.N(4) == 0 {
				time.Sleep(rand.N(4 * time.Millisecond)) // a slow transaction, which the feed must wait for
			}
		}
		done := make(chan struct{})
		go func() { defer close(done); rewrite(t, s, 16, 12) }()
		known := map[aisles.Ref]aisles.Fingerprints{}
		var cursor aisles.Cursor
		for last := false; ; {
			page := unsettled(t, s, ChangesQuery{After: cursor, Limit: 7})
			cursor = page.Next
			for _, c := range page.Items {
				known[c.Ref] = c.Fingerprints
				if c.Removed {
					delete(known, c.Ref)
				}
			}
			if last && !page.More {
				break
			}
			select {
			case <-done:
				settle(t, s)
				last = true
			default:
			}
		}
		products, err := s.Products(t.Context(), "acme", ProductQuery{})
		if err != nil || len(products) == 0 {
			t.Fatal(len(products), err)
		}
		want := map[aisles.Ref]aisles.Fingerprints{}
		for _, p := range products {
			want[aisles.Ref{Partner: "acme", Key: p.Key}] = aisles.Split(p).Fingerprints()
		}
		if diff := cmp.Diff(want, known); diff != "" {
			t.Errorf("catalog and reader differ (-catalog +reader):\n%s", diff)
		}
	})
}

// rewrite lets writers put and remove batches out of forty products.
func rewrite(t *testing.T, s *Store, writers, rounds int) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				var batch []aisles.Patch
				var gone []string
				for _, n := range rand.Perm(40)[:6] {
					key := fmt.Sprintf("p%02d", n)
					batch, gone = append(batch, patch(key, fmt.Sprintf("%d of %d", i, w))), append(gone, key)
				}
				again := true
				for again {
					var err error
					if i%4 == 3 {
						_, err = s.RemoveProducts(t.Context(), "acme", gone[:2], false)
					} else {
						_, err = s.PutProducts(t.Context(), "acme", batch, false)
					}
					if again = errors.Is(err, db.ErrRefused) || errors.Is(err, db.ErrBusy); err != nil && !again {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestStartsAtOnce: processes that start together while others write leave
// cursors that go on, whichever epoch they carry.
func TestStartsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		put1(t, s, patch("a", "A"))
		cursors := []aisles.Cursor{changes(t, s, ChangesQuery{}).Next}
		var wg sync.WaitGroup
		for i := range 5 {
			wg.Go(func() {
				other, err := Open(t.Context(), h.URL(schema), Options{})
				if err != nil {
					t.Error(err)
					return
				}
				defer func() {
					if err := other.Close(); err != nil {
						t.Error(err)
					}
				}()
				if _, err := other.PutProducts(t.Context(), "acme", []aisles.Patch{patch(fmt.Sprint("by", i), "T")}, false); err != nil {
					t.Error(err)
				}
			})
		}
		for range 40 { // the reader goes on meanwhile
			cursors = append(cursors, unsettled(t, s, ChangesQuery{After: cursors[len(cursors)-1], Limit: 1}).Next)
		}
		wg.Wait()
		settle(t, s)
		for _, after := range cursors {
			if _, err := s.Changes(t.Context(), ChangesQuery{After: after}); err != nil {
				t.Errorf("%s: %v", after, err)
			}
		}
		if got := keys(unsettled(t, s, ChangesQuery{After: cursors[0]})); len(got) != 5 {
			t.Errorf("changes of the others: %v", got)
		}
		n, err := db.Value[int64](t.Context(), s.db, `/*test*/ SELECT count(DISTINCT id) FROM epochs`)
		if err != nil || n != 6 {
			t.Errorf("%d epochs of 6 starts, %v", n, err)
		}
	})
}

// TestUpgradeInBatches: more products than a batch are stamped anew, 250 a
// transaction, those that have the current stamp are left.
func TestUpgradeInBatches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		put1(t, s, full("T")...)
		put1(t, s, patch("more", "T"), patch("current", "T"))
		before := changes(t, s, ChangesQuery{})
		if _, err := s.db.Exec(t.Context(), `/*test*/ UPDATE products SET fp_version = 0, inventory = '0:old' WHERE key <> 'current'`); err != nil {
			t.Fatal(err)
		}
		ctx, counter := db.WithCounter(t.Context())
		if err := s.restamp(ctx); err != nil {
			t.Fatal(err)
		}
		// Two batches are read and written, and a third read finds no more.
		if n := counter.Counts()["store.restamp"]; n != 5 {
			t.Errorf("%d statements for 251 products, want 5", n)
		}
		old, err := db.Value[int64](t.Context(), s.db, `/*test*/ SELECT count(*) FROM products WHERE fp_version <> $1 OR inventory = '0:old'`, aisles.FingerprintVersion)
		if err != nil || old != 0 {
			t.Errorf("%d products are stamped as before, %v", old, err)
		}
		if diff := cmp.Diff(before.Items, changes(t, s, ChangesQuery{}).Items); diff != "" {
			t.Errorf("feed (-before +after):\n%s", diff)
		}
	})
}
