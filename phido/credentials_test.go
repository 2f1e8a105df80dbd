package phido_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
	"aisles/phido"
	"aisles/phido/ledger"
	"aisles/shopify/sim"
)

const clientID, clientSecret = "app-1", "shpss_do_not_show_me"

// connectApp makes the partner and its shop, and connects them with an app's
// credentials.
func (w *world) connectApp(partner, secret string) {
	w.Helper()
	if _, err := w.store.CreatePartner(w.Context(), aisles.Partner{Key: partner}); err != nil && aisles.CodeOf(err) != aisles.Conflict {
		w.Fatal(err)
	}
	w.must(w.sim.AddShop(sim.Shop{Domain: domain(partner), Plan: "plus", ClientID: clientID, ClientSecret: secret}))
	_, err := w.ledger.PutConnection(w.Context(), aisles.Connection{
		Partner: partner, Shop: domain(partner), Endpoint: w.shops.URL + "/" + domain(partner), ClientID: clientID,
	}, secret)
	w.must(err)
}

// count counts the answered calls of an operation.
func count(calls []call1, operation string) int {
	n := 0
	for _, c := range calls {
		if strings.EqualFold(c.Operation, operation) && c.Status == http.StatusOK {
			n++
		}
	}
	return n
}

// paused gives the pause of a partner's shop, nil without.
func (w *world) paused(partner string) *aisles.Pause {
	w.Helper()
	c, err := w.ledger.Connection(w.Context(), partner)
	w.must(err)
	return c.Paused
}

// dying is a transport that revokes the granted tokens of acme before the nth
// request to set a product.
type dying struct {
	*world
	mu   sync.Mutex
	sets int
	nth  int
}

func (d *dying) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.ContentLength > 0 && r.GetBody != nil && strings.HasSuffix(r.URL.Path, "/graphql.json") {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		head := make([]byte, 60)
		n, _ := body.Read(head)
		if strings.Contains(string(head[:n]), "mutation ProductSet") {
			d.mu.Lock()
			if d.sets++; d.sets == d.nth {
				d.control("POST", "shops/"+domain("acme")+"/revoke", map[string]any{}, nil)
			}
			d.mu.Unlock()
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestTokenDies: runs share one token; one that dies in the middle of a run is
// renewed once, and nothing is written twice.
func TestTokenDies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		w.connectApp("acme", clientSecret)
		d := &dying{world: w, nth: 12}
		w.phido = phido.New(phido.Options{Aisles: w.client, Ledger: w.ledger, Transport: d})
		w.load("acme", feedOf(30, "19.90"), false)
		w.succeed("acme")
		calls := w.calls("acme")
		if tokens, sets := count(calls, "accessToken"), count(calls, "productSet"); tokens != 2 || sets != 30 || d.sets <= 30 {
			t.Errorf("%d tokens asked for, want 2; %d products set with %d requests", tokens, sets, d.sets)
		}
		w.same("acme")
		w.load("acme", feedOf(30, "20.90"), false)
		run := w.syncOne("acme") // holds: so many prices
		_, err := w.ledger.Decide(t.Context(), run.ID, true, "ann")
		w.must(err)
		w.succeed("acme")
		if n := count(w.calls("acme"), "accessToken"); n != 0 {
			t.Errorf("the next runs asked for %d tokens", n)
		}
		w.same("acme")
		w.restart() // another process has no token yet
		w.put("acme", `{"key":"p003","title":"Renamed"}`)
		w.succeed("acme")
		if n := count(w.calls("acme"), "accessToken"); n != 1 {
			t.Errorf("another process asked for %d tokens", n)
		}
		w.same("acme")
	})
}

