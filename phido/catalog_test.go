package phido_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/aisles/store"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write golden files anew")

// feedOf is a Shopify CSV of n products, each with one variant and a picture.
func feedOf(n int, price string) string {
	var b strings.Builder
	b.WriteString("Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Status\n")
	for i := range n {
		fmt.Fprintf(&b, "p%03d,Product %d,<p>x</p>,Acme,\"a, b\",TRUE,Size,S,SKU-%03d,%s,3,https://cdn.example/p%03d.jpg,active\n", i, i, i, price, i)
	}
	return b.String()
}

// foreign puts into the shop what is other people's, beside product p000.
func (w *world) foreign(partner string) {
	w.Helper()
	w.control("POST", "shops/"+domain(partner)+"/edit", map[string]any{
		"handle": "p000", "add_tags": []string{"theirs"},
		"metafields": []map[string]string{{"namespace": "reviews", "key": "stars", "type": "single_line_text_field", "value": "5"}},
		"media":      []map[string]string{{"url": "https://elsewhere.example/lookbook.jpg", "alt": "lookbook"}},
	}, nil)
}

// theirs checks that what foreign put into the shop is still there.
func (w *world) theirs(partner string) {
	w.Helper()
	p := w.shop(partner)["p000"]
	if !slices.Contains(p.Tags, "theirs") {
		w.Errorf("the foreign tag is gone: %v", p.Tags)
	}
	if !slices.ContainsFunc(p.Metafields, func(m aisles.Metafield) bool { return m.Namespace == "reviews" && m.Value == "5" }) {
		w.Errorf("the foreign metafield is gone: %v", p.Metafields)
	}
	files := 0
	for _, m := range p.Media {
		if m.Alt == "lookbook" {
			files++
		}
	}
	if files != 1 {
		w.Errorf("the foreign file is there %d times", files)
	}
}

// loseLedger empties the ledger, but for its connections.
func (w *world) loseLedger() {
	w.Helper()
	w.lost = true
	d := w.home.Open(db.Options{Class: db.ClassAdmin, Schema: "phido"})
	for _, statement := range []string{
		`DELETE FROM known`, `DELETE FROM confirmed`, `DELETE FROM pending`, `DELETE FROM runs`, `DELETE FROM actions`,
		`UPDATE feed SET after = '', sweep = 0`, `UPDATE connections SET facts = NULL, sweep = true`,
	} {
		_, err := d.Exec(w.Context(), "/*test*/ "+statement)
		w.must(err)
	}
	w.restart()
}

func TestOneChangeIsOneWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(30, "19.90"), false)
		w.succeed("acme")
		w.same("acme")
		w.calls("acme")
		w.load("acme", "Handle,Variant SKU,Variant Price\np007,SKU-007,21.00\n", false)
		run := w.succeed("acme")
		calls := w.calls("acme")
		if len(calls) != 1 || len(writes(calls)) != 1 || run.Counts.Update != 1 {
			t.Errorf("one price: %d calls, %+v", len(calls), calls)
		}
		if got := string(calls[0].Variables); !strings.Contains(got, `"price":"21.00"`) || strings.Contains(got, "title") {
			t.Errorf("variables: %s", got)
		}
		w.same("acme")
	})
}

// facetChanges are one change in each facet the routine carries.
var facetChanges = []struct{ name, patch string }{
	{"content: title", `{"key":"p000","title":"Renamed"}`},
	{"content: tags", `{"key":"p000","tags":["a","c"]}`},
	{"content: price", `{"key":"p000","variants":[{"key":"SKU-000","sku":"SKU-000","options":["S"],"price":"25.00"}]}`},
	{"content: variant added", `{"key":"p000","options":[{"name":"Size","values":["S","M"]}],"variants":[{"key":"SKU-000","sku":"SKU-000","options":["S"]},{"sku":"SKU-M","options":["M"],"price":"26.00","inventory":[{"location":"default","quantity":4}]}]}`},
	{"media: picture added", `{"key":"p000","media":[{"url":"https://cdn.example/p000.jpg","alt":""},{"url":"https://cdn.example/back.jpg","alt":"back"}]}`},
	{"media: alt text", `{"key":"p000","media":[{"url":"https://cdn.example/p000.jpg","alt":"front"},{"url":"https://cdn.example/back.jpg","alt":"back"}]}`},
	{"media: picture dropped", `{"key":"p000","media":[{"url":"https://cdn.example/back.jpg","alt":"back"}]}`},
	{"publication: hidden", `{"key":"p000","published":false}`},
	{"publication: shown", `{"key":"p000","published":true}`},
	{"content: archived", `{"key":"p000","status":"archived"}`},
}

