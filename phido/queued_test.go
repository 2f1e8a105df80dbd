package phido_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/phido"
	"aisles/phido/ledger"
	"aisles/phido/queue"
)

var quiet = slog.New(slog.DiscardHandler)

// background starts a process' worth of Phido with its queue. It ends with the
// test, or when stop is called.
func (w *world) background(workers int, slice time.Duration) (stop func()) {
	w.Helper()
	book, err := ledger.Open(w.Context(), w.home.URL("phido"), ledger.Options{Sealer: w.key.Derive("shop tokens")})
	w.must(err)
	_, err = queue.Migrate(w.Context(), w.home.URL("phido"), queue.Options{})
	w.must(err)
	q, err := queue.Open(w.Context(), w.home.URL("phido"), queue.Options{Workers: workers, Log: quiet})
	w.must(err)
	p := phido.New(phido.Options{Aisles: w.client, Ledger: book, Jobs: q, Log: quiet, Tick: 20 * time.Millisecond, Slice: slice})
	q.Serve(p.Work)
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			<-done
			if err := q.Close(); err != nil {
				w.Error(err)
			}
			if err := book.Close(); err != nil {
				w.Error(err)
			}
		})
	}
	w.Cleanup(stop)
	return stop
}

func (w *world) mode(m aisles.Mode) {
	w.Helper()
	_, err := w.ledger.SetMode(w.Context(), aisles.ModeSetting{Mode: m, Reason: "test"})
	w.must(err)
}

// until waits for something that other goroutines bring about.
func (w *world) until(what string, f func() bool) {
	w.Helper()
	deadline := time.NewTimer(5 * time.Minute)
	defer deadline.Stop()
	for tick := time.NewTicker(20 * time.Millisecond); !f(); {
		select {
		case <-tick.C:
		case <-deadline.C:
			runs, _ := w.ledger.Runs(context.WithoutCancel(w.Context()), "", "", 250)
			w.Fatalf("waited in vain: %s; runs %+v", what, runs)
		}
	}
}

// allRuns gives all runs there are, oldest first.
func (w *world) allRuns() []aisles.Run {
	w.Helper()
	var all []aisles.Run
	for after := ""; ; {
		page, err := w.ledger.Runs(w.Context(), "", after, 250)
		w.must(err)
		if len(page) == 0 {
			slices.Reverse(all)
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].ID
	}
}

func over(r aisles.Run) bool { return r.Status != aisles.RunWaiting && r.Status != aisles.RunRunning }

// noOverlap checks that no partner's runs were under way at once.
func (w *world) noOverlap(runs []aisles.Run) {
	w.Helper()
	last := map[string]aisles.Run{}
	for _, r := range runs {
		if r.FinishedAt == nil || r.StartedAt == nil {
			w.Errorf("run %s of %s did not end: %+v", r.ID, r.Partner, r)
			continue
		}
		if before := last[r.Partner]; before.ID != "" && r.StartedAt.Before(*before.FinishedAt) {
			w.Errorf("%s: run %s began %s before %s ended", r.Partner, r.ID, before.FinishedAt.Sub(*r.StartedAt), before.ID)
		}
		last[r.Partner] = r
	}
}