// TestPauses: what each refusal of a shop is called, that nothing is set aside,
// and that a person's run tries at once and goes on when the shop answers.
func TestPauses(t *testing.T) {
	t.Parallel()
	fault := func(kind, operation string) func(*world) {
		return func(w *world) {
			w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": kind, "operation": operation}, nil)
		}
	}
	uninstall := func(w *world) {
		w.control("POST", "shops/"+domain("acme")+"/revoke", map[string]any{"uninstall": true}, nil)
	}
	// away is a domain no shop answers to.
	away := func(w *world) {
		_, err := w.ledger.PutConnection(w.Context(), aisles.Connection{Partner: "acme", Shop: "gone.myshopify.com", Endpoint: w.shops.URL + "/gone.myshopify.com"}, shopToken)
		w.must(err)
	}
	tests := []struct {
		name   string
		app    bool
		change func(*world)
		want   string
	}{
		{"frozen", false, fault("http_402", ""), "the shop is frozen: its Shopify bill is unpaid; the sync waits until the merchant has settled it"},
		{"frozen app", true, fault("http_402", "accessToken"), "the shop is frozen: its Shopify bill is unpaid; the sync waits until the merchant has settled it"},
		{"locked", false, fault("http_423", ""), "the shop is locked: "},
		{"gone", false, away, "there is no shop at gone.myshopify.com"},
		{"uninstalled", false, uninstall, "the shop refuses the access token: the app was uninstalled or the token revoked; connect it again"},
		{"uninstalled app", true, uninstall, "the shop gives no access token: the app is not installed in the shop, or is not of the shop's own organization; install"},
		{"tokens refused", true, fault("http_401", "shop"), "the shop refuses every access token"},
		{"secret refused", true, func(w *world) {
			w.must(w.sim.AddShop(sim.Shop{Domain: domain("acme"), ClientID: clientID, ClientSecret: "another"}))
		}, "the client secret is not this app's"},
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		for _, tt := range tests {
			w := newWorld(t, h)
			h = again(t, h)
			restore := func() {
				w.control("DELETE", "faults", nil, nil)
				if tt.app {
					w.connectApp("acme", clientSecret)
				} else {
					w.connect("acme", aisles.Settings{})
				}
			}
			restore()
			w.load("acme", feedOf(3, "19.90"), false)
			tt.change(w)
			if run := w.sync(aisles.SyncRequest{Partners: []string{"acme"}, DryRun: true})[0]; run.Status != aisles.RunFailed || w.paused("acme") != nil {
				t.Errorf("%s: a dry run is %s, paused %v", tt.name, run.Status, w.paused("acme"))
			}
			run, pause := w.syncOne("acme"), w.paused("acme")
			if run.Status != aisles.RunFailed || !strings.Contains(run.Reason, tt.want) || !strings.Contains(run.Reason, "shopify answered") || run.Counts.Error != 0 {
				t.Errorf("%s: %s %q %+v", tt.name, run.Status, run.Reason, run.Counts)
			}
			if pause == nil || !strings.HasPrefix(run.Reason, pause.Reason) || time.Until(pause.NextAt) < 59*time.Minute || time.Until(pause.NextAt) > time.Hour {
				t.Fatalf("%s: paused %+v", tt.name, pause)
			}
			if strings.Contains(run.Reason, clientSecret) || strings.Contains(run.Reason, shopToken) {
				t.Errorf("%s: a secret is in %q", tt.name, run.Reason)
			}
			why, err := w.ledger.Why(t.Context(), aisles.Ref{Partner: "acme", Key: "p001"})
			w.must(err)
			if why.Paused == nil || why.Paused.Reason != pause.Reason || why.Error != nil || why.Facets[0].State != "pending" {
				t.Errorf("%s: why %+v", tt.name, why)
			}
			since := pause.Since
			w.syncOne("acme")
			if p := w.paused("acme"); p == nil || !p.Since.Equal(since) {
				t.Errorf("%s: paused again %+v, since %s", tt.name, p, since)
			}
			restore()
			w.succeed("acme")
			if p := w.paused("acme"); p != nil {
				t.Errorf("%s: still paused %+v", tt.name, p)
			}
			w.same("acme")
		}
	})
}

// moved is the clock of a ledger: the real one, ahead by what it was moved.
type moved struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (m *moved) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.ahead)
}

func (m *moved) move(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ahead += d
}

