package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

func open(t testing.TB, h *dbtest.Home, o Options) *Store {
	t.Helper()
	url := h.URL(schema)
	if _, err := Migrate(t.Context(), url, o); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func withPartner(t testing.TB, h *dbtest.Home) *Store {
	t.Helper()
	s := open(t, h, Options{})
	if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: "acme"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// patch says a product with a title and a price.
func patch(key, title string) aisles.Patch {
	return aisles.Patch{Key: key, Title: aisles.Some(title), Variants: aisles.Some([]aisles.VariantPatch{{SKU: aisles.Some("SKU-" + key), Price: aisles.Some(aisles.Money("9.90"))}})}
}

func put1(t testing.TB, s *Store, patches ...aisles.Patch) []Result {
	t.Helper()
	results, err := s.PutProducts(t.Context(), "acme", patches, false)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func outcomes(results []Result) []string {
	var out []string
	for _, r := range results {
		out = append(out, fmt.Sprintf("%s %s %v%v", r.Key, r.Outcome, r.Facets, r.Err != nil))
	}
	return out
}

// settle waits until the feed shows all that was written so far: other tests
// write in the same PostgreSQL cluster, and an open transaction of theirs
// holds this feed back too.
func settle(t testing.TB, s *Store) {
	t.Helper()
	for shown := s.db.Dialect() == db.SQLite; !shown; {
		var err error
		shown, err = db.Value[bool](t.Context(), s.db, `/*test*/ SELECT coalesce(max(position), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint + (SELECT position FROM feed)
			FROM products, pg_sleep(0.001)`)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// changes reads a page of the feed when it has settled.
func changes(t testing.TB, s *Store, q ChangesQuery) ChangePage {
	t.Helper()
	settle(t, s)
	return unsettled(t, s, q)
}

func unsettled(t testing.TB, s *Store, q ChangesQuery) ChangePage {
	t.Helper()
	page, err := s.Changes(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func keys(page ChangePage) []string {
	var out []string
	for _, c := range page.Items {
		key := c.Key
		if c.Removed {
			key = "-" + key
		}
		out = append(out, key)
	}
	return out
}

func TestProducts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ctx := t.Context()
		if _, err := s.CreatePartner(ctx, aisles.Partner{Key: "acme"}); aisles.CodeOf(err) != aisles.Conflict {
			t.Errorf("partner again: %v", err)
		}
		bad := patch("c", "")
		got := outcomes(put1(t, s, patch("b", "B"), patch("a", "A"), bad, patch("a", "twice")))
		want := []string{"b created [content media inventory metadata publication]false", "a created [content media inventory metadata publication]false", "c rejected []true", "a rejected []true"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("put (-want +got):\n%s", diff)
		}
		hidden := patch("b", "B2")
		hidden.Published = aisles.Some(false)
		got = outcomes(put1(t, s, patch("a", "A"), hidden))
		if diff := cmp.Diff([]string{"a unchanged []false", "b updated [content publication]false"}, got); diff != "" {
			t.Errorf("put again (-want +got):\n%s", diff)
		}
		if dry, err := s.PutProducts(ctx, "acme", []aisles.Patch{patch("z", "Z")}, true); err != nil || dry[0].Outcome != aisles.Created {
			t.Errorf("dry: %v %v", dry, err)
		}
		page, err := s.Products(ctx, "acme", ProductQuery{})
		if err != nil || len(page) != 2 || page[0].Key != "a" || page[1].Title != "B2" {
			t.Errorf("products: %v %v", page, err)
		}
		for text, want := range map[string]int{"b2": 1, "SKU-a": 1, "%": 0, "_": 0, "": 2} {
			if page, err := s.Products(ctx, "acme", ProductQuery{Text: text}); err != nil || len(page) != want {
				t.Errorf("search %q: %d, want %d, %v", text, len(page), want, err)
			}
		}
		bodies, err := s.Bodies(ctx, []aisles.Ref{{Partner: "acme", Key: "none"}, {Partner: "acme", Key: "b"}}, []aisles.Facet{aisles.FacetPublication})
		if err != nil || !bodies[0].Missing || bodies[1].Publication.Published || bodies[1].Content != nil || len(bodies[1].Fingerprints) != 1 {
			t.Errorf("bodies: %+v %v", bodies, err)
		}
		if _, err := s.PutProducts(ctx, "nobody", []aisles.Patch{patch("a", "A")}, false); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("unknown partner: %v", err)
		}
		if n, err := s.RemovePartner(ctx, "acme"); n != 2 || err != nil {
			t.Errorf("remove partner: %d %v", n, err)
		}
		if page := changes(t, s, ChangesQuery{}); !cmp.Equal(keys(page), []string{"-a", "-b"}) {
			t.Errorf("after the partner: %v", keys(page))
		}
	})
}

func TestFeed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		start := changes(t, s, ChangesQuery{})
		if len(start.Items) != 0 || start.Next == "" || start.More {
			t.Fatalf("empty feed: %+v", start)
		}
		put1(t, s, patch("a", "A"), patch("b", "B"), patch("c", "C"))
		put1(t, s, patch("a", "A2"))
		first := changes(t, s, ChangesQuery{After: start.Next, Limit: 2})
		second := changes(t, s, ChangesQuery{After: first.Next, Limit: 2})
		if got := append(keys(first), keys(second)...); !cmp.Equal(got, []string{"b", "c", "a"}) || !first.More || second.More {
			t.Errorf("order: %v, more %v %v", got, first.More, second.More)
		}
		if f := second.Items[0].Fingerprints; len(f) != 5 || f[aisles.FacetContent].Version() != aisles.FingerprintVersion {
			t.Errorf("fingerprints: %v", f)
		}
		if again := changes(t, s, ChangesQuery{After: second.Next}); len(again.Items) != 0 || again.Next != second.Next {
			t.Errorf("nothing new: %+v", again)
		}
		put1(t, s, patch("a", "A2"))
		if again := changes(t, s, ChangesQuery{After: second.Next}); len(again.Items) != 0 {
			t.Errorf("an unchanged write made a change: %v", keys(again))
		}
		hidden := patch("b", "B")
		hidden.Published = aisles.Some(false)
		put1(t, s, hidden)
		if got := keys(changes(t, s, ChangesQuery{After: second.Next, Facets: []aisles.Facet{aisles.FacetContent}})); got != nil {
			t.Errorf("content changed: %v", got)
		}
		if got := keys(changes(t, s, ChangesQuery{After: second.Next, Facets: []aisles.Facet{aisles.FacetContent, aisles.FacetPublication}})); !cmp.Equal(got, []string{"b"}) {
			t.Errorf("content or publication changed: %v", got)
		}
		if _, err := s.RemoveProducts(t.Context(), "acme", []string{"c", "none"}, false); err != nil {
			t.Fatal(err)
		}
		if got := keys(changes(t, s, ChangesQuery{After: second.Next, Partner: "acme"})); !cmp.Equal(got, []string{"b", "-c"}) {
			t.Errorf("after a removal: %v", got)
		}
		if got := keys(changes(t, s, ChangesQuery{Partner: "other"})); got != nil {
			t.Errorf("another partner: %v", got)
		}
		if r := put1(t, s, patch("c", "C")); r[0].Outcome != aisles.Created {
			t.Errorf("back: %v", r)
		}
		if got := keys(changes(t, s, ChangesQuery{After: second.Next})); !cmp.Equal(got, []string{"b", "c"}) {
			t.Errorf("back in the feed: %v", got)
		}
	})
}

func TestCursorsThatCannotGoOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		clock := Options{Now: func() time.Time { return now }}
		s := open(t, h, clock)
		if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: "acme"}); err != nil {
			t.Fatal(err)
		}
		put1(t, s, patch("a", "A"), patch("b", "B"))
		early := changes(t, s, ChangesQuery{Limit: 1}).Next
		if _, err := s.RemoveProducts(t.Context(), "acme", []string{"a"}, false); err != nil {
			t.Fatal(err)
		}
		late := changes(t, s, ChangesQuery{}).Next

		// A later start keeps cursors; one a month later forgets the tombstone.
		again := open(t, h, clock)
		if got := keys(changes(t, again, ChangesQuery{After: early})); !cmp.Equal(got, []string{"b", "-a"}) {
			t.Errorf("after a restart: %v", got)
		}
		now = now.Add(DefaultRetention + time.Hour)
		pruned := open(t, h, clock)
		if got := keys(changes(t, pruned, ChangesQuery{})); !cmp.Equal(got, []string{"b"}) {
			t.Errorf("after a month: %v", got)
		}
		if _, err := pruned.Changes(t.Context(), ChangesQuery{After: late}); err != nil {
			t.Errorf("a reader who saw the removal goes on: %v", err)
		}
		c, err := parseCursor(late)
		if err != nil {
			t.Fatal(err)
		}
		beyond, other := c, c
		beyond.position += 1 << 40
		other.epoch = "restored"
		for name, after := range map[string]aisles.Cursor{
			"older than the tombstones": early, "beyond the end": aisles.Cursor(beyond.String()), "unknown epoch": aisles.Cursor(other.String()),
		} {
			if _, err := pruned.Changes(t.Context(), ChangesQuery{After: after}); aisles.CodeOf(err) != aisles.Gone {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := pruned.Changes(t.Context(), ChangesQuery{After: "nonsense"}); aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("nonsense: %v", err)
		}
	})
}

