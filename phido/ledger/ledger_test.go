package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/internal/secret"
	"aisles/phido/ledger"
	"aisles/phido/plan"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const shopToken = "shpat_do_not_show_me"

type fixture struct {
	*ledger.Ledger
	t     *testing.T
	home  *dbtest.Home
	clock *clock
	lease *ledger.Lease
}

// each runs the test on a ledger with one connected partner, acme, and the
// lease to run.
func each(t *testing.T, test func(t *testing.T, f *fixture)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		f := &fixture{t: t, home: h, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
		url := h.URL("phido")
		if _, err := ledger.Migrate(t.Context(), url, ledger.Options{}); err != nil {
			t.Fatal(err)
		}
		f.Ledger = f.open("first")
		f.connect("acme")
		f.lease = f.acquire(f.Ledger)
		test(t, f)
	})
}

func (f *fixture) open(holder string) *ledger.Ledger {
	f.t.Helper()
	l, err := ledger.Open(f.t.Context(), f.home.URL("phido"), ledger.Options{
		Sealer: secret.NewKey().Derive("shop tokens"), Holder: holder, Now: f.clock.Now,
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := l.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return l
}

func (f *fixture) acquire(l *ledger.Ledger) *ledger.Lease {
	f.t.Helper()
	lease, err := l.Acquire(f.t.Context(), "sequential")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = lease.Release(context.WithoutCancel(f.t.Context())) })
	return lease
}

func (f *fixture) connect(partner string) aisles.Connection {
	f.t.Helper()
	c, err := f.PutConnection(f.t.Context(), aisles.Connection{Partner: partner, Shop: partner + ".myshopify.com"}, shopToken)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func (f *fixture) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// change is a change of all facets to the version.
func change(key, version string) aisles.Change {
	c := aisles.Change{Ref: aisles.Ref{Partner: "acme", Key: key}, Fingerprints: aisles.Fingerprints{}}
	for _, f := range aisles.Facets {
		c.Fingerprints[f] = aisles.Fingerprint("1:" + string(f) + version)
	}
	return c
}

func gone(key string) aisles.Change {
	return aisles.Change{Ref: aisles.Ref{Partner: "acme", Key: key}, Removed: true}
}

func (f *fixture) take(items ...aisles.Change) int {
	f.t.Helper()
	n, err := f.Take(f.t.Context(), f.lease, items, "cursor")
	f.ok(err)
	return n
}

func (f *fixture) pending() []string {
	f.t.Helper()
	list, err := f.Pending(f.t.Context(), "acme", aisles.Facets, "", 250)
	f.ok(err)
	var out []string
	for _, p := range list {
		s := fmt.Sprint(p.Key, " ", len(p.Facets))
		if p.Removed {
			s = "-" + p.Key
		}
		out = append(out, s)
	}
	return out
}

func (f *fixture) want(what string, want ...string) {
	f.t.Helper()
	if got := f.pending(); !cmp.Equal(got, want) {
		f.t.Errorf("%s: waits %q, want %q", what, got, want)
	}
}

// run gives a started run of acme.
func (f *fixture) run() aisles.Run {
	f.t.Helper()
	requested, err := f.RequestSync(f.t.Context(), aisles.SyncRequest{Partners: []string{"acme"}})
	f.ok(err)
	f.pass()
	run, err := f.StartRun(f.t.Context(), f.lease, ledger.Ticket{Run: requested[0].ID, Number: 1}, aisles.Sequential)
	f.ok(err)
	return run
}

// pass claims the runs that wait and lets them begin.
func (f *fixture) pass() []aisles.Run {
	f.t.Helper()
	pass, runs, err := f.BeginPass(f.t.Context(), f.lease)
	f.ok(err)
	f.ok(f.EndPass(f.t.Context(), f.lease, pass))
	return runs
}

// done records a change as in the shop.
func (f *fixture) done(run aisles.Run, changes ...aisles.Change) {
	f.t.Helper()
	var entries []ledger.Entry
	for _, c := range changes {
		e := ledger.Entry{Key: c.Key, State: ledger.Live, Action: aisles.RunAction{Key: c.Key, Kind: "create", Outcome: "done"},
			IDs: &plan.IDs{Product: "gid://shopify/Product/1", Variants: map[string]plan.VariantIDs{"v": {Variant: "gid://1"}}}}
		for _, facet := range aisles.Facets {
			e.Confirm = append(e.Confirm, ledger.ConfirmedDoc{Facet: facet, Fingerprint: c.Fingerprints[facet], Shape: "{}", Document: map[string]any{}})
		}
		entries = append(entries, e)
	}
	f.ok(f.Record(f.t.Context(), f.lease, run, "acme", entries))
}

func TestTakeAndRecord(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		a, a2, b := change("a", "1"), change("a", "2"), change("b", "1")
		stranger := change("a", "1")
		stranger.Partner = "stranger"
		if n := f.take(a, b, stranger); n != 10 {
			t.Errorf("%d facets wait, want 10", n)
		}
		f.want("taken", "a 5", "b 5")
		run := f.run()
		f.take(a2) // while the run has a's first version in hand
		f.done(run, a, b)
		f.want("changed meanwhile", "a 5")
		f.take(a)
		f.want("changed back")
		half := a2
		half.Fingerprints = aisles.Fingerprints{aisles.FacetContent: a2.Fingerprints[aisles.FacetContent], aisles.FacetMedia: a.Fingerprints[aisles.FacetMedia]}
		f.take(half)
		f.want("one facet", "a 1")
		known, err := f.Known(t.Context(), "acme", []string{"a", "nobody"})
		f.ok(err)
		if k := known["a"]; len(known) != 1 || k.State != ledger.Live || k.IDs.Product == "" || k.Document.Content == nil || k.Confirmed[aisles.FacetMedia].Shape != "{}" {
			t.Errorf("known: %+v", known)
		}
		if c, err := f.Cursor(t.Context()); c != "cursor" || err != nil {
			t.Errorf("cursor: %q %v", c, err)
		}
	})
}

