package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aisles/shopify"
)

// vault gives a shop's tokens one after the other, and knows which is good.
type vault struct {
	mu      sync.Mutex
	tokens  []string
	asked   []string // refused tokens it was told of
	good    string
	arrived []string // tokens the shop saw
}

func (v *vault) token(_ context.Context, refused string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if refused != "" {
		v.asked = append(v.asked, refused)
	}
	if refused == v.tokens[0] && len(v.tokens) > 1 {
		v.tokens = v.tokens[1:]
	}
	return v.tokens[0], nil
}

func (v *vault) RoundTrip(r *http.Request) (*http.Response, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	got := r.Header.Get("X-Shopify-Access-Token")
	v.arrived = append(v.arrived, got)
	if got != v.good {
		return respond(r, 401, `{"errors":"[API] Invalid API key or access token `+got+`"}`), nil
	}
	return respond(r, 200, shopAnswer), nil
}

// TestTokens: a refused token is replaced once in a call, writes included, and
// at once; without another the refusal stands.
func TestTokens(t *testing.T) {
	t.Parallel()
	const a, b, c = "shpat_a", "shpat_b", "shpat_c"
	tests := []struct {
		name    string
		tokens  []string
		good    string
		asked   []string
		arrived []string
		want    shopify.Class
	}{
		{"good", []string{a}, a, nil, []string{a}, shopify.ClassNone},
		{"expired", []string{a, b}, b, []string{a}, []string{a, b}, shopify.ClassNone},
		{"no other", []string{a}, b, []string{a}, []string{a}, shopify.ClassShop},
		{"the other is none either", []string{a, b, c}, c, []string{a}, []string{a, b}, shopify.ClassShop},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := &vault{tokens: tt.tokens, good: tt.good}
				c := newClient(t, shopify.Options{Shop: domain, Tokens: v.token, Transport: v})
				start := time.Now()
				_, err := c.Shop(t.Context())
				if shopify.Classify(err) != tt.want || time.Since(start) != 0 {
					t.Errorf("%v after %s", err, time.Since(start))
				}
				if !slices.Equal(v.asked, tt.asked) || !slices.Equal(v.arrived, tt.arrived) {
					t.Errorf("asked with %v, want %v; arrived %v, want %v", v.asked, tt.asked, v.arrived, tt.arrived)
				}
				var api *shopify.APIError
				if errors.As(err, &api) && api.Message != "[API] Invalid API key or access token [token]" {
					t.Errorf("tells %q", api.Message)
				}
			})
		})
	}
}

// TestTokenSourceFails: what a source cannot give is not sent, its error is
// the call's, and it has no more time than an attempt.
func TestTokenSourceFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		never := transport(func(*http.Request) (*http.Response, error) {
			t.Error("a request was sent")
			return nil, errors.New("unexpected")
		})
		down := errors.New("vault is sealed")
		for _, tt := range []struct {
			source shopify.TokenSource
			want   error
		}{
			{func(context.Context, string) (string, error) { return "", down }, down},
			{func(ctx context.Context, _ string) (string, error) { <-ctx.Done(); return "", ctx.Err() }, context.DeadlineExceeded},
			{func(context.Context, string) (string, error) { return token + "\n", nil }, nil},
			{func(context.Context, string) (string, error) { return "", nil }, nil},
		} {
			start := time.Now()
			err := tag(t.Context(), newClient(t, shopify.Options{Shop: domain, Tokens: tt.source, Transport: never}))
			if err == nil || (tt.want != nil && !errors.Is(err, tt.want)) || shopify.Classify(err) != shopify.ClassTemporary || time.Since(start) > shopify.DefaultAttemptTimeout {
				t.Errorf("%v after %s, want %v", err, time.Since(start), tt.want)
			}
			secretive(t, err)
		}
		gone := fmt.Errorf("renew: %w", &shopify.APIError{Status: 401, Message: "uninstalled"})
		c := newClient(t, shopify.Options{Shop: domain, Transport: never, Tokens: func(context.Context, string) (string, error) { return "", gone }})
		if err := tag(t.Context(), c); shopify.Classify(err) != shopify.ClassShop {
			t.Errorf("%v", err)
		}
	})
}