// TestRestoredCopy: a reader that is ahead of a restored copy is told so, and
// what the copy writes afterwards is not hidden behind the old positions.
func TestRestoredCopy(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	s := withPartner(t, h)
	put1(t, s, patch("a", "A"))
	file := strings.TrimPrefix(h.URL(schema), "sqlite:")
	if _, err := s.db.Exec(t.Context(), "/*test*/ VACUUM INTO $1", file+".copy"); err != nil {
		t.Fatal(err)
	}
	put1(t, s, patch("b", "B"), patch("c", "C"))
	put1(t, s, patch("b", "B2"))
	ahead := changes(t, s, ChangesQuery{}).Next
	restored, err := Open(t.Context(), "sqlite:"+file+".copy", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = restored.Close() }()
	if _, err := restored.Changes(t.Context(), ChangesQuery{After: ahead}); aisles.CodeOf(err) != aisles.Gone {
		t.Errorf("a cursor of the future: %v", err)
	}
}

// TestUpgradeIsNoChange: fingerprints of an older version are written anew
// without a place in the feed.
func TestUpgradeIsNoChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		put1(t, s, patch("a", "A"), patch("b", "B"))
		page := changes(t, s, ChangesQuery{})
		if _, err := s.db.Exec(t.Context(), `/*test*/ UPDATE products SET fp_version = 0, content = '0:old', media = '0:old'`); err != nil {
			t.Fatal(err)
		}
		upgraded := open(t, h, Options{})
		if again := changes(t, upgraded, ChangesQuery{After: page.Next}); len(again.Items) != 0 {
			t.Errorf("an upgrade made changes: %v", keys(again))
		}
		if diff := cmp.Diff(page.Items, changes(t, upgraded, ChangesQuery{}).Items); diff != "" {
			t.Errorf("stamps (-before +after):\n%s", diff)
		}
	})
}