func TestRemovals(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		a, b := change("a", "1"), change("b", "1")
		f.take(a, b)
		run := f.run()
		f.done(run, a)
		f.take(gone("a"), gone("b"))
		f.want("b never was in the shop", "-a")
		f.take(a)
		f.want("a came back before it was archived")
		f.take(gone("a"))
		f.ok(f.Record(t.Context(), f.lease, run, "acme", []ledger.Entry{{
			Key: "a", Removal: true, Withdrawn: true, State: ledger.Archived, Action: aisles.RunAction{Key: "a", Kind: "archive"},
		}}))
		f.want("archived")
		f.take(gone("a"))
		f.want("archived already")
		load, err := f.Load(t.Context(), "acme", aisles.Facets)
		f.ok(err)
		if diff := cmp.Diff(ledger.Load{RecentRemovals: 1}, load); diff != "" {
			t.Errorf("load (-want +got):\n%s", diff)
		}
		f.take(a)
		f.want("back from the archive", "a 5")
	})
}

func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		a, b := change("a", "1"), change("b", "1")
		f.take(a, b)
		f.done(f.run(), a, b)
		sweeps, err := f.Sweeps(t.Context())
		f.ok(err)
		if !cmp.Equal(sweeps, []string{"acme"}) {
			t.Errorf("sweeps of a new connection: %v", sweeps)
		}
		f.ok(f.MarkAll(t.Context(), f.lease))
		id, err := f.StartSweep(t.Context(), f.lease, "")
		f.ok(err)
		if _, err := f.TakeSwept(t.Context(), f.lease, id, []aisles.Change{change("a", "2")}); err != nil {
			t.Fatal(err)
		}
		f.ok(f.EndSweep(t.Context(), f.lease, id, "", "after"))
		f.want("a changed, b vanished", "a 5", "-b")
		cursor, err := f.Cursor(t.Context())
		sweeps, err2 := f.Sweeps(t.Context())
		if cursor != "after" || len(sweeps) != 0 || errors.Join(err, err2) != nil {
			t.Errorf("cursor %q, sweeps %v, %v %v", cursor, sweeps, err, err2)
		}
	})
}

