package phido_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/client"
	"aisles/aisles/intake"
	"aisles/aisles/store"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/internal/realdata"
	"aisles/internal/secret"
	"aisles/phido"
	"aisles/phido/ledger"
	"aisles/shopify/sim"
)

// world is a whole platform on a test's databases: catalog, API, Phido and
// simulated shops, talking over sockets.
type world struct {
	*testing.T
	home   *dbtest.Home
	key    secret.Key
	store  *store.Store
	ledger *ledger.Ledger
	api    *httptest.Server
	client *client.Client
	sim    *sim.Server
	shops  *httptest.Server
	phido  *phido.Phido
	last   int  // the newest call seen
	lost   bool // the ledger was lost: what is not wanted may be somebody's
}

const shopToken = "shpat_test"

func newWorld(t *testing.T, h *dbtest.Home, partners ...string) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{T: t, home: h, key: secret.NewKey()}
	var err error
	if _, err = store.Migrate(ctx, h.URL("aisles"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	if w.store, err = store.Open(ctx, h.URL("aisles"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	_, err = ledger.Migrate(ctx, h.URL("phido"), ledger.Options{})
	w.must(err)
	w.ledger, err = ledger.Open(ctx, h.URL("phido"), ledger.Options{Sealer: w.key.Derive("shop tokens")})
	w.must(err)
	t.Cleanup(func() { _ = w.ledger.Close() })
	handler, err := api.New(api.Options{Store: w.store, Phido: w.ledger, Key: w.key, TempDir: t.TempDir(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	w.api = httptest.NewServer(handler)
	t.Cleanup(w.api.Close)
	text, token, hash, err := api.NewToken(w.key, api.Sync, "", "test", time.Now())
	w.must(err)
	w.must(w.store.PutToken(ctx, token, hash))
	w.client, err = client.New(client.Options{URL: w.api.URL, Token: text})
	w.must(err)
	w.sim = sim.New(sim.Options{OnFailure: func(err error) { t.Errorf("the simulator failed: %v", err) }})
	w.shops = httptest.NewServer(w.sim)
	t.Cleanup(w.shops.Close)
	w.control("POST", "clock", map[string]any{"speed": 100}, nil)
	for _, p := range partners {
		w.connect(p, aisles.Settings{})
	}
	w.restart()
	return w
}

// restart makes a new Phido, as a new process would.
func (w *world) restart() {
	w.phido = phido.New(phido.Options{Aisles: w.client, Ledger: w.ledger})
}

// again gives a home of the same kind as h, empty.
func again(t *testing.T, h *dbtest.Home) *dbtest.Home {
	t.Helper()
	if h.Dialect() == db.SQLite {
		return dbtest.SQLite(t)
	}
	return dbtest.Postgres(t)
}

var gid = regexp.MustCompile(`gid://shopify/([A-Za-z]+)/[0-9]+`)

// anonymous gives variables with ids that do not depend on what was made before:
// the first of a kind is KIND-1.
func (w *world) anonymous(variables json.RawMessage) string {
	w.Helper()
	var v any
	w.must(json.Unmarshal(variables, &v))
	b, err := json.Marshal(v) // sorts the fields
	w.must(err)
	seen, kinds := map[string]string{}, map[string]int{}
	return gid.ReplaceAllStringFunc(string(b), func(id string) string {
		if seen[id] == "" {
			kind := gid.FindStringSubmatch(id)[1]
			kinds[kind]++
			seen[id] = fmt.Sprint(kind, "-", kinds[kind])
		}
		return seen[id]
	})
}

// likeCatalog compares p000 with the catalog, leaving out what is other
// people's.
func (w *world) likeCatalog(partner string) {
	w.Helper()
	p, err := w.store.Product(w.Context(), aisles.Ref{Partner: partner, Key: "p000"})
	w.must(err)
	have := haveOf(w.shop(partner)["p000"])
	have.Tags = slices.DeleteFunc(have.Tags, func(t string) bool { return t == "theirs" || !slices.Contains(p.Tags, t) && w.lost })
	have.Media = slices.DeleteFunc(have.Media, func(m string) bool {
		return strings.HasSuffix(m, " lookbook") || w.lost && !slices.ContainsFunc(wantOf(p).Media, func(s string) bool { return s == m })
	})
	if diff := cmp.Diff(wantOf(p), have, cmpopts.EquateEmpty()); diff != "" {
		w.Errorf("p000 (-catalog +shop):\n%s", diff)
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func domain(partner string) string { return partner + ".myshopify.com" }

// connect makes the partner and its shop where they are missing, and connects
// them with the settings.
func (w *world) connect(partner string, s aisles.Settings) {
	w.Helper()
	if _, err := w.store.CreatePartner(w.Context(), aisles.Partner{Key: partner}); err != nil && aisles.CodeOf(err) != aisles.Conflict {
		w.Fatal(err)
	}
	w.must(w.sim.AddShop(sim.Shop{Domain: domain(partner), AccessToken: shopToken, Plan: "plus"}))
	_, err := w.ledger.PutConnection(w.Context(), aisles.Connection{Partner: partner, Shop: domain(partner), Endpoint: w.shops.URL + "/" + domain(partner), Settings: s}, shopToken)
	w.must(err)
}

func (w *world) load(partner, feed string, full bool) aisles.Import {
	w.Helper()
	imp, err := intake.Load(w.Context(), w.store, strings.NewReader(feed), intake.Options{Partner: partner, Source: "test.csv", Full: full, TempDir: w.TempDir()})
	w.must(err)
	return imp
}

func (w *world) put(partner string, patches ...string) {
	w.Helper()
	var list []aisles.Patch
	for _, text := range patches {
		var p aisles.Patch
		w.must(json.Unmarshal([]byte(text), &p))
		list = append(list, p)
	}
	results, err := w.store.PutProducts(w.Context(), partner, list, false)
	w.must(err)
	for _, r := range results {
		w.must(r.Err)
	}
}

// sync requests runs and makes passes until they have ended.
func (w *world) sync(request aisles.SyncRequest) []aisles.Run {
	w.Helper()
	requested, err := w.ledger.RequestSync(w.Context(), request)
	w.must(err)
	for range 20 {
		if _, err := w.phido.Pass(w.Context()); err != nil {
			w.Logf("pass: %v", err)
		}
		open := 0
		for i, r := range requested {
			requested[i], err = w.ledger.Run(w.Context(), r.ID)
			w.must(err)
			if s := requested[i].Status; s == aisles.RunWaiting || s == aisles.RunRunning {
				open++
			}
		}
		if open == 0 {
			return requested
		}
	}
	w.Fatalf("runs do not end: %+v", requested)
	return nil
}

func (w *world) syncOne(partner string) aisles.Run {
	w.Helper()
	return w.sync(aisles.SyncRequest{Partners: []string{partner}})[0]
}

// succeed syncs a partner and fails the test when not all is well.
func (w *world) succeed(partner string) aisles.Run {
	w.Helper()
	run := w.syncOne(partner)
	if run.Status != aisles.RunSucceeded {
		actions, _ := w.ledger.Actions(w.Context(), run.ID, "", 250)
		w.Fatalf("run: %s %q %+v", run.Status, run.Reason, failed(actions))
	}
	return run
}

func failed(actions []aisles.RunAction) []string {
	var out []string
	for _, a := range actions {
		if a.Error != nil {
			out = append(out, fmt.Sprintf("%s: %v %s [%s]", a.Key, a.Error.Field, a.Error.Message, a.Error.Code))
		}
	}
	return out
}

// control calls the simulator's control.
func (w *world) control(method, path string, body, out any) {
	w.Helper()
	raw, err := json.Marshal(body)
	w.must(err)
	r, err := http.NewRequestWithContext(context.WithoutCancel(w.Context()), method, w.shops.URL+"/_sim/"+path, strings.NewReader(string(raw)))
	w.must(err)
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		w.Fatalf("%s %s: %s", method, path, res.Status)
	}
	if out != nil {
		w.must(json.NewDecoder(res.Body).Decode(out))
	}
}

// shopState is a shop as the simulator shows it.
type shopState struct {
	Products []shopProduct `json:"products"`
}

type shopProduct struct {
	ID, Handle, Title, DescriptionHTML, Vendor, ProductType, Status string

	Tags     []string
	SEO      struct{ Title, Description *string }
	Options  []aisles.Option
	Variants []shopVariant
	Media    []struct{ ID, URL, Alt, Status string }

	Metafields  []aisles.Metafield
	PublishedOn []string
}

type shopVariant struct {
	ID              string
	SKU             *string
	Barcode         *string
	Price           string
	CompareAtPrice  *string
	SelectedOptions []struct{ Name, Value string }
	Inventory       []struct {
		Location  string
		Available int64
	}
	Metafields []aisles.Metafield
}

func (w *world) shop(partner string) map[string]shopProduct {
	w.Helper()
	var s shopState
	w.control("GET", "shops/"+domain(partner)+"/state", nil, &s)
	out := map[string]shopProduct{}
	for _, p := range s.Products {
		for i := range p.Media {
			p.Media[i].Status = "" // changes with time alone
		}
		if _, twice := out[p.Handle]; twice {
			w.Errorf("the shop has %s twice", p.Handle)
		}
		out[p.Handle] = p
	}
	return out
}

// call1 is one call a shop has got.
type call1 struct {
	N         int
	Operation string
	Variables json.RawMessage
	Throttled bool
	Status    int
}

// calls gives the calls of a shop since the last time it was asked.
func (w *world) calls(partner string) []call1 {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), "GET", w.shops.URL+"/_sim/calls?shop="+url.QueryEscape(domain(partner))+fmt.Sprintf("&after=%d", w.last), nil)
	w.must(err)
	res, err := http.DefaultClient.Do(r)
	w.must(err)
	defer func() { _ = res.Body.Close() }()
	var out []call1
	for dec := json.NewDecoder(res.Body); dec.More(); {
		var c call1
		w.must(dec.Decode(&c))
		out = append(out, c)
		w.last = max(w.last, c.N)
	}
	return out
}

// writes counts the calls that change something.
func writes(calls []call1) []string {
	var out []string
	for _, c := range calls {
		switch strings.ToLower(c.Operation[:1]) + c.Operation[1:] {
		case "productSet", "productVariantsBulkUpdate", "tagsAdd", "tagsRemove", "publicationUpdate", "metafieldsSet", "metafieldDefinitionCreate", "productDelete":
			out = append(out, c.Operation)
		}
	}
	return out
}

// same compares the shop with the catalog, product by product.
func (w *world) same(partner string, but ...string) {
	w.Helper()
	products := map[string]aisles.Product{}
	for after := ""; ; {
		page, err := w.store.Products(w.Context(), partner, store.ProductQuery{After: after})
		w.must(err)
		if len(page) == 0 {
			break
		}
		for _, p := range page {
			products[strings.ToLower(p.Handle)] = p
			after = p.Key
		}
	}
	shop := w.shop(partner)
	for handle, p := range products {
		have, ok := shop[handle]
		if !ok {
			w.Errorf("the shop has no %s", handle)
			continue
		}
		if diff := cmp.Diff(wantOf(p), haveOf(have), cmpopts.EquateEmpty()); diff != "" && !slices.Contains(but, handle) {
			w.Errorf("%s (-catalog +shop):\n%s", handle, diff)
		}
	}
	for handle, p := range shop {
		if _, ok := products[handle]; !ok && p.Status != "ARCHIVED" && !slices.Contains(but, handle) {
			w.Errorf("the shop has %s, the catalog has not", handle)
		}
	}
}

// flat is what catalog and shop are compared by.
type flat struct {
	Title, Body, Vendor, Type, Status, SEO string

	Tags, Options, Variants, Media, PublishedOn []string
}

func wantOf(p aisles.Product) flat {
	f := flat{Title: p.Title, Body: p.BodyHTML, Vendor: p.Vendor, Type: p.ProductType, Status: strings.ToUpper(string(p.Status)),
		SEO: p.SEO.Title + "|" + p.SEO.Description, Tags: p.Tags}
	for _, o := range p.Options {
		f.Options = append(f.Options, o.Name+": "+strings.Join(o.Values, ","))
	}
	for _, v := range p.Variants {
		stock := ""
		for _, l := range v.Inventory {
			stock += fmt.Sprint(l.Quantity)
		}
		f.Variants = append(f.Variants, fmt.Sprint(strings.Join(v.Options, "/"), " ", v.SKU, " ", v.Barcode, " ", v.Price, " ", v.CompareAtPrice, " ", stock))
	}
	d := aisles.Split(p)
	for _, m := range d.Media.Items {
		f.Media = append(f.Media, m.URL+" "+m.Alt)
	}
	if p.Published {
		f.PublishedOn = []string{"Online Store"}
	}
	return f
}

func haveOf(p shopProduct) flat {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	f := flat{Title: p.Title, Body: p.DescriptionHTML, Vendor: p.Vendor, Type: p.ProductType, Status: p.Status,
		SEO: text(p.SEO.Title) + "|" + text(p.SEO.Description), Tags: p.Tags, PublishedOn: p.PublishedOn}
	for _, o := range p.Options {
		if o.Name != "Title" {
			f.Options = append(f.Options, o.Name+": "+strings.Join(o.Values, ","))
		}
	}
	for _, v := range p.Variants {
		var values []string
		for _, o := range v.SelectedOptions {
			if o.Name != "Title" {
				values = append(values, o.Value)
			}
		}
		stock := ""
		for _, l := range v.Inventory {
			if l.Available != 0 {
				stock += fmt.Sprint(l.Available)
			}
		}
		f.Variants = append(f.Variants, fmt.Sprint(strings.Join(values, "/"), " ", text(v.SKU), " ", text(v.Barcode), " ", v.Price, " ", text(v.CompareAtPrice), " ", stock))
	}
	for _, m := range p.Media {
		f.Media = append(f.Media, m.URL+" "+m.Alt)
	}
	return f
}

// testdata gives a file of the folder of real catalogs, or skips the test.
func testdata(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(realdata.Dir(t), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRealCatalogs brings two partners' real catalogs to their shops.
func TestRealCatalogs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		feeds := map[string]string{"gatsby": testdata(t, "data/shopify-csv/gatsby/products.csv"), "packt": testdata(t, "data/shopify-csv/packt/Product-data.csv")}
		w := newWorld(t, h, "gatsby", "packt")
		for partner, feed := range feeds {
			imp := w.load(partner, feed, false)
			t.Logf("%s: %+v", partner, imp.Report)
		}
		runs := w.sync(aisles.SyncRequest{All: true})
		for _, r := range runs {
			t.Logf("%s: %s %q %+v, %d calls, %.0f points", r.Partner, r.Status, r.Reason, r.Counts, r.ShopifyCalls, r.ShopifyPoints)
			actions, err := w.ledger.Actions(t.Context(), r.ID, "", 250)
			w.must(err)
			for _, line := range failed(actions) {
				t.Error(line)
			}
			w.same(r.Partner)
		}
		w.calls("gatsby")
		w.last = 0
		before := len(w.calls("gatsby")) + len(w.calls("packt"))
		w.last = 0
		again := w.sync(aisles.SyncRequest{All: true})
		if n := len(w.calls("gatsby")) + len(w.calls("packt")); n != before {
			t.Errorf("the second sync made %d calls", n-before)
		}
		for _, r := range again {
			if r.Status != aisles.RunSucceeded || r.AislesRequests != 0 || r.ShopifyCalls != 0 || r.Pass == nil || r.Pass.AislesRequests != 1 || r.Pass.Changes != 0 {
				t.Errorf("second sync: %+v, pass %+v", r, r.Pass)
			}
		}
	})
}