// TestEachFacet sends one change in each facet, beside what is other people's,
// with the ledger and without: only what changed is sent, what is theirs
// stays, and the shop is as the catalog.
func TestEachFacet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		for _, lost := range []bool{false, true} {
			w := newWorld(t, h, "acme")
			w.load("acme", feedOf(30, "19.90"), false)
			w.succeed("acme")
			w.foreign("acme")
			got := map[string][]string{}
			for _, c := range facetChanges {
				w.put("acme", c.patch)
				if lost {
					w.loseLedger()
				}
				w.calls("acme")
				w.succeed("acme")
				for _, call := range w.calls("acme") {
					if len(writes([]call1{call})) > 0 {
						got[c.name] = append(got[c.name], call.Operation+" "+w.anonymous(call.Variables))
					}
				}
				w.theirs("acme")
				w.likeCatalog("acme")
			}
			name := "facets"
			if lost {
				name = "facets_ledger_lost"
			}
			w.golden(name, got)
			h = again(t, h)
		}
	})
}

// TestLedgerLost: the ledger is gone after a full sync, its connections are
// kept: nothing is doubled and nothing of others is lost.
func TestLedgerLost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(40, "19.90"), false)
		w.succeed("acme")
		w.foreign("acme")
		before := w.shop("acme")
		w.loseLedger()
		w.calls("acme")
		run := w.succeed("acme")
		if n := writes(w.calls("acme")); len(n) != 0 {
			t.Errorf("nothing differs, and %d writes were made: %v", len(n), n)
		}
		after := w.shop("acme")
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the shop changed (-before +after):\n%s", diff)
		}
		w.theirs("acme")
		t.Logf("%d products recognised with %d calls", len(after), run.ShopifyCalls)
		w.load("acme", "Handle,Title\np001,Renamed\n", false)
		w.succeed("acme")
		if got := w.shop("acme")["p001"].Title; got != "Renamed" {
			t.Errorf("after the loss: %q", got)
		}
	})
}

// TestEmptyFullFeed: an empty full feed holds; yes archives, no leaves. A
// partial feed never removes.
func TestEmptyFullFeed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		for _, yes := range []bool{true, false} {
			w := newWorld(t, h, "acme")
			w.load("acme", feedOf(30, "19.90"), false)
			w.succeed("acme")
			w.load("acme", "Handle,Title\np000,Product 0\n", false) // partial
			if run := w.succeed("acme"); run.Counts != (aisles.RunCounts{}) {
				t.Errorf("a partial feed: %+v", run.Counts)
			}
			w.load("acme", "Handle,Title\n", true)
			w.calls("acme")
			run := w.syncOne("acme")
			actions, err := w.ledger.Actions(t.Context(), run.ID, "", 250)
			w.must(err)
			if run.Status != aisles.RunHeld || len(actions) != 30 || len(writes(w.calls("acme"))) != 0 || !strings.Contains(run.Reason, "30 of 30") {
				t.Errorf("an empty full feed: %s %q, %d actions", run.Status, run.Reason, len(actions))
			}
			if again := w.syncOne("acme"); again.Status != aisles.RunHeld {
				t.Errorf("asked again: %s", again.Status)
			} else {
				run = again
			}
			_, err = w.ledger.Decide(t.Context(), run.ID, yes, "ann")
			w.must(err)
			after := w.succeed("acme")
			archived := 0
			for _, p := range w.shop("acme") {
				if p.Status == "ARCHIVED" {
					archived++
				}
			}
			if want := map[bool]int{true: 30, false: 0}[yes]; archived != want {
				t.Errorf("after %v: %d archived, want %d (%+v)", yes, archived, want, after.Counts)
			}
			if yes {
				w.load("acme", feedOf(30, "19.90"), true)
				w.succeed("acme")
				w.same("acme")
			}
			h = again(t, h)
		}
	})
}

