package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/client"
)

// flaky fails the first requests, then lets them through to the API.
type flaky struct {
	left atomic.Int64
	fail func(http.ResponseWriter)
	keys struct {
		sync.Mutex
		seen []string
	}
}

func (f *flaky) between(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.keys.Lock()
		f.keys.seen = append(f.keys.seen, r.Header.Get("Idempotency-Key"))
		f.keys.Unlock()
		if f.left.Add(-1) >= 0 {
			f.fail(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestRetries(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(http.ResponseWriter){"503": status(503), "502": status(502), "429": status(429), "hang up": hangUp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &flaky{fail: fail}
			w := newWorld(t, f.between)
			var requests atomic.Int64
			c, ctx := w.operator().Counting(&requests), t.Context()
			for what, call := range map[string]func() error{
				"get": func() error { _, err := c.Partner(ctx, "acme"); return err },
				"put": func() error {
					_, err := c.PutProducts(ctx, "acme", []aisles.Patch{product("a", "A")}, false)
					return err
				},
				"batch": func() error { _, err := c.BatchGet(ctx, []aisles.Ref{{Partner: "acme", Key: "a"}}, nil); return err },
				"post":  func() error { _, err := c.CreatePartner(ctx, aisles.Partner{Key: "new"}); return err },
			} {
				requests.Store(0)
				f.left.Store(1)
				// On a connection that was used before, net/http repeats a
				// request without an answer by itself.
				n := int64(2)
				if err := call(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if name == "hang up" {
					n = min(n, requests.Load())
				}
				if requests.Load() != n {
					t.Errorf("%s: %d requests, want %d", what, requests.Load(), n)
				}
			}
			f.left.Store(1)
			requests.Store(0)
			if _, _, err := c.CreateToken(ctx, "sync", "", ""); err == nil || requests.Load() != 1 {
				t.Errorf("a new token was asked for %d times: %v", requests.Load(), err)
			}
		})
	}
}

// TestLostAnswer: a POST whose answer is lost is not carried out twice, and what
// a DELETE removed without an answer is removed.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	var lose atomic.Bool
	w := newWorld(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if lose.CompareAndSwap(true, false) {
				next.ServeHTTP(discard{http.Header{}}, r)
				panic(http.ErrAbortHandler)
			}
			next.ServeHTTP(w, r)
		})
	})
	c, ctx := w.operator(), t.Context()
	lose.Store(true)
	if p, err := c.CreatePartner(ctx, aisles.Partner{Key: "once"}); err != nil || p.Key != "once" {
		t.Errorf("made %+v, %v", p, err)
	}
	ref := aisles.Ref{Partner: "once", Key: "tee"}
	must[aisles.Product](t)(c.PutProduct(ctx, "once", product("tee", "Tee")))
	lose.Store(true)
	if err := c.RemoveProduct(ctx, ref); err != nil {
		t.Errorf("removed without an answer: %v", err)
	}
	if err := c.RemoveProduct(ctx, ref); aisles.CodeOf(err) != aisles.NotFound {
		t.Errorf("removed what is not there: %v", err)
	}
	lose.Store(true)
	if n, err := c.RemovePartner(ctx, "once"); n != 0 || err != nil {
		t.Errorf("removed %d without an answer: %v", n, err)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// TestKeys: one call has one key, another call another.
func TestKeys(t *testing.T) {
	t.Parallel()
	f := &flaky{fail: status(503)}
	w := newWorld(t, f.between)
	c := w.operator()
	f.left.Store(1)
	for _, key := range []string{"one", "two"} {
		must[aisles.Partner](t)(c.CreatePartner(t.Context(), aisles.Partner{Key: key}))
	}
	k := f.keys.seen
	if len(k) != 3 || k[0] == "" || k[0] != k[1] || k[1] == k[2] {
		t.Errorf("keys = %q", k)
	}
}

// script is a transport that answers by a script and tells when it was asked.
// It is no part of ours: the network is what it stands for.
type script struct {
	mu      sync.Mutex
	answers []func() (*http.Response, error)
	asked   []time.Time
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	a := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return a()
}

func (s *script) waits() []time.Duration {
	var out []time.Duration
	for i := 1; i < len(s.asked); i++ {
		out = append(out, s.asked[i].Sub(s.asked[i-1]))
	}
	return out
}

func says(status int, body string, header ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []func() (*http.Response, error){says(503, "", "Retry-After", "7"), says(503, ""), says(503, "")}}
		c := newClient(t, client.Options{URL: "http://aisles", Transport: s})
		_, err := c.Partner(t.Context(), "acme")
		if aisles.CodeOf(err) != aisles.Unavailable || errors.Is(err, client.ErrUnreachable) {
			t.Errorf("error = %v", err)
		}
		w := s.waits()
		if len(w) != 3 {
			t.Fatalf("%d attempts, want 4", len(w)+1)
		}
		if w[0] < 7*time.Second || w[0] > 11*time.Second || w[1] < 400*time.Millisecond || w[1] > 600*time.Millisecond || w[2] < 800*time.Millisecond || w[2] > 1200*time.Millisecond {
			t.Errorf("waits = %v", w)
		}
	})
}

