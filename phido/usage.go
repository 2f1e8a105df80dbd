package phido

import (
	"sync"

	"aisles/shopify"
)

// usage adds up what a run costs its shop. A request that is sent again counts
// again.
type usage struct {
	mu        sync.Mutex
	calls     int
	points    float64
	throttled int
}

func (u *usage) observe(c shopify.Call) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	u.points += c.Actual
	if c.Throttled {
		u.throttled++
	}
}

// take gives what was added up since the last take.
func (u *usage) take() (calls int, points float64, throttled int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	calls, points, throttled = u.calls, u.points, u.throttled
	u.calls, u.points, u.throttled = 0, 0, 0
	return calls, points, throttled
}
