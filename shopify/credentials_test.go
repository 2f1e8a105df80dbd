package shopify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aisles/shopify"
	"aisles/shopify/sim"
)

const secret = "shpss_do_not_print"

// newApp gives a simulated shop with an app, and a client with the app's
// credentials. Answers come in memory, so that time may be virtual.
func newApp(t *testing.T, tokenSeconds int) (*sim.Server, *shopify.Client, shopify.TokenSource) {
	t.Helper()
	server := sim.New(sim.Options{
		Shops:     []sim.Shop{{Domain: domain, ClientID: "app-1", ClientSecret: secret, TokenSeconds: tokenSeconds}},
		OnFailure: func(err error) { t.Errorf("simulator: %v", err) },
	})
	source := sourceOf(t, shopify.ClientCredentials{Shop: domain, ID: "app-1", Secret: secret, Transport: server})
	return server, newClient(t, shopify.Options{Shop: domain, Tokens: source, Transport: server}), source
}

func sourceOf(t *testing.T, c shopify.ClientCredentials) shopify.TokenSource {
	t.Helper()
	source, err := c.Source()
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// grants counts the requests for tokens.
func grants(t *testing.T, server *sim.Server) int {
	t.Helper()
	return strings.Count(control(t, server, "GET", "/_sim/calls", ""), `"kind":"oauth"`)
}

func mustCall(t *testing.T, c *shopify.Client) {
	t.Helper()
	if _, err := c.Shop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestRenewal: a token is asked for once, again when little of its life is
// left, and never used beyond it.
func TestRenewal(t *testing.T) {
	t.Parallel()
	for life, early := range map[int]time.Duration{0: 5 * time.Minute, 86399: 5 * time.Minute, 100: 10 * time.Second} {
		t.Run(fmt.Sprint(life), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, c, _ := newApp(t, life)
				want := func(n int, when string) {
					t.Helper()
					mustCall(t, c)
					if got := grants(t, server); got != n {
						t.Errorf("%s: %d requests for tokens, want %d", when, got, n)
					}
				}
				want(1, "first")
				want(1, "second")
				seconds := life
				if life == 0 {
					seconds = 86399
				}
				time.Sleep(time.Duration(seconds)*time.Second - early - time.Second)
				want(1, "before the renewal")
				time.Sleep(time.Second)
				want(2, "at the renewal")
				time.Sleep(3 * time.Duration(seconds) * time.Second)
				want(3, "long after its end")
			})
		})
	}
}

// TestEarlyRenewalFails: a token serves while it lasts, though the shop gives
// no other at the moment.
func TestEarlyRenewalFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c, _ := newApp(t, 0)
		mustCall(t, c)
		control(t, server, "POST", "/_sim/faults", `{"kind":"http_500","operation":"accessToken"}`)
		time.Sleep((86399 - 200) * time.Second)
		mustCall(t, c)
		mustCall(t, c)
		if got := grants(t, server); got != 2 {
			t.Errorf("%d requests for tokens while the shop fails, want 2", got)
		}
		time.Sleep(30 * time.Second)
		mustCall(t, c)
		if got := grants(t, server); got != 3 {
			t.Errorf("%d requests for tokens after a pause, want 3", got)
		}
		time.Sleep(200 * time.Second)
		if err := tag(t.Context(), c); shopify.Classify(err) != shopify.ClassTemporary {
			t.Errorf("after its end: %v", err)
		}
		control(t, server, "DELETE", "/_sim/faults", "")
		mustCall(t, c)
	})
}

// TestRevoked: many callers meet a dead token and one request gets another.
func TestRevoked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c, source := newApp(t, 0)
		mustCall(t, c)
		control(t, server, "POST", "/_sim/shops/"+domain+"/revoke", "{}")
		dead, err := source(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { mustCall(t, c) })
		}
		for range 20 {
			wg.Go(func() {
				if got, err := source(t.Context(), dead); err != nil || got == dead {
					t.Errorf("renewed %v: %v", got != dead, err)
				}
			})
		}
		wg.Wait()
		if got := grants(t, server); got != 2 {
			t.Errorf("%d requests for tokens, want 2", got)
		}
		if got, err := source(t.Context(), dead); err != nil || got == dead || grants(t, server) != 2 {
			t.Errorf("who comes late: %v, %d requests", err, grants(t, server))
		}
	})
}