func TestReshape(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		a := change("a", "1")
		f.take(a)
		f.done(f.run(), a)
		shapes := map[aisles.Facet]string{aisles.FacetContent: "{}", aisles.FacetMedia: "other"}
		n, err := f.Reshape(t.Context(), f.lease, "acme", shapes, false)
		if n != 1 || err != nil {
			t.Errorf("reshape: %d %v", n, err)
		}
		f.want("another shape", "a 1")
		n, err = f.Reshape(t.Context(), f.lease, "acme", shapes, true)
		if n != 1 || err != nil {
			t.Errorf("force: %d %v", n, err)
		}
		f.want("forced", "a 2")
	})
}

func TestRequests(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		if _, err := f.RequestSync(ctx, aisles.SyncRequest{Partners: []string{"acme", "nobody"}}); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("unknown partner: %v", err)
		}
		if due, err := f.Due(ctx); due != (ledger.Due{}) || err != nil {
			t.Errorf("due: %+v %v", due, err)
		}
		ids := make([]string, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				runs, err := f.RequestSync(ctx, aisles.SyncRequest{All: true})
				if err != nil || len(runs) != 1 {
					t.Errorf("request: %v %v", runs, err)
					return
				}
				ids[i] = runs[0].ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("several runs wait: %v", ids)
			}
		}
		if due, err := f.Due(ctx); due != (ledger.Due{Claim: true}) || err != nil {
			t.Errorf("requested: %+v %v", due, err)
		}
		if runs := f.pass(); len(runs) != 1 || runs[0].ID != ids[0] {
			t.Fatalf("pass: %v", runs)
		}
		if due, err := f.Due(ctx); due != (ledger.Due{Ready: true}) || err != nil {
			t.Errorf("claimed: %+v %v", due, err)
		}
		first := ledger.Ticket{Run: ids[0], Number: 1}
		right, err := f.Acquire(ctx, ledger.RunLease("acme", aisles.RoutineCatalog))
		f.ok(err)
		_, err = f.StartRun(ctx, right, first, aisles.Queued)
		f.ok(err)
		if _, err := f.StartRun(ctx, right, first, aisles.Queued); !errors.Is(err, ledger.ErrStale) {
			t.Errorf("begun twice: %v", err)
		}
		f.clock.Add(time.Millisecond) // ids sort by time
		again, err := f.RequestSync(ctx, aisles.SyncRequest{All: true})
		f.ok(err)
		more, err := f.RequestSync(ctx, aisles.SyncRequest{All: true, Force: true})
		f.ok(err)
		if again[0].ID == ids[0] || more[0].ID != again[0].ID || !more[0].Force {
			t.Errorf("follow-up: %v %v", again, more)
		}
		if due, err := f.Due(ctx); due != (ledger.Due{}) || err != nil {
			t.Errorf("a follow-up waits for the run: %+v %v", due, err)
		}
		if n, err := f.Revive(ctx); n != 0 || err != nil {
			t.Errorf("revived a run that lives: %d %v", n, err)
		}
		f.ok(right.Release(ctx)) // the process dies
		if due, err := f.Due(ctx); due != (ledger.Due{Dead: true}) || err != nil {
			t.Errorf("dead: %+v %v", due, err)
		}
		if n, err := f.Revive(ctx); n != 1 || err != nil {
			t.Errorf("revived %d, %v", n, err)
		}
		if _, err := f.StartRun(ctx, f.lease, first, aisles.Queued); !errors.Is(err, ledger.ErrStale) {
			t.Errorf("with the old ticket: %v", err)
		}
		run, err := f.StartRun(ctx, f.lease, ledger.Ticket{Run: ids[0], Number: 2}, aisles.Queued)
		if err != nil || run.Resumed != 1 {
			t.Errorf("resumed: %+v %v", run, err)
		}
		run.Status = aisles.RunWaiting // its slice is over
		next, err := f.SaveRun(ctx, f.lease, run)
		tickets, e := f.Tickets(ctx, 10)
		if want := (ledger.Ticket{Run: ids[0], Number: 3, Partner: "acme", Routine: aisles.RoutineCatalog}); next != want || err != nil || e != nil || !cmp.Equal(tickets, []ledger.Ticket{want}) {
			t.Errorf("next: %+v %v, %v %v", next, err, tickets, e)
		}
		run.Status = aisles.RunSucceeded
		_, err = f.SaveRun(ctx, f.lease, run)
		f.ok(err)
		if runs := f.pass(); len(runs) != 1 || runs[0].ID != more[0].ID || !runs[0].Force {
			t.Errorf("follow-up: %+v", runs)
		}
		if pass, runs, err := f.BeginPass(ctx, f.lease); pass.ID != "" || runs != nil || err != nil {
			t.Errorf("nothing to do: %v %v %v", pass, runs, err)
		}
	})
}

