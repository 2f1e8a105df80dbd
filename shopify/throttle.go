package shopify

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"
)

// Throttle is the budget of one app in one shop: Shopify reserves what a call
// may cost before it runs it, gives back what it did not use, and restores
// points at the rate of the shop's plan
// (https://shopify.dev/docs/api/usage/limits#rate-limits). A Throttle waits
// for points before a call is sent. All it knows comes from answers: it
// assumes no plan.
//
// Calls are served in the order they came. Until the first answer one call at
// a time is sent, and one of each operation until that operation was answered.
//
// A Throttle is made by NewThrottle, safe for concurrent use, and needs no
// closing.
type Throttle struct {
	mu     sync.Mutex
	budget budget
	prices map[string]*price
	queue  []*turn
	timer  *time.Timer
}

// NewThrottle makes a throttle that knows nothing yet.
func NewThrottle() *Throttle {
	return &Throttle{prices: map[string]*price{"": {learnt: true}}} // a turn without a call is free
}

// firstPrice is what a call of an operation that was never answered is taken
// to cost: what Shopify takes for any mutation.
const firstPrice = 10

// price is what is known of an operation's cost, without the points of its
// variables.
type price struct {
	points   float64
	learnt   bool
	inFlight int
}

// turn is a call that waits, or is sent.
type turn struct {
	operation string
	variable  float64 // points its variables ask for, as far as documented
	cost      float64 // points reserved
	since     float64 // points spent before
	ready     chan struct{}
}

// take waits for the turn of a call and reserves its points. Every turn taken
// is to be given back by settle. An error is that of the context. first puts
// the call before all others: it had its turn, and was sent in vain.
func (t *Throttle) take(ctx context.Context, operation string, variable float64, first bool) (*turn, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	w := &turn{operation: operation, variable: variable, ready: make(chan struct{})}
	t.mu.Lock()
	if first {
		t.queue = slices.Insert(t.queue, 0, w)
	} else {
		t.queue = append(t.queue, w)
	}
	t.serve()
	t.mu.Unlock()
	select {
	case <-w.ready:
		return w, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := slices.Index(t.queue, w); i >= 0 {
		t.queue = slices.Delete(t.queue, i, i+1)
		t.serve()
	} else {
		t.release(w, outcome{unsent: true})
	}
	return nil, context.Cause(ctx)
}

// Turn waits until the calls that came before have got their points and left.
// An error is that of the context.
func (t *Throttle) Turn(ctx context.Context) error {
	w, err := t.take(ctx, "", 0, false)
	if err == nil {
		t.settle(w, outcome{unsent: true})
	}
	return err
}

// serve sends those whose turn it is, and sets the timer for the next. The
// lock is held.
func (t *Throttle) serve() {
	now := time.Now()
	for i := 0; i < len(t.queue); {
		w := t.queue[i]
		p := t.price(w.operation)
		if !p.learnt && p.inFlight > 0 {
			i++ // waits for that answer; those behind it need not
			continue
		}
		cost := p.points + math.Ceil(w.variable)
		wait := t.budget.wait(now, cost)
		if wait > 0 {
			t.wake(wait)
			return
		}
		w.cost, w.since = t.budget.reserve(now, cost), t.budget.spent
		p.inFlight++
		t.queue = slices.Delete(t.queue, i, i+1)
		close(w.ready)
	}
}

// wake has serve called again after a time.
func (t *Throttle) wake(after time.Duration) {
	if t.timer != nil {
		t.timer.Stop()
	}
	if after == untilAnswered {
		return
	}
	t.timer = time.AfterFunc(after, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.serve()
	})
}

func (t *Throttle) price(operation string) *price {
	p := t.prices[operation]
	if p == nil {
		p = &price{points: firstPrice}
		t.prices[operation] = p
	}
	return p
}

// settle gives a turn back, with what its answer said.
func (t *Throttle) settle(w *turn, o outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(w, o)
}

func (t *Throttle) release(w *turn, o outcome) {
	p := t.price(w.operation)
	p.inFlight--
	if o.cost != nil && o.cost.Requested > 0 {
		p.points, p.learnt = max(0, o.cost.Requested-math.Floor(w.variable)), true
	}
	t.budget = t.budget.settle(time.Now(), w.cost, w.since, o)
	t.serve()
}