// TestFirstCallerLeaves: a caller that gives up does not take the renewal away
// from the others, and one without time does not wait for it.
func TestFirstCallerLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, c, source := newApp(t, 0)
		control(t, server, "POST", "/_sim/faults", `{"kind":"slow","latency_ms":5000}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := source(ctx, ""); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("who has no time: %v after %s", err, time.Since(start))
		}
		mustCall(t, c)
		if got := grants(t, server); got != 1 {
			t.Errorf("%d requests for tokens, want 1", got)
		}
	})
}

// TestGrantFails: what passes is tried again as calls are, what does not is
// about the shop and said in plain words; neither tells the secret.
func TestGrantFails(t *testing.T) {
	t.Parallel()
	answers := func(status int, body string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) { return respond(r, status, body), nil }
	}
	leaks := `<p>Oauth error invalid_client: no ` + secret + `</p>`
	tests := []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		want   shopify.Class
		tries  int
		words  string
	}{
		{"not permitted", answers(400, `{"error":"shop_not_permitted","error_description":"Client credentials cannot be performed on this shop."}`), shopify.ClassShop, 1, "not installed in the shop"},
		{"a page", answers(400, leaks), shopify.ClassShop, 1, "the client secret is not this app's"},
		{"unknown code", answers(400, `{"error":"invalid_request"}`), shopify.ClassShop, 1, "shopify answered 400 invalid_request"},
		{"no words", answers(403, ``), shopify.ClassShop, 1, "Forbidden"},
		{"frozen", answers(402, `{"errors":"Unavailable Shop"}`), shopify.ClassShop, 1, "Unavailable Shop"},
		{"elsewhere", answers(302, ``), shopify.ClassShop, 1, "Found"},
		{"too large", answers(413, ``), shopify.ClassShop, 1, "413"},
		{"too many", answers(429, `{"errors":"Slow down"}`), shopify.ClassTemporary, 5, "Slow down"},
		{"broken", answers(503, leaks), shopify.ClassTemporary, 5, "503"},
		{"no token", answers(200, `{"scope":""}`), shopify.ClassTemporary, 5, "without an access token"},
		{"half a token", answers(200, `{"access_token":"`+token), shopify.ClassTemporary, 5, "without an access token"},
		{"not a token", answers(200, `{"access_token":"`+token+` x"}`), shopify.ClassTemporary, 5, "without an access token"},
		{"offline", func(*http.Request) (*http.Response, error) { return nil, errors.New("no route for " + secret) }, shopify.ClassTemporary, 5, "no route for [token]"},
		{"breaks off", func(r *http.Request) (*http.Response, error) {
			res := respond(r, 200, "")
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"access_token":"`+token), brokenReader{}))
			return res, nil
		}, shopify.ClassTemporary, 5, "unexpected EOF"},
		{"hangs", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, shopify.ClassTemporary, 5, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var tries atomic.Int64 // a caller may leave before its renewal ends
				shop := transport(func(r *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(r.URL.Path, "/admin/oauth/access_token") {
						t.Errorf("sent to %s", r.URL)
					}
					tries.Add(1)
					return tt.answer(r)
				})
				source := sourceOf(t, shopify.ClientCredentials{Shop: domain, ID: "app-1", Secret: secret, Transport: shop})
				c := newClient(t, shopify.Options{Shop: domain, Tokens: source, Transport: shop})
				err := tag(t.Context(), c) // a write: it was not sent, whatever became of the token
				if shopify.Classify(err) != tt.want || int(tries.Load()) != tt.tries || !strings.Contains(err.Error(), tt.words) {
					t.Errorf("%v (%s) after %d tries, want %s after %d", err, shopify.Classify(err), tries.Load(), tt.want, tt.tries)
				}
				var refused *shopify.GrantError
				if errors.As(err, &refused) != (tt.want == shopify.ClassShop) {
					t.Errorf("%T", err)
				}
				secretive(t, err)
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the secret is in %q", err)
				}
			})
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestCredentialsStaySecret: they print without the secret, and what they lack
// is told before anything is sent.
func TestCredentialsStaySecret(t *testing.T) {
	t.Parallel()
	c := shopify.ClientCredentials{Shop: domain, ID: "app-1", Secret: secret}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credentials", c)
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%#v %+v %s %x", c, &c, c, c), log.String(), string(raw)} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("the secret is in %s", text)
		}
	}
	for name, change := range map[string]func(*shopify.ClientCredentials){
		"no domain":        func(c *shopify.ClientCredentials) { c.Shop = "a/b" },
		"no URL":           func(c *shopify.ClientCredentials) { c.Endpoint = "ftp://x" },
		"id":               func(c *shopify.ClientCredentials) { c.ID = "" },
		"empty secret":     func(c *shopify.ClientCredentials) { c.Secret = "" },
		"secret of 2 line": func(c *shopify.ClientCredentials) { c.Secret = secret + "\n" + secret },
	} {
		wrong := c
		change(&wrong)
		if source, err := wrong.Source(); err == nil || source != nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
