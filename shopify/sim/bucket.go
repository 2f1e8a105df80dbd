package sim

import (
	"math"
	"strconv"
	"time"
)

// tariff is what a plan allows: points in the bucket, and points restored per
// second.
type tariff struct{ size, restore float64 }

// tariffs by plan, https://shopify.dev/docs/api/usage/limits#rate-limits.
// Shopify publishes the rates; the bucket is 20 times the rate wherever it was
// seen.
var tariffs = map[string]tariff{
	"standard":   {2000, 100},
	"advanced":   {4000, 200},
	"plus":       {20000, 1000},
	"enterprise": {40000, 2000},
}

// bucket is the cost budget of one app in one shop. It is not safe for use by
// several goroutines.
type bucket struct {
	tariff
	available float64
	at        time.Time
}

func newBucket(t tariff, now time.Time) *bucket { return &bucket{t, t.size, now} }

// dust is what floating point may lose of whole points.
const dust = 1e-6

// refill adds what was restored since the last look.
func (b *bucket) refill(now time.Time) {
	if elapsed := now.Sub(b.at).Seconds(); elapsed > 0 {
		b.available = math.Min(b.size, b.available+elapsed*b.restore)
		b.at = now
	}
}

// reserve takes the requested cost before a request runs; ok is false, and
// nothing is taken, when there is less.
func (b *bucket) reserve(cost int, now time.Time) (ok bool) {
	b.refill(now)
	if float64(cost) > b.available+dust {
		return false
	}
	b.available -= float64(cost)
	return true
}

// refund gives back what was reserved and not used.
func (b *bucket) refund(points int, now time.Time) {
	b.refill(now)
	b.available = math.Min(b.size, b.available+float64(points))
}

// status is the answer's throttleStatus.
func (b *bucket) status(now time.Time) throttleStatus {
	b.refill(now)
	return throttleStatus{floatJSON(b.size), math.Floor(max(0, b.available) + dust), floatJSON(b.restore)}
}

type throttleStatus struct {
	MaximumAvailable   floatJSON `json:"maximumAvailable"`
	CurrentlyAvailable float64   `json:"currentlyAvailable"`
	RestoreRate        floatJSON `json:"restoreRate"`
}

// costJSON is extensions.cost of an answer.
type costJSON struct {
	RequestedQueryCost int            `json:"requestedQueryCost"`
	ActualQueryCost    *int           `json:"actualQueryCost"`
	ThrottleStatus     throttleStatus `json:"throttleStatus"`
}

// floatJSON is written with a decimal point, as Shopify writes the plan's
// figures: 2000.0.
type floatJSON float64

// MarshalJSON writes the number with at least one decimal.
func (f floatJSON) MarshalJSON() ([]byte, error) {
	if f == floatJSON(math.Trunc(float64(f))) {
		return []byte(strconv.FormatFloat(float64(f), 'f', -1, 64) + ".0"), nil
	}
	return []byte(strconv.FormatFloat(float64(f), 'f', -1, 64)), nil
}
