package shopify

import (
	"context"
	"testing"
	"time"
)

// TestWait: the decision when a call may be sent.
func TestWait(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	known := budget{known: true, maximum: 2000, rate: 100, available: 50, at: start}
	with := func(change func(*budget)) budget {
		b := known
		change(&b)
		return b
	}
	tests := []struct {
		name   string
		budget budget
		after  time.Duration
		cost   float64
		want   time.Duration
	}{
		{"nothing known, nothing in flight", budget{}, 0, 10, 0},
		{"nothing known, one in flight", budget{inFlight: 1}, time.Hour, 10, untilAnswered},
		{"nothing known, held", budget{heldUntil: start.Add(2 * time.Second)}, time.Second, 10, time.Second},
		{"enough", known, 0, 50, 0},
		{"too little", known, 0, 60, 100 * time.Millisecond},
		{"half restored", known, 50 * time.Millisecond, 60, 50 * time.Millisecond},
		{"restored", known, 100 * time.Millisecond, 60, 0},
		{"half a point missing", known, 0, 50.5, 5 * time.Millisecond},
		{"dust is no reason to wait", known, 0, 50 + 1e-7, 0},
		{"the clock goes back", known, -time.Second, 60, 100 * time.Millisecond},
		{"never more than fits", known, time.Hour, 2000, 0},
		{"more than fits asks for all", known, 0, 5000, 19500 * time.Millisecond},
		{"in debt", with(func(b *budget) { b.available = -40 }), 0, 10, 500 * time.Millisecond},
		{"the measured case", with(func(b *budget) { b.available, b.rate, b.maximum = 572, 200, 4000 }), 0, 862, 1450 * time.Millisecond},
		{"held longer than missing", with(func(b *budget) { b.heldUntil = start.Add(time.Second) }), 0, 60, time.Second},
		{"held shorter than missing", with(func(b *budget) { b.heldUntil = start.Add(time.Millisecond) }), 0, 60, 100 * time.Millisecond},
		{"hold is over", with(func(b *budget) { b.heldUntil = start }), time.Second, 60, 0},
		{"nothing is restored, one in flight", with(func(b *budget) { b.rate, b.inFlight = 0, 1 }), time.Hour, 60, untilAnswered},
		{"nothing is restored, nothing in flight", with(func(b *budget) { b.rate = 0 }), time.Hour, 60, 0},
	}
	for _, tt := range tests {
		if got := tt.budget.wait(start.Add(tt.after), tt.cost); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestSettle: what is believed after an answer.
func TestSettle(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	said := func(requested, actual, available float64) *cost {
		c := &cost{Requested: requested, Actual: &actual}
		c.Status.Maximum, c.Status.Available, c.Status.Restore = 1000, available, 50
		return c
	}
	busy := budget{known: true, maximum: 1000, rate: 50, available: 400, at: now, reserved: 130, spent: 5000, inFlight: 3}
	crossed := busy
	crossed.spent += 70 // by calls sent later, and answered before
	throttled := said(30, 0, 20)
	throttled.Actual = nil
	tests := []struct {
		name     string
		budget   budget
		reserved float64
		outcome  outcome
		want     float64 // available
		known    bool
	}{
		{"the first answer is believed", budget{inFlight: 1, reserved: 10, at: now}, 10, outcome{cost: said(10, 10, 990)}, 990, true},
		{"no answer teaches nothing", budget{inFlight: 1, reserved: 10, at: now}, 10, outcome{}, 0, false},
		{"as booked", busy, 30, outcome{cost: said(30, 30, 400)}, 400, true},
		{"less than requested comes back", busy, 30, outcome{cost: said(30, 10, 500)}, 420, true},
		{"more than reserved is gone", busy, 10, outcome{cost: said(30, 30, 500)}, 380, true},
		{"somebody else spends", busy, 30, outcome{cost: said(30, 30, 100)}, 100, true},
		{"more is there than all in flight can cost", busy, 30, outcome{cost: said(30, 30, 900)}, 800, true},
		{"so it is when answers cross", crossed, 30, outcome{cost: said(30, 30, 900)}, 730, true},
		{"an old answer brings nothing back", crossed, 30, outcome{cost: said(30, 30, 560)}, 400, true},
		{"throttled: nothing was used", busy, 30, outcome{cost: throttled, throttled: true}, 20, true},
		{"never sent: all comes back", busy, 30, outcome{unsent: true}, 430, true},
		{"no answer: it may be spent", busy, 30, outcome{}, 400, true},
		{"figures of no plan are not believed", busy, 30, outcome{cost: &cost{Requested: 30}}, 400, true},
		{"nothing comes back beyond what fits", func() budget { b := busy; b.available = 990; return b }(), 30, outcome{unsent: true}, 1000, true},
	}
	for _, tt := range tests {
		got := tt.budget.settle(now, tt.reserved, min(tt.budget.spent, 5000), tt.outcome)
		if got.available != tt.want || got.known != tt.known || got.inFlight != tt.budget.inFlight-1 || got.reserved != tt.budget.reserved-tt.reserved {
			t.Errorf("%s: %+v, want %g available", tt.name, got, tt.want)
		}
		if tt.outcome.cost != nil && tt.outcome.cost.Status.Maximum > 0 && (got.rate != 50 || got.maximum != 1000) {
			t.Errorf("%s: believes %g of %g points a second", tt.name, got.rate, got.maximum)
		}
	}
}

// BenchmarkThrottle is what a call costs that need not wait: its turn, and the
// answer's figures.
func BenchmarkThrottle(b *testing.B) {
	for name, run := range map[string]func(*testing.B, func()){
		"one caller": func(b *testing.B, call func()) {
			for b.Loop() {
				call()
			}
		},
		"many callers": func(b *testing.B, call func()) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					call()
				}
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			t := NewThrottle()
			used := 10.0
			said := &cost{Requested: 10, Actual: &used}
			said.Status.Maximum, said.Status.Available, said.Status.Restore = 1e9, 1e9, 1e9
			b.ReportAllocs()
			run(b, func() {
				turn, err := t.take(context.Background(), "ProductSet", 1.2, false)
				if err != nil {
					b.Error(err)
					return
				}
				t.settle(turn, outcome{cost: said})
			})
		})
	}
}

// BenchmarkQueue is what the next turn costs while a thousand calls wait.
func BenchmarkQueue(b *testing.B) {
	t := NewThrottle()
	t.budget = budget{known: true, maximum: 1000, rate: 1, at: time.Now()}
	t.price("TagsAdd").learnt = true
	for range 1000 {
		t.queue = append(t.queue, &turn{operation: "TagsAdd", variable: 1000, ready: make(chan struct{})})
	}
	gone, cancel := context.WithCancel(context.Background())
	b.ReportAllocs()
	for b.Loop() {
		t.mu.Lock()
		t.serve()
		t.mu.Unlock()
	}
	cancel()
	if _, err := t.take(gone, "TagsAdd", 0, false); err == nil {
		b.Error("took a turn for a call that is gone")
	}
}