// TestRepricing: a feed that lost its decimal point holds.
func TestRepricing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(30, "19.90"), false)
		w.succeed("acme")
		w.load("acme", feedOf(30, "1990"), false)
		w.calls("acme")
		dry := w.sync(aisles.SyncRequest{Partners: []string{"acme"}, DryRun: true})[0]
		if dry.Status != aisles.RunSucceeded || !strings.Contains(dry.Reason, "would be held") || dry.Counts.Update != 30 {
			t.Errorf("dry run: %s %q %+v", dry.Status, dry.Reason, dry.Counts)
		}
		run := w.syncOne("acme")
		if run.Status != aisles.RunHeld || !strings.Contains(run.Reason, "30 of 30 prices") || len(writes(w.calls("acme"))) != 0 {
			t.Errorf("run: %s %q", run.Status, run.Reason)
		}
		_, err := w.ledger.Decide(t.Context(), run.ID, true, "ann")
		w.must(err)
		w.succeed("acme")
		w.same("acme")
	})
}

// TestSettings: a change of settings sends what it shapes, once.
func TestSettings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(10, "19.90"), false)
		w.succeed("acme")
		quiet := func(what string) {
			t.Helper()
			w.calls("acme")
			if run := w.succeed("acme"); len(w.calls("acme")) != 0 {
				t.Errorf("%s is sent twice: %+v", what, run)
			}
		}
		w.connect("acme", aisles.Settings{Ownership: map[string]aisles.Owner{"vendor": aisles.OwnerShopify}})
		w.calls("acme")
		w.succeed("acme")
		if n := writes(w.calls("acme")); len(n) != 0 {
			t.Errorf("giving a field away: %v", n)
		}
		quiet("nothing")
		w.control("POST", "shops/"+domain("acme")+"/edit", map[string]any{"handle": "p003", "vendor": "Theirs"}, nil)
		w.put("acme", `{"key":"p003","title":"T","vendor":"Ours"}`)
		w.succeed("acme")
		if got := w.shop("acme")["p003"]; got.Vendor != "Theirs" || got.Title != "T" {
			t.Errorf("a field of Shopify's was written: %+v", got)
		}
		w.connect("acme", aisles.Settings{})
		w.calls("acme")
		w.succeed("acme")
		if n := writes(w.calls("acme")); len(n) != 10 {
			t.Errorf("taking a field back: %d writes", len(n))
		}
		w.same("acme")
		quiet("the vendor")
		w.connect("acme", aisles.Settings{Channels: []string{"Point of Sale"}})
		w.calls("acme")
		w.succeed("acme")
		if n := writes(w.calls("acme")); len(n) != 2 {
			t.Errorf("another channel: %v", n)
		}
		if got := w.shop("acme")["p001"].PublishedOn; !cmp.Equal(got, []string{"Point of Sale"}) {
			t.Errorf("published on %v", got)
		}
		quiet("the channel")
		w.connect("acme", aisles.Settings{Channels: []string{"Moon"}})
		w.put("acme", `{"key":"p001","title":"T2"}`)
		if run := w.syncOne("acme"); run.Status != aisles.RunFailed || !strings.Contains(run.Reason, `no channel "Moon"`) {
			t.Errorf("a channel that is not there: %s %q", run.Status, run.Reason)
		}
	})
}

// TestUpgradeCallsNobody: fingerprints of another version are no change.
func TestUpgradeCallsNobody(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(10, "19.90"), false)
		w.succeed("acme")
		// As if an older release had stamped catalog and ledger.
		for file, statement := range map[string]string{
			"aisles": `/*test*/ UPDATE products SET fp_version = 0, content = '0:c', media = '0:m', inventory = '0:i', metadata = '0:d', publication = '0:p'`,
			"phido":  `/*test*/ UPDATE confirmed SET fingerprint = '0:' || substr(facet, 1, 1)`,
		} {
			d := h.Open(db.Options{Class: db.ClassAdmin, Schema: file})
			_, err := d.Exec(t.Context(), statement)
			w.must(err)
		}
		upgraded, err := store.Open(t.Context(), h.URL("aisles"), store.Options{})
		w.must(err)
		w.must(upgraded.Close())
		w.calls("acme")
		run := w.succeed("acme")
		if n := len(w.calls("acme")); n != 0 || run.Pass.Changes != 0 {
			t.Errorf("the upgrade: %d calls, %+v", n, run.Pass)
		}
		w.put("acme", `{"key":"p004","published":false}`)
		w.succeed("acme")
		if calls := w.calls("acme"); len(calls) != 1 || len(writes(calls)) != 1 {
			t.Errorf("one change after the upgrade: %+v", calls)
		}
		w.same("acme")
	})
}

