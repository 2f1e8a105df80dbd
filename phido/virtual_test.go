package phido_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/client"
	"aisles/aisles/intake"
	"aisles/aisles/store"
	"aisles/internal/secret"
	"aisles/phido"
	"aisles/phido/ledger"
	"aisles/shopify/sim"
)

// inMemory answers requests without a socket, which virtual time needs.
type inMemory struct{ http.Handler }

func (h inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, inner)
	res := w.Result()
	res.Request = r
	return res, nil
}

// TestVirtual syncs a catalog for the first time, in virtual time: everything is
// real but the sockets and the clock. The bound is the time in which the shop
// restores the points that the writes cost. AISLES_LONG=1 has 10,000 products on
// each of Shopify's plans, for which a few percent above the bound are allowed,
// and a few more for the reads at the start where those weigh more.
func TestVirtual(t *testing.T) {
	long := os.Getenv("AISLES_LONG") == "1"
	plans := []struct {
		name       string
		size, rate float64
		latency    int
		few        bool // shown with few products too
	}{
		{"standard", 2000, 100, 100, true}, {"advanced", 4000, 200, 100, false}, {"plus", 20000, 1000, 100, false}, {"enterprise", 40000, 2000, 100, false},
		{"standard", 2000, 100, 500, true}, {"advanced", 4000, 200, 500, false}, {"plus", 20000, 1000, 500, false}, {"enterprise", 40000, 2000, 500, false},
	}
	products, most := 300, 1.3
	if long {
		products, most = 10_000, 1.05
	}
	t.Logf("%-10s %7s %8s %6s %7s %9s %9s %9s %5s", "plan", "latency", "products", "calls", "points", "throttled", "time", "bound", "ratio")
	for _, plan := range plans {
		if !long && !plan.few {
			continue
		}
		most := most
		if plan.rate == 2000 && plan.latency == 500 {
			most = 1.1
		}
		var run aisles.Run
		var took time.Duration
		var points float64
		synctest.Test(t, func(t *testing.T) { run, took, points = firstSync(t, plan.name, plan.latency, products) })
		bound := time.Duration((points - plan.size) / plan.rate * float64(time.Second))
		share, ratio := float64(run.Throttled)/float64(run.ShopifyCalls), took.Seconds()/bound.Seconds()
		t.Logf("%-10s %4d ms %8d %6d %7.0f %7.2f %% %9s %9s %5.3f", plan.name, plan.latency, products, run.ShopifyCalls, points,
			100*share, took.Round(10*time.Millisecond), bound.Round(10*time.Millisecond), ratio)
		if share >= 0.02 || ratio > most || run.Status != aisles.RunSucceeded || run.Counts.Create != products {
			t.Errorf("%+v", run)
		}
	}
}

// firstSync gives the run, its time, and the points of its writes.
func firstSync(t *testing.T, plan string, latency, products int) (aisles.Run, time.Duration, float64) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, dir, key := t.Context(), t.TempDir(), secret.NewKey()
	s, err := store.Open(ctx, "sqlite:"+dir+"/aisles.db", store.Options{})
	must(err)
	defer s.Close()
	book, err := ledger.Open(ctx, "sqlite:"+dir+"/phido.db", ledger.Options{Sealer: key.Derive("shop tokens")})
	must(err)
	defer book.Close()
	handler, err := api.New(api.Options{Store: s, Phido: book, Key: key, TempDir: dir, Log: quiet})
	must(err)
	text, token, hash, err := api.NewToken(key, api.Sync, "", "test", time.Now())
	must(err)
	must(s.PutToken(ctx, token, hash))
	c, err := client.New(client.Options{URL: "http://aisles.example", Token: text, Transport: inMemory{handler}})
	must(err)
	shops := sim.New(sim.Options{OnFailure: func(err error) { t.Errorf("the simulator failed: %v", err) }})
	must(shops.AddShop(sim.Shop{Domain: domain("acme"), AccessToken: shopToken, Plan: plan, LatencyMS: latency}))
	_, err = s.CreatePartner(ctx, aisles.Partner{Key: "acme"})
	must(err)
	_, err = book.PutConnection(ctx, aisles.Connection{Partner: "acme", Shop: domain("acme"), IntervalSeconds: 7 * 86400}, shopToken)
	must(err)
	_, err = intake.Load(ctx, s, strings.NewReader(feedOf(products, "19.90")), intake.Options{Partner: "acme", TempDir: dir})
	must(err)
	p := phido.New(phido.Options{Aisles: c, Ledger: book, Transport: shops, Log: quiet})
	asked, err := book.RequestSync(ctx, aisles.SyncRequest{All: true})
	must(err)
	began := time.Now()
	_, err = p.Pass(ctx)
	must(err)
	took := time.Since(began)
	run, err := book.Run(ctx, asked[0].ID)
	must(err)
	return run, took, writePoints(t, shops)
}

// writePoints adds up what the writes, and the reads of what they gave, cost.
func writePoints(t *testing.T, shops *sim.Server) (points float64) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+domain("acme")+"/_sim/calls", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := shops.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(res.Body); ; {
		var call struct {
			Operation  string
			ActualCost float64
		}
		if err := dec.Decode(&call); err == io.EOF {
			return points
		} else if err != nil {
			t.Fatal(err)
		}
		switch call.Operation {
		case "productSet", "publicationUpdate", "nodes":
			points += call.ActualCost
		}
	}
}
