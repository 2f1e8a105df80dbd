package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// aging is a store with a partner acme, and a clock to let it grow old by.
type aging struct {
	*Store
	now time.Time
}

func newAging(t *testing.T, h *dbtest.Home) *aging {
	a := &aging{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	a.Store = open(t, h, Options{Now: func() time.Time { return a.now }})
	for _, key := range []string{"acme", "quiet"} {
		if _, err := a.CreatePartner(t.Context(), aisles.Partner{Key: key}); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

// age lets the retention pass and forgets what is older.
func (a *aging) age(t *testing.T) {
	t.Helper()
	a.now = a.now.Add(DefaultRetention + time.Minute)
	if err := a.prune(t.Context(), pruneAtOpen); err != nil {
		t.Fatal(err)
	}
}

func (a *aging) remove(t *testing.T, keys ...string) {
	t.Helper()
	if _, err := a.RemoveProducts(t.Context(), "acme", keys, false); err != nil {
		t.Fatal(err)
	}
	settle(t, a.Store)
}

// walk reads the feed from its beginning to its end, a product a page.
func walk(t *testing.T, s *Store, each func(page int)) (got []string, end aisles.Cursor) {
	t.Helper()
	for page := 1; ; page++ {
		p, err := s.Changes(t.Context(), ChangesQuery{After: end, Limit: 1})
		if err != nil {
			t.Fatalf("page %d: %v", page, err)
		}
		got, end = append(got, keys(p)...), p.Next
		if !p.More {
			return got, end
		}
		each(page)
	}
}

// TestReadingAnewAfterGone: a reader that is sent back to the beginning
// arrives at the end, although products older than the newest forgotten
// removal stand before it, and removals are forgotten while it reads.
func TestReadingAnewAfterGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := newAging(t, h)
		for _, key := range []string{"a", "b", "dead", "late", "c"} {
			put1(t, s.Store, patch(key, "T"))
		}
		s.remove(t, "dead")
		s.age(t)
		s.remove(t, "late")
		got, end := walk(t, s.Store, func(page int) {
			if page == 1 {
				s.age(t) // forgets "late", which this reader has not seen alive
			}
		})
		if diff := cmp.Diff([]string{"a", "b", "c"}, got); diff != "" {
			t.Errorf("walk (-want +got):\n%s", diff)
		}
		put1(t, s.Store, patch("d", "T"))
		if got := keys(changes(t, s.Store, ChangesQuery{After: end})); !cmp.Equal(got, []string{"d"}) {
			t.Errorf("after the walk: %v", got)
		}
	})
}

// TestWalkOlderThanTheTombstones: a walk that has seen a product alive and
// slept over its removal is told so.
func TestWalkOlderThanTheTombstones(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := newAging(t, h)
		put1(t, s.Store, patch("a", "A"))
		put1(t, s.Store, patch("b", "B"))
		mid := changes(t, s.Store, ChangesQuery{Limit: 1})
		s.remove(t, "a")
		s.age(t)
		if p, err := s.Changes(t.Context(), ChangesQuery{After: mid.Next}); aisles.CodeOf(err) != aisles.Gone {
			t.Errorf("saw %v, slept, and got %v %v", keys(mid), keys(p), err)
		}
	})
}

// TestPageEndsBetweenRemovals: two products removed at one position, of which
// the reader has seen one.
func TestPageEndsBetweenRemovals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := newAging(t, h)
		put1(t, s.Store, patch("a", "A"), patch("b", "B"))
		start := changes(t, s.Store, ChangesQuery{}).Next
		s.remove(t, "a", "b")
		first := changes(t, s.Store, ChangesQuery{After: start, Limit: 1})
		second := changes(t, s.Store, ChangesQuery{After: first.Next, Limit: 1})
		s.age(t)
		if p, err := s.Changes(t.Context(), ChangesQuery{After: first.Next}); aisles.CodeOf(err) != aisles.Gone {
			t.Errorf("the removal of b is not told: %v %v", keys(p), err)
		}
		if _, err := s.Changes(t.Context(), ChangesQuery{After: second.Next}); err != nil {
			t.Errorf("a reader who saw both: %v", err)
		}
	})
}