// TestQueuedAtRandom asks for runs and changes products at random while runs
// go on in two processes' worth of workers: every request is answered by a run
// that began after it, no two runs of a partner overlap, there is no run that
// nobody asked for, and in the end the shops are as the catalogs.
func TestQueuedAtRandom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		var partners []string
		for i := range 6 {
			partners = append(partners, fmt.Sprintf("p%d", i))
		}
		w := newWorld(t, h, partners...)
		for _, p := range partners {
			w.load(p, feedOf(8, "19.90"), false)
		}
		w.mode(aisles.Queued)
		w.background(3, time.Millisecond)
		if h.Dialect() == db.Postgres { // a SQLite file has one process
			w.background(2, time.Millisecond)
		}
		acts := 1000
		if testing.Short() {
			acts = 200
		}
		asked := make(map[string]time.Time) // the newest request of each run
		var mu sync.Mutex
		var wg sync.WaitGroup
		for g := range 4 {
			random := rand.New(rand.NewPCG(uint64(g), 7))
			wg.Go(func() {
				for i := range acts / 4 {
					p := partners[random.IntN(len(partners))]
					if random.IntN(2) == 0 {
						w.put(p, fmt.Sprintf(`{"key":"p%03d","title":"Title %d %d"}`, random.IntN(8), g, i))
						continue
					}
					at := time.Now()
					runs, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{Partners: []string{p}})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if at.After(asked[runs[0].ID]) {
						asked[runs[0].ID] = at
					}
					mu.Unlock()
					if random.IntN(8) == 0 { // so that requests meet runs in all their states
						w.until("a run ended", func() bool { r, err := w.ledger.Run(w.Context(), runs[0].ID); return err == nil && over(r) })
					}
				}
			})
		}
		wg.Wait()
		last, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{All: true})
		w.must(err)
		for _, r := range last {
			asked[r.ID] = time.Now()
		}
		w.until("all runs ended", func() bool { return !slices.ContainsFunc(w.allRuns(), func(r aisles.Run) bool { return !over(r) }) })
		runs := w.allRuns()
		w.noOverlap(runs)
		busy := 0
		for _, r := range runs {
			at, ok := asked[r.ID]
			if !ok || r.Status != aisles.RunSucceeded || r.Mode != aisles.Queued || r.Pass == nil {
				t.Errorf("run %+v, asked %v", r, ok)
			}
			if r.StartedAt.Before(at) {
				t.Errorf("run %s began before it was asked for", r.ID)
			}
			if r.ShopifyCalls > 0 {
				busy++
			}
		}
		if len(runs) != len(asked) {
			t.Errorf("%d runs, %d were asked for", len(runs), len(asked))
		}
		for _, p := range partners {
			w.same(p)
		}
		t.Logf("%d acts, %d runs, %d of them with something to do", acts, len(runs), busy)
	})
}

// TestSwitch switches from queued to sequential and back while twenty partners
// are synced for the first time: nothing is written twice or left out, no
// partner has two runners, and in the sequential mode one runs at a time.
func TestSwitch(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		each := 30
		if testing.Short() {
			each = 10
		}
		var partners []string
		for i := range 20 {
			partners = append(partners, fmt.Sprintf("p%02d", i))
		}
		w := newWorld(t, h, partners...)
		for _, p := range partners {
			w.load(p, feedOf(each, "19.90"), false)
		}
		w.control("POST", "faults", map[string]any{"operation": "ProductSet", "kind": "slow", "rate": 1, "latency_ms": 20}, nil)
		w.mode(aisles.Queued)
		w.background(4, time.Minute)
		_, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{All: true})
		w.must(err)
		count := func(mode aisles.Mode, status aisles.RunStatus) int {
			n := 0
			for _, r := range w.allRuns() {
				if (mode == "" || r.Mode == mode) && r.Status == status {
					n++
				}
			}
			return n
		}
		w.until("some ended in the queue", func() bool { return count(aisles.Queued, aisles.RunSucceeded) >= 3 })
		switched := time.Now()
		w.mode(aisles.Sequential)
		w.until("one runs alone", func() bool {
			return count(aisles.Sequential, aisles.RunRunning) == 1 && count(aisles.Queued, aisles.RunRunning) == 0
		})
		effect := time.Since(switched)
		w.until("some ended alone", func() bool {
			if n := count("", aisles.RunRunning); n > 1 {
				t.Errorf("%d run at once in the sequential mode", n)
			}
			return count(aisles.Sequential, aisles.RunSucceeded) >= 2
		})
		switched = time.Now()
		w.mode(aisles.Queued)
		w.until("several run at once", func() bool { return count(aisles.Queued, aisles.RunRunning) >= 2 })
		back := time.Since(switched)
		w.until("all ended", func() bool { return count("", aisles.RunSucceeded) == len(partners) })
		writes := 0
		for _, p := range partners {
			w.same(p)
			w.last = 0
			for _, c := range w.calls(p) {
				if c.Operation == "ProductSet" || c.Operation == "productSet" {
					writes++
				}
			}
		}
		if writes != 20*each {
			t.Errorf("%d products were written, want %d", writes, 20*each)
		}
		w.noOverlap(w.allRuns())
		t.Logf("to sequential in %s, back in %s; %d writes", effect.Round(time.Millisecond), back.Round(time.Millisecond), writes)
	})
}