// outcome is what is known of a call after it was sent.
type outcome struct {
	unsent    bool          // it cost nothing: it did not reach Shopify, or was refused
	throttled bool          // refused for its cost
	refused   bool          // refused for coming too fast
	cost      *cost         // what the answer said of costs; nil when nothing
	hold      time.Duration // the answer asks to send nothing that long
}

// cost is extensions.cost of an answer,
// https://shopify.dev/docs/api/usage/limits#graphql-admin-api-rate-limits.
type cost struct {
	Requested float64  `json:"requestedQueryCost"`
	Actual    *float64 `json:"actualQueryCost"` // null when throttled
	Status    struct {
		Maximum   float64 `json:"maximumAvailable"`
		Available float64 `json:"currentlyAvailable"`
		Restore   float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// budget is what is believed of the shop's points. It is a plain value: its
// functions decide, the Throttle waits.
type budget struct {
	known     bool    // an answer said how much there is
	maximum   float64 // points that fit
	rate      float64 // points restored a second
	available float64 // points there at the time below
	at        time.Time
	reserved  float64 // points of calls in flight
	spent     float64 // points of calls that are over, ever
	inFlight  int
	heldUntil time.Time // nothing is to be sent before
}

// untilAnswered is the wait that only an answer ends.
const untilAnswered = time.Duration(math.MaxInt64)

// dust is what adding floats may lose of a point.
const dust = 1e-6

// wait is how long a call of a cost has to wait, 0 when it may be sent.
func (b budget) wait(now time.Time, cost float64) time.Duration {
	held := max(0, b.heldUntil.Sub(now))
	switch {
	case !b.known && b.inFlight > 0:
		return untilAnswered
	case !b.known:
		return held
	}
	missing := min(cost, b.maximum) - b.refilled(now)
	switch {
	case missing <= dust:
		return held
	case b.rate <= 0 && b.inFlight > 0:
		return untilAnswered
	case b.rate <= 0:
		return held // another answer is the only way to learn more
	}
	return max(held, seconds(missing/b.rate))
}

// refilled is how many points are there now.
func (b budget) refilled(now time.Time) float64 {
	elapsed := max(0, now.Sub(b.at).Seconds())
	return min(b.maximum, b.available+elapsed*b.rate)
}

// reserve takes the points of a call and returns how many.
func (b *budget) reserve(now time.Time, cost float64) float64 {
	b.inFlight++
	if b.known {
		cost = min(cost, b.maximum)
		b.available, b.at = b.refilled(now)-cost, now
	}
	b.reserved += cost
	return cost
}

// settle is the budget after a call for which points were reserved, when so
// many had been spent since ever. The answer tells the truth, but of a moment
// at which Shopify may have seen none of the other calls that were in flight
// beside it, or all: within these bounds the own books are kept, since they
// miss none.
func (b budget) settle(now time.Time, reserved, since float64, o outcome) budget {
	b.inFlight--
	unseen := b.spent - since
	b.reserved = max(0, b.reserved-reserved)
	if until := now.Add(o.hold); o.hold > 0 && until.After(b.heldUntil) {
		b.heldUntil = until
	}
	b.available, b.at = b.refilled(now), now
	used := o.used(reserved)
	b.spent += used
	if o.cost == nil || o.cost.Status.Maximum <= 0 {
		b.available = min(b.maximum, b.available+reserved-used)
		return b
	}
	s := o.cost.Status
	own := b.available + reserved - used
	if !b.known {
		own = s.Available
	}
	b.known, b.maximum, b.rate = true, s.Maximum, s.Restore
	b.available = min(s.Available, max(own, s.Available-b.reserved-unseen))
	return b
}

// used is what a call used up, as far as is known, of what was reserved.
func (o outcome) used(reserved float64) float64 {
	switch {
	case o.unsent || o.throttled:
		return 0
	case o.cost != nil && o.cost.Actual != nil:
		return *o.cost.Actual
	}
	return reserved
}

// seconds turns seconds into a duration, rounded up.
func seconds(s float64) time.Duration {
	return time.Duration(math.Ceil(min(s, math.MaxInt32) * float64(time.Second)))
}