// TestPassDies: runs claimed by a pass that never read the feed are claimed
// anew.
func TestPassDies(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		asked, err := f.RequestSync(t.Context(), aisles.SyncRequest{All: true})
		f.ok(err)
		first, _, err := f.BeginPass(t.Context(), f.lease)
		f.ok(err)
		if tickets, err := f.Tickets(t.Context(), 10); len(tickets) != 0 || err != nil {
			t.Errorf("before the feed was read: %v %v", tickets, err)
		}
		f.clock.Add(time.Millisecond)
		second, runs, err := f.BeginPass(t.Context(), f.lease)
		if err != nil || second.ID == first.ID || len(runs) != 1 || runs[0].ID != asked[0].ID {
			t.Errorf("second pass: %+v %v", runs, err)
		}
	})
}

// TestChangedBack: what changes back while a run sends the change has stopped
// waiting, and waits again when the run is through.
func TestChangedBack(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.take(change("a", "1"))
		run := f.run()
		f.done(run, change("a", "1"))
		f.take(change("a", "2"))
		f.want("changed", "a 5")
		f.take(change("a", "1"))
		f.want("changed back")
		e := ledger.Entry{Key: "a", State: ledger.Live, IDs: &plan.IDs{Product: "gid://shopify/Product/1"}, Waited: change("a", "2").Fingerprints, Before: change("a", "1").Fingerprints}
		for _, facet := range aisles.Facets {
			e.Confirm = append(e.Confirm, ledger.ConfirmedDoc{Facet: facet, Fingerprint: change("a", "2").Fingerprints[facet], Shape: "{}", Document: map[string]any{}})
		}
		f.ok(f.Record(t.Context(), f.lease, run, "acme", []ledger.Entry{e}))
		f.want("the run has sent the change", "a 5")
		f.done(run, change("a", "1"))
		f.want("and back")
	})
}

// TestIdle ends runs without anything to do, in statements that do not grow
// with their number.
func TestIdle(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.take(change("a", "1"))
		run := f.run()
		f.done(run, change("a", "1"))
		run.Status = aisles.RunSucceeded
		_, err := f.SaveRun(t.Context(), f.lease, run)
		f.ok(err)
		statements := func(partners int) (counts map[string]int) {
			for i := range partners {
				p := fmt.Sprintf("idle%d", i)
				f.connect(p)
				_, err := f.Reshape(t.Context(), f.lease, p, plan.Shapes(aisles.Settings{}), false)
				f.ok(err)
			}
			_, err := f.RequestSync(t.Context(), aisles.SyncRequest{All: true})
			f.ok(err)
			ctx, counter := db.WithCounter(t.Context())
			pass, runs, err := f.BeginPass(ctx, f.lease)
			f.ok(err)
			idle, err := f.EndIdle(ctx, f.lease, runs, aisles.Facets, aisles.Queued, "")
			f.ok(err)
			f.ok(f.EndPass(ctx, f.lease, pass))
			tickets, err := f.Tickets(ctx, 10)
			if len(idle) != partners || len(tickets) != 1 || err != nil { // acme was never reshaped
				t.Errorf("%d of %d idle, tickets %v %v", len(idle), partners, tickets, err)
			}
			f.clock.Add(time.Millisecond)
			lease, err := f.Acquire(t.Context(), ledger.RunLease("acme", aisles.RoutineCatalog))
			f.ok(err)
			run, err := f.StartRun(t.Context(), lease, tickets[0], aisles.Queued)
			f.ok(err)
			run.Status = aisles.RunSucceeded
			_, err = f.SaveRun(t.Context(), lease, run)
			f.ok(err)
			f.ok(lease.Release(t.Context()))
			return counter.Counts()
		}
		if few, many := statements(2), statements(20); !cmp.Equal(few, many) {
			t.Errorf("statements for 2 and 20 partners: %v, %v", few, many)
		}
	})
}