// TestNoTimeToWait: an error now is better than a wait that leads nowhere.
func TestNoTimeToWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for after, limit := range map[string]time.Duration{"7": 5 * time.Second, "3600": 24 * time.Hour} {
			s := &script{answers: []func() (*http.Response, error){says(503, "", "Retry-After", after)}}
			c := newClient(t, client.Options{URL: "http://aisles", Transport: s})
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			begin := time.Now()
			_, err := c.Partner(ctx, "acme")
			cancel()
			if aisles.CodeOf(err) != aisles.Unavailable || time.Since(begin) != 0 || len(s.asked) != 1 {
				t.Errorf("Retry-After %s within %s: %v after %s and %d requests", after, limit, err, time.Since(begin), len(s.asked))
			}
		}
	})
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New("no route to host")
		s := &script{answers: []func() (*http.Response, error){func() (*http.Response, error) { return nil, cause }}}
		c := newClient(t, client.Options{URL: "http://aisles", Transport: s})
		_, err := c.Partner(t.Context(), "acme")
		if !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, cause) || len(s.asked) != 4 {
			t.Errorf("error = %v after %d requests", err, len(s.asked))
		}
		// Cancelled while it waits: it ends then, as cancelled.
		ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errors.New("given up"))
		defer cancel()
		begin := time.Now()
		_, err = c.Partner(ctx, "acme")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 100*time.Millisecond {
			t.Errorf("cancelled: %v after %s", err, time.Since(begin))
		}
	})
}

func TestAnswersOfOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		code   aisles.Code
		text   string
	}{
		{401, "<html>", aisles.Unauthorized, "401"},
		{403, "", aisles.Forbidden, ""},
		{404, "404 page not found", aisles.NotFound, ""},
		{409, `{"code":"","detail":"x"}`, aisles.Conflict, ""},
		{413, "", aisles.TooLarge, ""},
		{418, "", aisles.Internal, ""},
		{500, `{"code":"internal","detail":"an error that is not yours","request_id":"R1"}`, aisles.Internal, "R1"},
		{422, `{"code":"invalid","detail":"is too long","field":"title"}`, aisles.Invalid, "title: is too long"},
		{200, `no JSON`, aisles.Internal, "read the answer"},
	} {
		s := &script{answers: []func() (*http.Response, error){says(c.status, c.body)}}
		_, err := newClient(t, client.Options{URL: "http://aisles", Transport: s}).Partner(t.Context(), "acme")
		if aisles.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), "GET /v1/partners/acme") {
			t.Errorf("%d %q: %v", c.status, c.body, err)
		}
		if len(s.asked) != 1 {
			t.Errorf("%d: asked %d times", c.status, len(s.asked))
		}
	}
}

// endless is an answer without an end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	clear(b)
	return len(b), nil
}

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	s := &script{answers: []func() (*http.Response, error){func() (*http.Response, error) {
		return &http.Response{StatusCode: 404, Header: http.Header{}, Body: io.NopCloser(endless{})}, nil
	}}}
	if _, err := newClient(t, client.Options{URL: "http://aisles", Transport: s}).Partner(t.Context(), "acme"); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error = %v", err)
	}
}

func TestForgedToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	forged := strings.Replace(w.token(api.Sync, ""), "aisles_s", "aisles_o", 1)
	_, err := newClient(t, client.Options{URL: w.server.URL, Token: forged}).Partner(t.Context(), "acme")
	if aisles.CodeOf(err) != aisles.Unauthorized || strings.Contains(err.Error(), forged) {
		t.Errorf("error = %v", err)
	}
}