// TestFeedLosesNothing: sixteen writers commit in an order nobody chose, some
// long after their position was given, while a reader follows the feed.
func TestFeedLosesNothing(t *testing.T) {
	t.Parallel()
	writes := 3200
	if os.Getenv("AISLES_LONG") == "1" {
		writes = 100_000
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		s.beforeCommit = func() {
			if rand.N(4) == 0 {
				time.Sleep(rand.N(8 * time.Millisecond)) // a slow transaction, which the feed must wait for
			}
		}
		if h.Dialect() == db.SQLite {
			s.beforeCommit = nil // one writer: the others would only wait
		}
		const writers = 16
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range writes / writers / 10 {
					var batch []aisles.Patch
					for j := range 10 {
						batch = append(batch, patch(fmt.Sprintf("w%d-%d-%d", w, i, j), "T"))
					}
					_, err := s.PutProducts(t.Context(), "acme", batch, false)
					for errors.Is(err, db.ErrRefused) { // the pool is small: nothing was written
						_, err = s.PutProducts(t.Context(), "acme", batch, false)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		seen := map[string]int{}
		var cursor aisles.Cursor
		for last := false; ; {
			page := unsettled(t, s, ChangesQuery{After: cursor})
			cursor = page.Next
			for _, c := range page.Items {
				seen[c.Key]++
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
		twice := 0
		for _, n := range seen {
			if n > 1 {
				twice++
			}
		}
		if len(seen) != writes || twice > 0 {
			t.Errorf("%d of %d changes lost, %d seen twice", writes-len(seen), writes, twice)
		}
		t.Logf("%d changes by %d writers: %d lost", writes, writers, writes-len(seen))
	})
}

// TestHorizon: an open write transaction elsewhere makes the feed wait, and is
// named.
func TestHorizon(t *testing.T) {
	t.Parallel()
	h := dbtest.Postgres(t)
	s := withPartner(t, h)
	before := changes(t, s, ChangesQuery{})
	blocker := h.Open(db.Options{Class: db.ClassJobs, App: "backfill", Schema: "elsewhere"})
	release, opened, ended := make(chan struct{}), make(chan error, 1), make(chan error, 1)
	go func() {
		ended <- blocker.InTx(context.WithoutCancel(t.Context()), func(ctx context.Context, tx *db.Tx) error {
			_, err := db.Value[string](ctx, tx, "/*test*/ SELECT pg_current_xact_id()::text")
			opened <- err
			<-release
			return err
		})
	}()
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	put1(t, s, patch("a", "A"))
	page := unsettled(t, s, ChangesQuery{After: before.Next})
	for len(page.Items) == 0 && !strings.Contains(page.Horizon.Holder, "backfill") { // an older one of another test
		page = unsettled(t, s, ChangesQuery{After: before.Next})
	}
	if len(page.Items) != 0 || !page.Horizon.Held || !strings.Contains(page.Horizon.Holder, "backfill") || page.Horizon.Age <= 0 {
		t.Errorf("while a transaction is open: %v, %+v", keys(page), page.Horizon)
	}
	close(release)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if page = changes(t, s, ChangesQuery{After: before.Next}); !cmp.Equal(keys(page), []string{"a"}) {
		t.Errorf("afterwards: %v, %+v", keys(page), page.Horizon)
	}
}

// TestWritersOfOneProduct: two that create the same product at once do not
// lose each other's fields.
func TestWritersOfOneProduct(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		for round := range 10 {
			key := fmt.Sprint("p", round)
			vendor := aisles.Patch{Key: key, Title: aisles.Some("T"), Vendor: aisles.Some("V")}
			tags := aisles.Patch{Key: key, Title: aisles.Some("T"), Tags: aisles.Some([]string{"x"})}
			var wg sync.WaitGroup
			for _, p := range []aisles.Patch{vendor, tags} {
				wg.Go(func() {
					if _, err := s.PutProducts(t.Context(), "acme", []aisles.Patch{p}, false); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			p, err := s.Product(t.Context(), aisles.Ref{Partner: "acme", Key: key})
			if err != nil || p.Vendor != "V" || len(p.Tags) != 1 {
				t.Fatalf("round %d: %+v %v", round, p, err)
			}
		}
	})
}

// TestStatements: a batch costs the same number of statements whatever its
// size.
func TestStatements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		batch := func(from, n int, title string) (patches []aisles.Patch, refs []aisles.Ref, keys []string) {
			for i := range n {
				key := fmt.Sprintf("p%03d", from+i)
				patches, keys = append(patches, patch(key, title)), append(keys, key)
				refs = append(refs, aisles.Ref{Partner: "acme", Key: key})
			}
			return patches, refs, keys
		}
		count := func(from, n int) map[string]int {
			fresh, refs, keys := batch(from, n, "T")
			changed, _, _ := batch(from, n, "T2")
			ctx, counter := db.WithCounter(t.Context())
			var errs []error
			add := func(_ any, err error) { errs = append(errs, err) }
			add(s.PutProducts(ctx, "acme", fresh, false))
			add(s.PutProducts(ctx, "acme", changed, false))
			add(s.Bodies(ctx, refs, aisles.Facets))
			add(s.Products(ctx, "acme", ProductQuery{}))
			add(s.Changes(ctx, ChangesQuery{}))
			add(nil, s.MarkSeen(ctx, fmt.Sprint("import", from), keys))
			add(s.RemoveUnseen(ctx, fmt.Sprint("import", from), "acme", true, nil))
			add(s.Changes(ctx, ChangesQuery{Partner: "acme", Facets: aisles.Facets}))
			add(s.Partners(ctx, "", 0))
			add(s.Imports(ctx, "acme", "", 0))
			add(s.Tokens(ctx))
			add(s.RemoveProducts(ctx, "acme", keys, false))
			add(s.PutProducts(ctx, "acme", fresh, false))
			add(s.RemovePartner(ctx, "acme"))
			add(s.CreatePartner(ctx, aisles.Partner{Key: "acme"}))
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			return counter.Counts()
		}
		if diff := cmp.Diff(count(0, 2), count(100, 20)); diff != "" {
			t.Errorf("statements for 2 and for 20 products (-2 +20):\n%s", diff)
		}
	})
}

func TestImportsAndTokens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ctx := t.Context()
		i, err := s.StartImport(ctx, aisles.Import{Partner: "acme", Source: "a.csv"})
		if err != nil || i.ID == "" || i.Status != aisles.ImportRunning {
			t.Fatalf("start: %+v %v", i, err)
		}
		put1(t, s, patch("a", "A"), patch("b", "B"), patch("c", "C"))
		for range 2 { // a repeated note is no error
			if err := s.MarkSeen(ctx, i.ID, []string{"a", "c"}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.RemoveUnseen(ctx, i.ID, "acme", true, nil); n != 1 || err != nil {
			t.Errorf("dry: %d %v", n, err)
		}
		if n, err := s.RemoveUnseen(ctx, i.ID, "acme", false, nil); n != 1 || err != nil {
			t.Errorf("remove: %d %v", n, err)
		}
		if err := s.AbandonImports(ctx); err != nil {
			t.Fatal(err)
		}
		list, err := s.Imports(ctx, "acme", "", 10)
		if err != nil || len(list) != 1 || list[0].Status != aisles.ImportFailed {
			t.Errorf("imports: %+v %v", list, err)
		}
		token := Token{ID: "t1", Class: "operator"}
		if err := s.PutToken(ctx, token, []byte("hash")); err != nil {
			t.Fatal(err)
		}
		if err := s.RevokeToken(ctx, "t1"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.TokenByHash(ctx, []byte("hash")); err != nil || got.RevokedAt == nil {
			t.Errorf("token: %+v %v", got, err)
		}
		if _, err := s.TokenByHash(ctx, []byte("other")); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("other token: %v", err)
		}
		answer := IdempotentAnswer{Status: 201, ContentType: "application/json", Body: []byte("{}")}
		if err := s.KeepAnswer(ctx, "k", []byte("r"), answer); err != nil {
			t.Fatal(err)
		}
		if got, found, err := s.Idempotent(ctx, "k", []byte("r")); err != nil || !found || !cmp.Equal(got, answer) {
			t.Errorf("answer: %+v %v %v", got, found, err)
		}
		if _, _, err := s.Idempotent(ctx, "k", []byte("other")); aisles.CodeOf(err) != aisles.Conflict {
			t.Errorf("another request: %v", err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add("abc.1.2")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(aisles.Cursor(text))
		if err == nil && c.String() != text {
			t.Errorf("%q was read as %q", text, c)
		}
	})
}

func benchmark(b *testing.B, f func(b *testing.B, s *Store)) {
	for name, home := range map[string]func(testing.TB) *dbtest.Home{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) { f(b, withPartner(b, home(b))) })
	}
}

