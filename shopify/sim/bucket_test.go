package sim

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// heavy costs 862 points and finds nothing.
const heavy = `{ a: products(first: 250) { nodes { ...P } } b: products(first: 250) { nodes { ...P } } c: products(first: 250) { nodes { ...P } }
 d: products(first: 250) { nodes { ...P } } e: products(first: 250) { nodes { ...P } } f: products(first: 250) { nodes { variants(first: 10) { nodes { id } } } } g: products(first: 1) { nodes { id } } }
 fragment P on Product { variants(first: 250) { nodes { id } } }`

// TestThrottle: sixteen calls at once against a bucket of 4000 points: what
// was requested is reserved, so four pass; afterwards only what they used is
// gone. The bucket fills up again at the plan's rate.
func TestThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, func(shop *Shop) { shop.Plan, shop.LatencyMS = "advanced", 100 })
		cost := post(t, s, heavy, nil).Extensions.Cost.Requested
		time.Sleep(time.Minute)
		var passed, refused atomic.Int32
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				answer, err := tryPost(t, s, heavy, nil)
				switch {
				case err != nil:
					t.Error(err)
				case answer.code() == "THROTTLED":
					refused.Add(1)
				default:
					passed.Add(1)
				}
			})
		}
		wg.Wait()
		if want := int32(4000 / cost); passed.Load() != want || refused.Load() != 16-want {
			t.Errorf("%d passed and %d were throttled at %d points each, want %d to pass", passed.Load(), refused.Load(), cost, want)
		}
		if left := post(t, s, "{ shop { id } }", nil).Extensions.Cost.Throttle.Available; left < 3900 {
			t.Errorf("%g points left: unused ones were not given back", left)
		}
	})
}

// TestThrottledAnswer: the exact answer, and that waiting as it says is
// enough.
func TestThrottledAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t)
		drain(s, 2000)
		got := post(t, s, `{ products(first: 250) { nodes { id } } }`, nil)
		want := `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED","documentation":"https://shopify.dev/api/usage/rate-limits"}}],` +
			`"extensions":{"cost":{"requestedQueryCost":13,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":0,"restoreRate":100.0}}}}`
		if diff := cmp.Diff(want, strings.TrimSpace(got.raw)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got.status != 200 {
			t.Errorf("status %d", got.status)
		}
		time.Sleep(130 * time.Millisecond)
		got = post(t, s, `{ products(first: 250) { nodes { id } } }`, nil)
		want = `{"data":{"products":{"nodes":[]}},` +
			`"extensions":{"cost":{"requestedQueryCost":13,"actualQueryCost":2,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":11,"restoreRate":100.0}}}}`
		if diff := cmp.Diff(want, strings.TrimSpace(got.raw)); diff != "" {
			t.Errorf("after waiting (-want +got):\n%s", diff)
		}
	})
}

// drain takes points out of the shop's bucket.
func drain(s *Server, points int) {
	h := s.shop(testDomain)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bucket.reserve(points, s.clock.now())
}

// TestClockSpeed: at speed 60 a bucket fills 60 times as fast.
func TestClockSpeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t)
		control(t, s, "POST", "/_sim/clock", `{"speed":60}`, 200)
		drain(s, 2000)
		time.Sleep(time.Second / 4)
		if got := post(t, s, "{ shop { id } }", nil).Extensions.Cost.Throttle.Available; got != 1499 {
			t.Errorf("%g points after a quarter of a second at 60, less the one asked for it, want 1499", got)
		}
		before := s.clock.now()
		control(t, s, "POST", "/_sim/clock", `{"speed":1}`, 200)
		if after := s.clock.now(); after.Before(before) {
			t.Errorf("the clock went back from %v to %v", before, after)
		}
		control(t, s, "POST", "/_sim/clock", `{"speed":0}`, 400)
	})
}

// TestPlans: each plan has its bucket; shops do not share it.
func TestPlans(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string][2]float64{"standard": {2000, 100}, "advanced": {4000, 200}, "plus": {20000, 1000}, "enterprise": {40000, 2000}} {
		s := testServer(t, func(shop *Shop) { shop.Plan = plan })
		status := post(t, s, "{ shop { id } }", nil).Extensions.Cost.Throttle
		if got := [2]float64{status.Maximum, status.Rate}; got != want {
			t.Errorf("%s: %v, want %v", plan, got, want)
		}
	}
}