func TestSchedule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.clock.Add(59 * time.Minute)
		if due, err := f.Due(ctx); due != (ledger.Due{}) || err != nil {
			t.Errorf("before the hour: %v %v", due, err)
		}
		f.clock.Add(2 * time.Minute)
		if _, err := f.SetMode(ctx, aisles.ModeSetting{Mode: aisles.Paused, Reason: "stocktaking"}); err != nil {
			t.Fatal(err)
		}
		if due, err := f.Due(ctx); due != (ledger.Due{}) || err != nil {
			t.Errorf("paused: %v %v", due, err)
		}
		if _, err := f.SetMode(ctx, aisles.ModeSetting{Mode: aisles.Sequential}); aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		_, err := f.SetMode(ctx, aisles.ModeSetting{Mode: aisles.Sequential, Reason: "done"})
		f.ok(err)
		lease := f.lease
		if f.home.Dialect() == db.SQLite { // its leases follow the clock that was moved
			lease = f.acquire(f.open("second"))
		}
		_, runs, err := f.BeginPass(ctx, f.lease)
		if lease != f.lease {
			if !errors.Is(err, ledger.ErrLeaseLost) {
				t.Fatalf("with an expired lease: %v", err)
			}
			return
		}
		f.ok(err)
		if due, err := f.Due(ctx); len(runs) != 1 || !due.Claim || err != nil { // its pass has not read the feed
			t.Errorf("scheduled: %v, due %+v, %v", runs, due, err)
		}
	})
}

// TestTakeover: a lease that has expired goes to another process, and the
// first can write no more.
func TestTakeover(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		second := f.open("second")
		var held *ledger.HeldError
		if _, err := second.Acquire(ctx, "sequential"); !errors.As(err, &held) || held.Holder != "first" {
			t.Fatalf("held: %v", err)
		}
		f.ok(second.FreeAll(ctx)) // as if the first were dead
		lease, err := second.Acquire(ctx, "sequential")
		f.ok(err)
		defer func() { f.ok(lease.Release(context.WithoutCancel(ctx))) }()
		if lease.Fence <= f.lease.Fence || lease.Left() <= 10*time.Second {
			t.Errorf("fence %d after %d, %s left", lease.Fence, f.lease.Fence, lease.Left())
		}
		for name, err := range map[string]error{
			"take":      second1(f.Take(ctx, f.lease, []aisles.Change{change("a", "1")}, "x")),
			"facts":     f.SaveFacts(ctx, f.lease, "acme", []byte("{}")),
			"creating":  f.MarkCreating(ctx, f.lease, "acme", []string{"a"}),
			"adopt":     f.Adopt(ctx, f.lease, "acme", map[string]plan.IDs{"a": {}}),
			"unlearn":   f.Unlearn(ctx, f.lease, "acme", []string{"a"}),
			"record":    f.Record(ctx, f.lease, aisles.Run{}, "acme", nil),
			"save run":  second1(f.SaveRun(ctx, f.lease, aisles.Run{})),
			"hold":      f.HoldRun(ctx, f.lease, aisles.Run{}, nil, nil),
			"actions":   f.SaveActions(ctx, f.lease, aisles.Run{}, nil),
			"end sweep": f.EndSweep(ctx, f.lease, 1, "", ""),
			"mark all":  f.MarkAll(ctx, f.lease),
			"end pass":  f.EndPass(ctx, f.lease, aisles.Pass{}),
			"idle":      second1(f.EndIdle(ctx, f.lease, nil, nil, "", "")),
			"start":     second1(f.StartRun(ctx, f.lease, ledger.Ticket{}, "")),
		} {
			if !errors.Is(err, ledger.ErrLeaseLost) {
				t.Errorf("%s with a lost lease: %v", name, err)
			}
		}
		f.want("nothing was taken")
	})
}