func full(title string) []aisles.Patch {
	var all []aisles.Patch
	for i := range MaxBatch {
		all = append(all, patch(fmt.Sprintf("p%03d", i), title))
	}
	return all
}

func BenchmarkPutNew(b *testing.B) {
	benchmark(b, func(b *testing.B, s *Store) {
		for i := 0; b.Loop(); i++ {
			all := full("T")
			for j := range all {
				all[j].Key = fmt.Sprintf("p%d-%d", i, j)
			}
			put1(b, s, all...)
		}
	})
}

func BenchmarkPutChanged(b *testing.B) {
	benchmark(b, func(b *testing.B, s *Store) {
		for i := 0; b.Loop(); i++ {
			put1(b, s, full(fmt.Sprint(i))...)
		}
	})
}

func BenchmarkPutUnchanged(b *testing.B) {
	benchmark(b, func(b *testing.B, s *Store) {
		put1(b, s, full("T")...)
		for b.Loop() {
			put1(b, s, full("T")...)
		}
	})
}

func BenchmarkChangesPage(b *testing.B) {
	benchmark(b, func(b *testing.B, s *Store) {
		put1(b, s, full("T")...)
		for b.Loop() {
			changes(b, s, ChangesQuery{})
		}
	})
}

func BenchmarkBodies(b *testing.B) {
	benchmark(b, func(b *testing.B, s *Store) {
		put1(b, s, full("T")...)
		var refs []aisles.Ref
		for _, p := range full("T") {
			refs = append(refs, aisles.Ref{Partner: "acme", Key: p.Key})
		}
		for b.Loop() {
			if _, err := s.Bodies(b.Context(), refs, aisles.Facets); err != nil {
				b.Fatal(err)
			}
		}
	})
}