// TestFairness: partners with a few changes do not wait for those with many,
// though they have all workers. For contrast, without slices they do. With
// AISLES_LONG=1 the large are larger, and there is one worker for contrast too.
func TestFairness(t *testing.T) {
	t.Parallel()
	big, products, small := 2, 300, 8
	if testing.Short() {
		products = 100
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		if os.Getenv("AISLES_LONG") == "1" {
			fairness(t, h, 1, 5000, 19, 4)
			fairness(t, h, 1, 5000, 19, 1)
			fairness(t, h, 4, 5000, 16, 4)
			return
		}
		fairness(t, h, big, products, small, big)
	})
}

func fairness(t *testing.T, h *dbtest.Home, big, products, small, workers int) {
	var bigs, smalls []string
	for i := range big {
		bigs = append(bigs, fmt.Sprint("big", i))
	}
	for i := range small {
		smalls = append(smalls, fmt.Sprint("s", i))
	}
	longest := map[time.Duration]time.Duration{}
	for _, slice := range []time.Duration{time.Millisecond, time.Hour} {
		w := newWorld(t, again(t, h), slices.Concat(bigs, smalls)...)
		for _, p := range bigs {
			w.load(p, feedOf(products, "19.90"), false)
		}
		for _, p := range smalls {
			w.load(p, feedOf(5, "19.90"), false)
		}
		w.control("POST", "faults", map[string]any{"operation": "ProductSet", "kind": "slow", "rate": 1, "latency_ms": 20}, nil)
		_, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{Partners: bigs})
		w.must(err)
		w.mode(aisles.Queued)
		w.background(workers, slice)
		running := func(r aisles.Run) bool { return r.Status == aisles.RunRunning }
		w.until("the big ones run", func() bool {
			return len(slices.DeleteFunc(w.allRuns(), func(r aisles.Run) bool { return !running(r) })) == min(big, workers)
		})
		asked, err := w.ledger.RequestSync(w.Context(), aisles.SyncRequest{Partners: smalls})
		w.must(err)
		w.until("all ended", func() bool { return !slices.ContainsFunc(w.allRuns(), func(r aisles.Run) bool { return !over(r) }) })
		var bigEnded time.Time
		for _, r := range w.allRuns() {
			if slices.Contains(bigs, r.Partner) && r.FinishedAt.After(bigEnded) {
				bigEnded = *r.FinishedAt
			}
		}
		behind := 0
		for _, a := range asked {
			r, err := w.ledger.Run(w.Context(), a.ID)
			w.must(err)
			longest[slice] = max(longest[slice], r.StartedAt.Sub(r.CreatedAt))
			if r.FinishedAt.After(bigEnded) {
				behind++
			}
		}
		if slice < time.Second && behind > 0 {
			t.Errorf("%d of %d small partners waited for the big ones", behind, small)
		}
		for _, p := range slices.Concat(bigs, smalls) {
			w.same(p)
		}
	}
	t.Logf("%d workers, %d partners with %d changes, then %d with 5: these waited %s at most, first in first out %s", workers, big, products, small,
		longest[time.Millisecond].Round(10*time.Millisecond), longest[time.Hour].Round(10*time.Millisecond))
}
