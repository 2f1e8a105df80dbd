package phido

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/shopify"
)

// TestNextTry: as long as the pause has lasted, within bounds, and no earlier
// than the connection's own interval.
func TestNextTry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		lasted, interval, want time.Duration
	}{
		{-1, time.Hour, time.Hour}, // not paused yet
		{0, time.Minute, time.Hour},
		{90 * time.Minute, time.Minute, 90 * time.Minute},
		{23 * time.Hour, time.Hour, 23 * time.Hour},
		{100 * time.Hour, time.Hour, 24 * time.Hour},
		{0, 12 * time.Hour, 12 * time.Hour},
		{100 * time.Hour, 72 * time.Hour, 72 * time.Hour},
	} {
		c := aisles.Connection{IntervalSeconds: int(tt.interval / time.Second)}
		if tt.lasted >= 0 {
			c.Paused = &aisles.Pause{Since: now.Add(-tt.lasted)}
		}
		if got := nextTry(now, c).Sub(now); got != tt.want {
			t.Errorf("paused for %s, every %s: in %s, want %s", tt.lasted, tt.interval, got, tt.want)
		}
	}
}

// TestNotPausing: what passes by itself, is about one product or one scope, or
// is not known, pauses nothing.
func TestNotPausing(t *testing.T) {
	t.Parallel()
	status := func(n int) *shopify.APIError { return &shopify.APIError{Status: n} }
	for _, err := range []error{
		nil, context.Canceled, errors.New("the ledger is away"),
		status(403), status(429), status(500), status(413), &shopify.APIError{Status: 200, Code: "ACCESS_DENIED"},
		&shopify.ThrottledError{}, &shopify.UserErrors{Errors: []shopify.UserError{{Code: "INVALID"}}},
		&shopify.UnknownOutcomeError{Err: status(402)}, fmt.Errorf("ask for an access token: %w", status(503)),
	} {
		if got := pausing(err, aisles.Connection{}); got != "" {
			t.Errorf("%v: %q", err, got)
		}
	}
	if got := pausing(errors.Join(fmt.Errorf("Shop: %w", status(423)), nil), aisles.Connection{}); got == "" {
		t.Error("a locked shop is not paused")
	}
}