// TestQuietReader: a reader for whom there is nothing does not grow too old
// while others' products are removed.
func TestQuietReader(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]ChangesQuery{"partner": {Partner: "quiet"}, "facet": {Facets: []aisles.Facet{aisles.FacetMedia}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
				q := q // each database has its own cursors
				s := newAging(t, h)
				put1(t, s.Store, patch("dead", "D"))
				q.After = changes(t, s.Store, q).Next
				s.remove(t, "dead")
				page := changes(t, s.Store, q)
				if again := changes(t, s.Store, ChangesQuery{After: page.Next, Partner: q.Partner, Facets: q.Facets}); len(again.Items) != 0 || again.Next != page.Next {
					t.Errorf("nothing new: %+v after %q", again, page.Next)
				}
				s.age(t)
				if _, err := s.Changes(t.Context(), ChangesQuery{After: page.Next, Partner: q.Partner, Facets: q.Facets}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestCursorOfALostFuture: a PostgreSQL server set back to a copy gives out
// the same transaction ids once more; the first is that of the new epoch.
func TestCursorOfALostFuture(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	s := withPartner(t, h)
	put1(t, s, patch("a", "A"))
	c, err := parseCursor(changes(t, s, ChangesQuery{}).Next)
	if err != nil {
		t.Fatal(err)
	}
	restored := open(t, h, Options{})
	end, err := db.Value[int64](t.Context(), restored.db, `/*test*/ SELECT position FROM epochs ORDER BY seq DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	c.base = 0
	for position, want := range map[int64]aisles.Code{end: "", end + 1: aisles.Gone} {
		c.position = position
		if _, err := restored.Changes(t.Context(), ChangesQuery{After: aisles.Cursor(c.String())}); aisles.CodeOf(err) != want {
			t.Errorf("at the epoch's end%+d: %v, want code %q", position-end, err, want)
		}
	}
	c.position, c.base = 1, end+2
	if _, err := restored.Changes(t.Context(), ChangesQuery{After: aisles.Cursor(c.String())}); aisles.CodeOf(err) != aisles.Gone {
		t.Errorf("a walk begun in the lost future: %v", err)
	}
}

// TestDumpInAYoungerServer: a dump restored where transaction ids are small
// goes on behind all positions it knows, forgotten ones too.
func TestDumpInAYoungerServer(t *testing.T) {
	t.Parallel()
	for name, age := range map[string]string{
		"products":   `/*test*/ UPDATE products SET position = 1000000000000`,
		"tombstones": `/*test*/ UPDATE feed SET pruned = 1000000000000`,
		"epochs":     `/*test*/ UPDATE epochs SET position = 1000000000000`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := dbtest.Postgres(t)
			s := withPartner(t, h)
			put1(t, s, patch("a", "A"))
			if _, err := s.db.Exec(t.Context(), age); err != nil {
				t.Fatal(err)
			}
			restored := open(t, h, Options{})
			put1(t, restored, patch("b", "B"))
			page := changes(t, restored, ChangesQuery{})
			if diff := cmp.Diff([]string{"a", "b"}, keys(page)); diff != "" {
				t.Fatalf("feed (-want +got):\n%s", diff)
			}
			if c, err := parseCursor(page.Next); err != nil || c.position <= 1_000_000_000_000 {
				t.Errorf("the feed goes on at %d %v", c.position, err)
			}
			put1(t, restored, patch("c", "C"))
			if got := keys(changes(t, restored, ChangesQuery{After: page.Next})); !cmp.Equal(got, []string{"c"}) {
				t.Errorf("and then: %v", got)
			}
		})
	}
}

// TestPruneLazily: writes forget old tombstones, a batch an hour, or a batch a
// write while there are more; none before its time.
func TestPruneLazily(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := newAging(t, h)
		var all []string
		for range 2 {
			var batch []aisles.Patch
			for range MaxBatch - 50 {
				key := fmt.Sprintf("p%03d", len(all))
				batch, all = append(batch, patch(key, "T")), append(all, key)
			}
			put1(t, s.Store, batch...)
		}
		s.remove(t, all[:200]...)
		s.remove(t, all[200:]...)
		tombstones := func() int64 {
			n, err := db.Value[int64](t.Context(), s.db, `/*test*/ SELECT count(*) FROM products WHERE removed_at IS NOT NULL`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		var left []int64
		for _, passed := range []time.Duration{DefaultRetention - time.Hour, time.Hour + time.Minute, 0, 0} {
			s.now = s.now.Add(passed)
			put1(t, s.Store, patch("x", "T"))
			left = append(left, tombstones())
		}
		if diff := cmp.Diff([]int64{400, 150, 0, 0}, left); diff != "" {
			t.Errorf("tombstones after each write (-want +got):\n%s", diff)
		}
	})
}
