package shopify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aisles/shopify"
)

// bucketShop answers in memory as a shop of a budget does: it reserves what a
// call is said to cost, works for a while, gives back what it did not use.
type bucketShop struct {
	size, rate   float64
	latency      time.Duration
	back         func(n int) time.Duration // the way of an answer; nil is none
	price, spent func(operation string, n int) float64

	mu        sync.Mutex
	available float64
	at        time.Time
	requests  int
	refused   int
	served    []string // names of operations, in the order they came
	running   int      // requests now
	most      int      // requests at once
}

func (b *bucketShop) refill() {
	now := time.Now()
	b.available, b.at = min(b.size, b.available+now.Sub(b.at).Seconds()*b.rate), now
}

func (b *bucketShop) take(operation string) (cost float64, n int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	b.requests++
	n, cost = b.requests, b.price(operation, b.requests)
	if ok = cost <= b.available+1e-6; !ok {
		b.refused++
		return cost, n, false
	}
	b.available -= cost
	b.served = append(b.served, operation)
	b.running++
	b.most = max(b.most, b.running)
	return cost, n, true
}

func (b *bucketShop) RoundTrip(r *http.Request) (*http.Response, error) {
	var body struct{ OperationName string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, err
	}
	cost, n, ok := b.take(body.OperationName)
	time.Sleep(b.latency)
	if b.back != nil {
		defer time.Sleep(b.back(n))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refill()
	if !ok {
		return b.answer(r, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]`, cost, "null"), nil
	}
	used := cost
	if b.spent != nil {
		used = b.spent(body.OperationName, n)
	}
	b.running--
	b.available = min(b.size, b.available+cost-used)
	root := map[string]string{"TagsAdd": "tagsAdd", "TagsRemove": "tagsRemove", "Shop": "shop"}[body.OperationName]
	return b.answer(r, fmt.Sprintf(`{"data":{%q:{"userErrors":[]}}`, root), cost, fmt.Sprint(used)), nil
}

func (b *bucketShop) answer(r *http.Request, start string, cost float64, actual string) *http.Response {
	return respond(r, 200, fmt.Sprintf(`%s,"extensions":{"cost":{"requestedQueryCost":%g,"actualQueryCost":%s,"throttleStatus":{"maximumAvailable":%g,"currentlyAvailable":%d,"restoreRate":%g}}}}`,
		start, cost, actual, b.size, int(b.available), b.rate))
}

// seen tells how many requests came, and how many were there at once.
func (b *bucketShop) seen() (requests, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.requests, b.most
}

// newBucketShop is full. Every call costs 10 points.
func newBucketShop(size, rate float64, latency time.Duration) *bucketShop {
	return &bucketShop{size: size, rate: rate, latency: latency, available: size, at: time.Now(), price: func(string, int) float64 { return 10 }}
}

// tag sends a cheap write.
func tag(ctx context.Context, c *shopify.Client) error {
	_, err := c.TagsAdd(ctx, shopify.TagsAddVariables{ID: "gid://shopify/Product/1", Tags: []string{"a"}})
	return err
}

// each runs n calls on a number of workers.
func each(t *testing.T, workers, n int, do func() error) {
	t.Helper()
	work := make(chan struct{}, n)
	for range n {
		work <- struct{}{}
	}
	close(work)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range work {
				if err := do(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestPace: as fast as the budget allows, and next to no refusals.
func TestPace(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		change   func(*bucketShop)
		requests int
		within   time.Duration
	}{
		{"ten points each", func(*bucketShop) {}, 303, 10300 * time.Millisecond},
		{"half of it comes back", func(b *bucketShop) {
			b.price = func(string, int) float64 { return 20 }
			b.spent = func(string, int) float64 { return 10 }
		}, 303, 10400 * time.Millisecond},
		{"dearer than any first guess", func(b *bucketShop) {
			b.price = func(string, int) float64 { return 300 }
			b.spent = func(string, int) float64 { return 10 }
		}, 303, 16 * time.Second}, // each needs 300 points to be there
		{"nothing there at first", func(b *bucketShop) { b.available = 0 }, 303, 15300 * time.Millisecond},
		{"answers cross", func(b *bucketShop) {
			b.back = func(n int) time.Duration { return time.Duration(n*7%11) * 20 * time.Millisecond }
		}, 303, 10700 * time.Millisecond},
		{"twice the rate", func(b *bucketShop) { b.rate = 400 }, 303, 5300 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shop := newBucketShop(1000, 200, 60*time.Millisecond)
				tt.change(shop)
				c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: shop})
				start := time.Now()
				each(t, 8, 300, func() error { return tag(t.Context(), c) })
				took := time.Since(start)
				if len(shop.served) != 300 || shop.requests > tt.requests || took > tt.within {
					t.Errorf("%d delivered by %d requests in %s, want 300 by at most %d in %s", len(shop.served), shop.requests, took, tt.requests, tt.within)
				}
				t.Logf("%d requests, %d refused, %s", shop.requests, shop.refused, took)
			})
		})
	}
}

// failing answers every 40th request never, and every 20th other with 503.
type failing struct {
	*bucketShop
	requests, hung, refused atomic.Int64
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	switch n := f.requests.Add(1); {
	case n%40 == 0:
		f.hung.Add(1)
		<-r.Context().Done()
		return nil, r.Context().Err()
	case n%20 == 0:
		f.refused.Add(1)
		time.Sleep(f.latency)
		return respond(r, http.StatusServiceUnavailable, "<html>busy</html>"), nil
	}
	return f.bucketShop.RoundTrip(r)
}

// TestPaceWithFaults: calls that hang or are answered 503 cost time and no
// worker; all arrive. A caller who gives up while some hang, and some wait for
// points, is free at once.
func TestPaceWithFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := &failing{bucketShop: newBucketShop(1000, 200, 60*time.Millisecond)}
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: shop, AttemptTimeout: 10 * time.Second})
		start := time.Now()
		each(t, 8, 300, func() error { return tag(t.Context(), c) })
		took := time.Since(start)
		if n := len(shop.served); n != 300 || shop.hung.Load() < 7 || shop.refused.Load() < 7 || took > 30*time.Second {
			t.Errorf("%d delivered in %s", n, took)
		}
		t.Logf("300 delivered by %d requests, %d hung, %d answered 503, %d throttled, in %s", shop.requests.Load(), shop.hung.Load(), shop.refused.Load(), shop.bucketShop.refused, took)

		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for ctx.Err() == nil {
					_ = tag(ctx, c) // ends with the context
				}
			})
		}
		time.Sleep(10*time.Second + time.Millisecond)
		start = time.Now()
		cancel()
		wg.Wait()
		if took := time.Since(start); took > time.Second {
			t.Errorf("free %s after the end", took)
		} else {
			t.Logf("free %s after the end", took)
		}
	})
}

// TestPaceSimulated: the same against the simulator's own reading of the
// rules, with writes of different prices. What is bound to fail is refused.
func TestPaceSimulated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var requests, throttled int
		var points float64
		_, c := newShop(t, func(o *shopify.Options) {
			o.Observe = func(call shopify.Call) {
				mu.Lock()
				defer mu.Unlock()
				requests++
				points += call.Actual
				if call.Throttled {
					throttled++
				}
			}
		})
		start := time.Now()
		var n atomic.Int64
		each(t, 8, 400, func() error {
			v := tee()
			handle := fmt.Sprintf("tee-%d", n.Add(1))
			v.Identifier = shopify.Value(shopify.ProductSetIdentifiers{Handle: shopify.Value(handle)})
			v.Input.Handle = shopify.Value(handle)
			if n.Load()%2 == 0 {
				v.Input.Metafields = shopify.Value([]shopify.MetafieldInput{{Namespace: shopify.Value("custom"), Key: shopify.Value("care"), Type: shopify.Value("single_line_text_field"), Value: shopify.Value("wash")}})
			}
			_, err := c.ProductSet(t.Context(), v)
			return err
		})
		took := time.Since(start)
		ideal := time.Duration((points - 2000) / 100 * float64(time.Second)) // a standard shop's bucket and rate
		if requests != 400 || throttled != 0 || points < 4000 || took > ideal*103/100 {
			t.Errorf("%d requests, %d throttled, %g points in %s, ideal is %s", requests, throttled, points, took, ideal)
		}
		t.Logf("%d requests, %d throttled, %g points in %s, ideal is %s", requests, throttled, points, took, ideal)
	})
}

// TestShared: clients that share a throttle keep to one budget, in the order
// the calls came; clients that do not are refused and still arrive.
func TestShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newBucketShop(100, 100, 20*time.Millisecond)
		throttle := shopify.NewThrottle()
		o := shopify.Options{Shop: domain, Token: token, Transport: shop, Throttle: throttle}
		a, b := newClient(t, o), newClient(t, o)
		var wg sync.WaitGroup
		wg.Go(func() { each(t, 4, 50, func() error { return tag(t.Context(), a) }) })
		wg.Go(func() { each(t, 4, 50, func() error { return tag(t.Context(), b) }) })
		wg.Wait()
		if shop.refused != 0 || len(shop.served) != 100 {
			t.Errorf("shared: %d refused, %d served", shop.refused, len(shop.served))
		}

		other := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: shop})
		shop.served = nil
		wg.Go(func() { each(t, 4, 50, func() error { return tag(t.Context(), a) }) })
		wg.Go(func() { each(t, 4, 50, func() error { return tag(t.Context(), other) }) })
		wg.Wait()
		if len(shop.served) != 100 {
			t.Errorf("apart: %d served", len(shop.served))
		}
	})
}

// TestTurns: one call until the first answer, one of each operation until its
// own; then first come, first served, a dear call among cheap ones too.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newBucketShop(100, 10, time.Second)
		shop.price = func(operation string, _ int) float64 {
			return map[string]float64{"TagsAdd": 10, "TagsRemove": 90}[operation]
		}
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: shop})
		untag := func() {
			if _, err := c.TagsRemove(t.Context(), shopify.TagsRemoveVariables{ID: "gid://shopify/Product/1", Tags: []string{"a"}}); err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() { _ = tag(t.Context(), c) })
		}
		synctest.Wait()
		if requests, _ := shop.seen(); requests != 1 {
			t.Errorf("%d requests before the first answer", requests)
		}
		time.Sleep(1500 * time.Millisecond)
		if requests, most := shop.seen(); requests != 3 || most != 2 {
			t.Errorf("%d requests, %d at once, after the first answer", requests, most)
		}
		wg.Wait()
		untag() // teaches its price
		time.Sleep(20 * time.Second)
		shop.served = nil
		for _, do := range []func(){func() { _ = tag(t.Context(), c) }, untag, func() { _ = tag(t.Context(), c) }, untag, func() { _ = tag(t.Context(), c) }} {
			wg.Go(do)
			synctest.Wait()
		}
		wg.Wait()
		if want := []string{"TagsAdd", "TagsRemove", "TagsAdd", "TagsRemove", "TagsAdd"}; !slices.Equal(shop.served, want) {
			t.Errorf("served %v, want %v", shop.served, want)
		}
	})
}

// TestLeaveQueue: who gives up waiting leaves at once, and nobody waits longer
// for it.
func TestLeaveQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shop := newBucketShop(100, 1, time.Millisecond)
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: shop})
		for range 10 {
			if err := tag(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("stopped by a person")
		gone := make(chan error, 1)
		go func() { gone <- tag(ctx, c) }()
		synctest.Wait()
		done := make(chan error, 1)
		go func() { done <- tag(t.Context(), c) }()
		time.Sleep(time.Second)
		cancel(reason)
		if err := <-gone; !errors.Is(err, reason) || time.Since(start) != time.Second {
			t.Errorf("left after %s with %v", time.Since(start), err)
		}
		if err := <-done; err != nil || time.Since(start) > 11*time.Second {
			t.Errorf("served after %s, %v", time.Since(start), err)
		}
		if err := tag(ctx, c); !errors.Is(err, reason) || shop.requests != 11 {
			t.Errorf("%v after %d requests", err, shop.requests)
		}
	})
}

// TestTooManyRequests: 429 stops all calls as long as Retry-After says, which
// is in decimal seconds.
func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var sent []time.Duration
		var mu sync.Mutex
		c := newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, time.Since(start))
			if len(sent) == 2 {
				return respond(r, 429, `{"errors":"Exceeded 4 calls per second for api client."}`, "retry-after", "2.5"), nil
			}
			raw, err := io.ReadAll(r.Body)
			if err != nil || !bytes.Contains(raw, []byte("query Shop")) {
				t.Errorf("body %q, %v", raw, err)
			}
			return respond(r, 200, shopAnswer), nil
		})})
		shop := func() error { _, err := c.Shop(t.Context()); return err }
		if err := shop(); err != nil {
			t.Fatal(err)
		}
		each(t, 1, 1, shop)
		each(t, 3, 3, shop)
		if len(sent) != 6 || sent[1] != 0 || slices.Min(sent[2:]) != 2500*time.Millisecond {
			t.Errorf("sent at %v", sent)
		}
	})
}