func second1[T any](_ T, err error) error { return err }

func TestErrorsAreSetAside(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.take(change("a", "1"), change("b", "1"))
		run := f.run()
		fault := &aisles.SyncError{Field: []string{"input", "title"}, Message: "Title is too long", Code: "INVALID", SetAside: true}
		f.ok(f.Record(ctx, f.lease, run, "acme", []ledger.Entry{
			{Key: "a", Err: fault, SetAside: 24 * time.Hour, Action: aisles.RunAction{Key: "a", Kind: "create", Outcome: "failed", Error: fault}},
			{Key: "b", Err: &aisles.SyncError{Message: "try again"}, Action: aisles.RunAction{Key: "b", Kind: "create"}},
		}))
		f.want("a is set aside", "b 5")
		why, err := f.Why(ctx, aisles.Ref{Partner: "acme", Key: "a"})
		f.ok(err)
		if why.Error == nil || why.Error.Code != "INVALID" || why.Facets[0].State != "set_aside" || !strings.Contains(why.Summary, "Title is too long") || why.LastRun != run.ID {
			t.Errorf("why: %+v", why)
		}
		f.take(change("a", "2"))
		f.want("a changed", "a 5", "b 5")
		f.ok(f.Record(ctx, f.lease, run, "acme", []ledger.Entry{{Key: "a", Err: fault, SetAside: 24 * time.Hour}, {Key: "b", Err: fault, SetAside: 24 * time.Hour}}))
		if n, err := f.Retry(ctx, "acme", []string{"b"}); n != 1 || err != nil {
			t.Errorf("retry: %d %v", n, err)
		}
		f.want("b is retried", "b 5")
		if n, err := f.Retry(ctx, "acme", nil); n != 1 || err != nil {
			t.Errorf("retry all: %d %v", n, err)
		}
		f.want("all are retried", "a 5", "b 5")
	})
}

func TestHolds(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		a, b := change("a", "1"), change("b", "1")
		f.take(a, b)
		f.done(f.run(), a, b)
		f.take(gone("a"), change("b", "2"))
		hold := func() aisles.Run {
			run := f.run()
			run.Reason = "too much"
			f.ok(f.HoldRun(ctx, f.lease, run, []ledger.HoldItem{{Key: "a", Removed: true}, {Key: "b", Facets: change("b", "2").Fingerprints}},
				[]aisles.RunAction{{Key: "a", Kind: "archive"}}))
			return run
		}
		first, second := hold(), hold()
		if r, err := f.Run(ctx, first.ID); r.Status != aisles.RunStopped || !strings.Contains(r.Reason, second.ID) || err != nil {
			t.Errorf("superseded: %+v %v", r, err)
		}
		approved, err := f.Decide(ctx, second.ID, true, "ann")
		f.ok(err)
		if approved.Status != aisles.RunWaiting || approved.ID == second.ID {
			t.Errorf("approved: %+v", approved)
		}
		if _, err := f.Decide(ctx, second.ID, false, "bob"); aisles.CodeOf(err) != aisles.Conflict {
			t.Errorf("decided twice: %v", err)
		}
		list, err := f.Pending(ctx, "acme", aisles.Facets, "", 10)
		f.ok(err)
		if len(list) != 2 || !list[0].Approved || !list[1].Approved {
			t.Errorf("approved rows: %+v", list)
		}
		load, err := f.Load(ctx, "acme", aisles.Facets)
		f.ok(err)
		if load.Removed != 0 || load.Changed != 0 || load.Live != 2 {
			t.Errorf("load: %+v", load)
		}
		third := hold()
		if _, err := f.Decide(ctx, third.ID, false, "bob"); err != nil {
			t.Fatal(err)
		}
		f.want("rejected")
		f.take(change("b", "3"))
		f.want("changed after the no", "b 5")
	})
}