// TestProductErrors: what one product cannot is told with Shopify's words, and
// holds nobody up.
func TestProductErrors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(5, "19.90"), false)
		w.control("POST", "shops/"+domain("acme")+"/edit", map[string]any{"handle": "p002", "create": true, "title": "Somebody's"}, nil)
		run := w.syncOne("acme")
		if run.Status != aisles.RunPartial || run.Counts.Create != 4 || run.Counts.Error != 1 {
			t.Errorf("run: %s %+v", run.Status, run.Counts)
		}
		why, err := w.ledger.Why(t.Context(), aisles.Ref{Partner: "acme", Key: "p002"})
		w.must(err)
		if why.Error == nil || why.Error.Code != "HANDLE_NOT_UNIQUE" || !slices.Contains(why.Error.Field, "handle") || !strings.Contains(why.Summary, "already in use") {
			t.Errorf("why: %+v", why)
		}
		w.calls("acme")
		if again := w.succeed("acme"); len(w.calls("acme")) != 0 {
			t.Errorf("set aside, and tried: %+v", again)
		}
		w.connect("acme", aisles.Settings{AdoptHandles: true})
		if n, err := w.ledger.Retry(t.Context(), "acme", nil); n != 1 || err != nil {
			t.Errorf("retry: %d %v", n, err)
		}
		w.succeed("acme")
		w.same("acme")
		// A product that somebody deletes in the shop comes back with its next change.
		w.control("POST", "shops/"+domain("acme")+"/edit", map[string]any{"handle": "p004", "delete": true}, nil)
		w.put("acme", `{"key":"p004","title":"Back again"}`)
		w.succeed("acme")
		w.same("acme")
	})
}

// TestOutages: errors of the shop or the network end the run, set nothing
// aside, and the next run goes on.
func TestOutages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(20, "19.90"), false)
		for _, kind := range []string{"http_401", "http_402", "http_423"} {
			w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": kind}, nil)
			if run := w.syncOne("acme"); run.Status != aisles.RunFailed || run.Reason == "" || run.Counts.Error != 0 {
				t.Errorf("%s: %s %q %+v", kind, run.Status, run.Reason, run.Counts)
			}
			w.control("DELETE", "faults", nil, nil)
		}
		w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": "throttle", "rate": 0.2, "count": 20}, nil)
		w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": "drop_after_commit", "rate": 0.2, "count": 20}, nil)
		w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": "html_502", "rate": 0.1, "count": 10}, nil)
		for try := 0; try < 5; try++ {
			if w.syncOne("acme").Status == aisles.RunSucceeded {
				break
			}
		}
		w.control("DELETE", "faults", nil, nil)
		w.succeed("acme")
		w.same("acme")
	})
}

func TestPaused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, "acme")
		w.load("acme", feedOf(3, "19.90"), false)
		_, err := w.ledger.SetMode(t.Context(), aisles.ModeSetting{Mode: aisles.Paused, Reason: "stocktaking"})
		w.must(err)
		if run := w.syncOne("acme"); run.Status != aisles.RunStopped || !strings.Contains(run.Reason, "stocktaking") || len(w.calls("acme")) != 0 {
			t.Errorf("paused: %s %q", run.Status, run.Reason)
		}
		_, err = w.ledger.SetMode(t.Context(), aisles.ModeSetting{Mode: aisles.Sequential, Reason: "done"})
		w.must(err)
		w.succeed("acme")
		w.same("acme")
	})
}

func (w *world) golden(name string, v any) {
	w.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	w.must(err)
	path := filepath.Join("testdata", name+".json")
	if *update {
		w.must(os.MkdirAll("testdata", 0o755))
		w.must(os.WriteFile(path, append(b, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	w.must(err)
	if diff := cmp.Diff(string(want), string(b)+"\n"); diff != "" {
		w.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
