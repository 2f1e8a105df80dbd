package sim

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const createTee = `mutation Make { productCreate(product: {title: "Tee"}) { product { id } userErrors { field message } } }`

func products(t *testing.T, s *Server) int {
	t.Helper()
	return len(s.shop(testDomain).state.products)
}

// TestFaults: what each kind answers, and whether the mutation took place.
func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind    string
		status  int
		body    string // part of it
		applied bool
	}{
		{"throttle", 200, `"code":"THROTTLED"`, false},
		{"http_401", 401, `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`, false},
		{"http_402", 402, `{"errors":`, false},
		{"http_423", 423, `{"errors":`, false},
		{"http_429", 429, `{"errors":"Exceeded`, false},
		{"http_500", 500, "<!DOCTYPE html>", false},
		{"http_503", 503, "<!DOCTYPE html>", false},
		{"html_502", 502, "<title>502 Bad Gateway</title>", false},
		{"timeout", 504, "<html>", false},
		{"slow", 200, `"product":{"id":`, true},
		{"user_error", 200, `"productCreate":{"product":null,"userErrors":[{"field":null,"message":"Refused by the simulator."}]}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := testServer(t)
				control(t, s, "POST", "/_sim/faults", `{"kind":"`+tt.kind+`","count":1}`, 201)
				got := post(t, s, createTee, nil)
				if got.status != tt.status || !strings.Contains(got.raw, tt.body) {
					t.Errorf("got %d %s", got.status, got.raw)
				}
				if applied := products(t, s) == 1; applied != tt.applied {
					t.Errorf("applied: %t, want %t", applied, tt.applied)
				}
				if got := post(t, s, createTee, nil); got.status != 200 || got.code() != "" {
					t.Errorf("the fault came twice: %d %s", got.status, got.raw)
				}
			})
		})
	}
}

// TestLostAnswers: the connection breaks off after the write, or never
// answers and does nothing.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t)
		control(t, s, "POST", "/_sim/faults", `{"kind":"drop_after_commit","count":1}`, 201)
		if _, err := tryPost(t, s, createTee, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("drop_after_commit: %v", err)
		}
		if n := products(t, s); n != 1 {
			t.Errorf("drop_after_commit left %d products, want 1", n)
		}
		if calls := s.calls.after(0, ""); len(calls) != 1 || calls[0].Status != 0 || calls[0].Operation != "productCreate" {
			t.Errorf("logged %+v", calls)
		}
		control(t, s, "POST", "/_sim/faults", `{"kind":"hang","latency_ms":30000}`, 201)
		start := time.Now()
		if _, err := tryPost(t, s, createTee, nil); err == nil || time.Since(start) != 30*time.Second {
			t.Errorf("hang: %v after %v", err, time.Since(start))
		}
		if n := products(t, s); n != 1 {
			t.Errorf("hang left %d products, want 1", n)
		}
	})
}

// TestFaultAim: a fault hits the shop and operation it names, as often as its
// rate says, the same way for the same seed.
func TestFaultAim(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	control(t, s, "POST", "/_sim/faults", `{"kind":"http_503","shop":"other.myshopify.com"}`, 201)
	control(t, s, "POST", "/_sim/faults", `{"kind":"http_503","operation":"tagsAdd"}`, 201)
	if got := post(t, s, createTee, nil); got.status != 200 {
		t.Errorf("an unaimed call got %d", got.status)
	}
	control(t, s, "POST", "/_sim/faults", `{"kind":"http_423","operation":"Make"}`, 201)
	if got := post(t, s, createTee, nil); got.status != http.StatusLocked {
		t.Errorf("by operation name: got %d", got.status)
	}
	control(t, s, "DELETE", "/_sim/faults", "", 204)
	run := func() string {
		s := testServer(t)
		control(t, s, "POST", "/_sim/faults", `{"kind":"http_500","rate":0.3}`, 201)
		var b strings.Builder
		for range 100 {
			b.WriteByte("0123456"[post(t, s, "{ shop { id } }", nil).status/100])
		}
		return b.String()
	}
	first, second := run(), run()
	if n := strings.Count(first, "5"); first != second || n < 15 || n > 45 {
		t.Errorf("rate 0.3 hit %d of 100; repeatable: %t", n, first == second)
	}
}

// TestFaultsRefused: what is no fault is named.
func TestFaultsRefused(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, body := range []string{`{"kind":"webhook_drop"}`, `{"kind":"bulk_partial"}`, `{}`, `{"kind":"slow","rate":2}`, `{"kind":"slow","count":-1}`, `{"kind":"slow","often":1}`} {
		if got := control(t, s, "POST", "/_sim/faults", body, 400); !strings.Contains(got, "error") {
			t.Errorf("%s: %s", body, got)
		}
	}
	if got := control(t, s, "POST", "/_sim/faults", `{"kind":"webhook_drop"}`, 400); !strings.Contains(got, "throttle, http_401") {
		t.Errorf("the kinds there are were not named: %s", got)
	}
}