func TestConnections(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		for name, c := range map[string]aisles.Connection{
			"domain":   {Partner: "b", Shop: "http://x"},
			"endpoint": {Partner: "b", Shop: "b.myshopify.com", Endpoint: "ftp://x"},
			"settings": {Partner: "b", Shop: "b.myshopify.com", Settings: aisles.Settings{Ownership: map[string]aisles.Owner{"colour": "aisles"}}},
			"token":    {Partner: "b", Shop: "b.myshopify.com"},
			"interval": {Partner: "b", Shop: "b.myshopify.com", IntervalSeconds: 5},
			"taken":    {Partner: "b", Shop: "acme.myshopify.com"},
		} {
			token := shopToken
			if name == "token" {
				token = ""
			}
			if _, err := f.PutConnection(ctx, c, token); aisles.CodeOf(err) != aisles.Invalid || strings.Contains(err.Error(), shopToken) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, err := f.Credentials(ctx, "acme"); got.Token != shopToken || err != nil {
			t.Errorf("token: %v %v", got, err)
		}
		if _, err := f.open("other key").Credentials(ctx, "acme"); err == nil || strings.Contains(err.Error(), shopToken) {
			t.Errorf("with another key: %v", err)
		}
		f.ok(f.SaveFacts(ctx, f.lease, "acme", []byte(`{"id":"1"}`)))
		f.take(change("a", "1"))
		f.done(f.run(), change("a", "1"))
		c := f.connect("acme") // the same shop again
		if n, err := f.CountKnown(ctx, "acme"); n != 1 || err != nil {
			t.Errorf("the same shop: %d %v", n, err)
		}
		if facts, err := f.Facts(ctx, "acme"); facts != nil || err != nil {
			t.Errorf("facts after a change: %s %v", facts, err)
		}
		c.Shop = "elsewhere.myshopify.com"
		if _, err := f.PutConnection(ctx, c, shopToken); err != nil {
			t.Fatal(err)
		}
		if n, err := f.CountKnown(ctx, "acme"); n != 0 || err != nil {
			t.Errorf("another shop: %d %v", n, err)
		}
		f.ok(f.RemoveConnection(ctx, "acme"))
		if _, err := f.Connection(ctx, "acme"); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("removed: %v", err)
		}
	})
}

// TestTokensAreSealed looks for the shop's token in the bytes of the file.
func TestTokensAreSealed(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	l, err := ledger.Open(t.Context(), h.URL("phido"), ledger.Options{Sealer: secret.NewKey().Derive("shop tokens")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.PutConnection(t.Context(), aisles.Connection{Partner: "acme", Shop: "acme.myshopify.com"}, shopToken); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(strings.TrimPrefix(h.URL("phido"), "sqlite:"))
	if err != nil || !bytes.Contains(raw, []byte("acme.myshopify.com")) || bytes.Contains(raw, []byte(shopToken)) {
		t.Errorf("the file shows the token, or not the shop: %v", err)
	}
}

// TestStatements: a batch costs the same number of statements whatever its
// size.
func TestStatements(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		count := func(prefix string, n int) map[string]int {
			var changes, removed []aisles.Change
			var keys []string
			for i := range n {
				key := fmt.Sprint(prefix, i)
				changes, removed, keys = append(changes, change(key, "1")), append(removed, gone(key)), append(keys, key)
			}
			run := f.run()
			return f.home.Count(func() {
				f.take(changes...)
				f.pending()
				f.ok(f.MarkCreating(t.Context(), f.lease, "acme", keys))
				f.done(run, changes...)
				_, err := f.Known(t.Context(), "acme", keys)
				f.ok(err)
				f.take(removed...)
			})
		}
		few, many := count("a", 2), count("b", 40)
		for _, beat := range []string{"ledger.beat", "ledger.clock"} {
			delete(few, beat)
			delete(many, beat)
		}
		if diff := cmp.Diff(few, many); diff != "" {
			t.Errorf("statements for 2 and for 40 products (-2 +40):\n%s", diff)
		}
	})
}