// TestPauseSchedule: the schedule tries a paused shop after growing gaps, and
// when the shop answers it goes on as before, at the price of one more call.
func TestPauseSchedule(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		var clock moved
		var err error
		w.ledger, err = ledger.Open(t.Context(), h.URL("phido"), ledger.Options{Sealer: w.key.Derive("shop tokens"), Now: clock.now})
		w.must(err)
		t.Cleanup(func() { _ = w.ledger.Close() })
		w.restart()
		w.load("acme", feedOf(2, "19.90"), false)
		w.control("POST", "faults", map[string]any{"kind": "http_402"}, nil)
		w.syncOne("acme")
		due := func(want bool) {
			t.Helper()
			if got, err := w.ledger.Due(t.Context()); got.Claim != want || err != nil {
				t.Errorf("due %v %v, want %v", got, err, want)
			}
		}
		for _, hours := range []time.Duration{1, 1, 2, 4, 8, 16, 24, 24, 24} {
			gap := w.paused("acme").NextAt.Sub(clock.now())
			if want := hours * time.Hour; gap < want-time.Minute || gap > want+want/20 {
				t.Errorf("the next try is in %s, want %s", gap, want)
			}
			clock.move(gap - 20*time.Second)
			due(false)
			clock.move(40 * time.Second)
			due(true)
			runs, err := w.phido.Pass(t.Context())
			if err != nil || len(runs) != 1 || runs[0].Status != aisles.RunFailed {
				t.Fatalf("after %s: %+v %v", gap, runs, err)
			}
		}
		clock.move(25 * time.Hour)
		w.control("DELETE", "faults", nil, nil)
		w.calls("acme")
		runs, err := w.phido.Pass(t.Context())
		if err != nil || len(runs) != 1 || runs[0].Status != aisles.RunSucceeded || w.paused("acme") != nil {
			t.Errorf("the shop answers: %+v %v, paused %v", runs, err, w.paused("acme"))
		}
		w.same("acme")
		clock.move(59 * time.Minute)
		due(false)
		clock.move(2 * time.Minute)
		due(true)
	})
}

// TestPauseEndsWithNothingToDo: a paused shop is asked although nothing waits,
// so that the pause does not outlast its reason.
func TestPauseEndsWithNothingToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), "acme")
	w.load("acme", feedOf(2, "19.90"), false)
	w.succeed("acme")
	w.control("POST", "faults", map[string]any{"kind": "http_423"}, nil)
	w.put("acme", `{"key":"p001","title":"Renamed"}`)
	w.syncOne("acme")
	w.put("acme", `{"key":"p001","title":"Product 1"}`) // as the shop has it
	if run := w.syncOne("acme"); run.Status != aisles.RunFailed || w.paused("acme") == nil {
		t.Errorf("locked: %s %q", run.Status, run.Reason)
	}
	w.control("DELETE", "faults", nil, nil)
	w.calls("acme")
	w.succeed("acme")
	if calls := w.calls("acme"); len(calls) != 1 || calls[0].Operation != "shop" || w.paused("acme") != nil {
		t.Errorf("answers again: %+v, paused %+v", calls, w.paused("acme"))
	}
	w.succeed("acme")
	if calls := w.calls("acme"); len(calls) != 0 {
		t.Errorf("then: %+v", calls)
	}
}

// TestNewCredentials: a connection with other credentials gets other tokens,
// and its pause ends at once.
func TestNewCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.connectApp("acme", clientSecret)
	w.load("acme", feedOf(2, "19.90"), false)
	w.succeed("acme")
	w.control("POST", "shops/"+domain("acme")+"/revoke", map[string]any{}, nil)
	w.must(w.sim.AddShop(sim.Shop{Domain: domain("acme"), Plan: "plus", AccessToken: shopToken, ClientID: clientID, ClientSecret: "rotated"}))
	w.put("acme", `{"key":"p001","title":"Renamed"}`)
	if run := w.syncOne("acme"); run.Status != aisles.RunFailed || w.paused("acme") == nil {
		t.Fatalf("with the former secret: %s %q", run.Status, run.Reason)
	}
	w.connectApp("acme", "rotated")
	runs, err := w.phido.Pass(t.Context()) // the schedule's own
	if err != nil || len(runs) != 1 || runs[0].Status != aisles.RunSucceeded {
		t.Errorf("with another secret: %+v %v", runs, err)
	}
	w.put("acme", `{"key":"p001","title":"Renamed again"}`)
	w.must(w.sim.AddShop(sim.Shop{Domain: domain("acme"), Plan: "plus", AccessToken: shopToken}))
	w.connect("acme", aisles.Settings{})
	w.calls("acme")
	w.succeed("acme")
	if calls := w.calls("acme"); slices.ContainsFunc(calls, func(c call1) bool { return c.Operation == "accessToken" }) {
		t.Errorf("with a token of its own: %+v", calls)
	}
	w.same("acme")
}
