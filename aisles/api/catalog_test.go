package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"

	"github.com/google/go-cmp/cmp"
)

type listOf[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

func TestPartners(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		w.want(201, "operator", "POST", "/v1/partners", `{"key":"gamma","name":"Gamma","currency":"EUR"}`)
		if p := w.want(409, "operator", "POST", "/v1/partners", `{"key":"gamma"}`).problem(t); p.Code != aisles.Conflict {
			t.Errorf("code = %s", p.Code)
		}
		w.want(422, "operator", "POST", "/v1/partners", `{"key":"Not a key"}`).problem(t)
		first := decode[listOf[aisles.Partner]](t, w.want(200, "operator", "GET", "/v1/partners?limit=2", ""))
		rest := decode[listOf[aisles.Partner]](t, w.want(200, "operator", "GET", "/v1/partners?limit=2&after="+first.Next, ""))
		if len(first.Items) != 2 || len(rest.Items) != 1 || rest.Items[0].Key != "gamma" || rest.Next != "" {
			t.Errorf("pages = %+v, %+v", first, rest)
		}
		if own := decode[listOf[aisles.Partner]](t, w.want(200, "acme", "GET", "/v1/partners", "")); len(own.Items) != 1 || own.Items[0].Key != "acme" || own.Next != "" {
			t.Errorf("a partner sees %+v", own)
		}
		got := decode[aisles.Partner](t, w.want(200, "operator", "PATCH", "/v1/partners/acme", `{"name":"Acme & Sons"}`))
		if got.Name != "Acme & Sons" || got.Currency != "" {
			t.Errorf("patched = %+v", got)
		}
		// The sync learns a currency once.
		w.want(200, "sync", "PATCH", "/v1/partners/acme", `{"currency":"EUR"}`)
		w.want(200, "sync", "PATCH", "/v1/partners/acme", `{"currency":"EUR"}`)
		w.want(409, "sync", "PATCH", "/v1/partners/acme", `{"currency":"USD"}`).problem(t)
		w.want(403, "sync", "PATCH", "/v1/partners/acme", `{"name":"x"}`).problem(t)
		w.want(200, "operator", "PUT", "/v1/partners/gamma/products", `{"items":[{"key":"a","title":"A"},{"key":"b","title":"B"}]}`)
		if removed := w.want(200, "operator", "DELETE", "/v1/partners/gamma", ""); !strings.Contains(string(removed.body), `"removed":2`) {
			t.Errorf("removed: %s", removed.body)
		}
		w.want(404, "operator", "GET", "/v1/partners/gamma", "").problem(t)
	})
}

func TestETag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	first := w.want(200, "operator", "GET", "/v1/partners/acme", "")
	tag := first.header.Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	for _, condition := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if again := w.want(304, "operator", "GET", "/v1/partners/acme", "", "If-None-Match", condition); len(again.body) > 0 {
			t.Errorf("304 with a body: %s", again.body)
		}
	}
	w.want(200, "operator", "PATCH", "/v1/partners/acme", `{"name":"Other"}`)
	if changed := w.want(200, "operator", "GET", "/v1/partners/acme", "", "If-None-Match", tag); changed.header.Get("ETag") == tag {
		t.Error("the ETag outlives a change")
	}
}

// TestConditionalPut: a write that names what it takes the product to be loses
// nobody else's.
func TestConditionalPut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		const path = "/v1/partners/acme/products/tee"
		put := func(status int, title string, headers ...string) reply {
			t.Helper()
			r := w.want(status, "acme", "PUT", path, `{"title":"`+title+`"}`, headers...)
			if status == 412 {
				if p := r.problem(t); p.Code != aisles.Conflict {
					t.Errorf("code = %s", p.Code)
				}
			}
			return r
		}
		put(412, "One", "If-Match", "*")
		put(412, "One", "If-Match", `"none"`)
		put(201, "One", "If-None-Match", "*")
		put(412, "Two", "If-None-Match", "*")
		first := w.want(200, "acme", "GET", path, "").header.Get("ETag")
		if again := put(200, "One", "If-Match", first).header.Get("ETag"); again != first {
			t.Errorf("ETag of GET %s, of a PUT that changes nothing %s", first, again)
		}
		second := put(200, "Two", "If-Match", `"none", `+first).header.Get("ETag")
		if second == first || second != w.want(200, "acme", "GET", path, "").header.Get("ETag") {
			t.Errorf("ETags: %s, then %s", first, second)
		}
		put(412, "Three", "If-Match", first)
		put(412, "Three", "If-Match", "W/"+second)
		put(412, "Three", "If-None-Match", "W/"+second)
		put(200, "Three", "If-Match", "*")
		if p := decode[aisles.Product](t, w.want(200, "acme", "GET", path, "")); p.Title != "Three" {
			t.Errorf("title = %q", p.Title)
		}
		w.want(204, "acme", "DELETE", path, "")
		put(412, "Four", "If-Match", "*")
	})
}

const tee = `{"key":"tee","title":"Tee","body_html":"<p>Soft</p>","tags":["a"],"options":[{"name":"Size"}],
 "variants":[{"sku":"T-S","price":19.90,"compare_at_price":"25","cost":null,"options":["S"],"weight":{"value":0.2,"unit":"kg"},"inventory":[{"location":"default","quantity":5}]},
 {"sku":"T-M","price":"19.9","options":["M"],"metadata":[{"namespace":"custom","key":"care","type":"single_line_text_field","value":"30"}]}],
 "media":[{"url":"https://pictures.example/tee.png","alt":""}],"seo":{"title":"Tee"}}`

func TestProducts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		results := decode[listOf[struct {
			Key     string
			Outcome aisles.Outcome
			Error   *struct{ Code, Field, Message string }
		}]](t, w.want(200, "acme", "PUT", "/v1/partners/acme/products", `{"items":[`+tee+`,{"key":"bad","status":"sold"},{"key":"cap","title":"Cap"}]}`))
		var outcomes []aisles.Outcome
		for _, r := range results.Items {
			outcomes = append(outcomes, r.Outcome)
		}
		if diff := cmp.Diff([]aisles.Outcome{aisles.Created, aisles.Rejected, aisles.Created}, outcomes); diff != "" {
			t.Fatalf("outcomes (-want +got):\n%s", diff)
		}
		if e := results.Items[1].Error; e == nil || e.Code != "invalid" || e.Field == "" || e.Message == "" {
			t.Errorf("rejected without a reason: %+v", e)
		}

		// What GET gives, PUT accepts, and changes nothing.
		got := w.want(200, "acme", "GET", "/v1/partners/acme/products/tee", "")
		p := decode[aisles.Product](t, got)
		if p.Variants[0].Price != "19.90" || p.Variants[0].CompareAtPrice != "25.00" || p.Variants[1].Price != "19.90" {
			t.Errorf("prices = %+v", p.Variants)
		}
		back := w.want(200, "acme", "PUT", "/v1/partners/acme/products/tee", string(got.body))
		if diff := cmp.Diff(string(got.body), string(back.body)); diff != "" {
			t.Errorf("GET and PUT (-got +put):\n%s", diff)
		}
		all := w.want(200, "operator", "PUT", "/v1/partners/acme/products", `{"items":[`+string(got.body)+`]}`)
		if !strings.Contains(string(all.body), `"unchanged"`) {
			t.Errorf("putting back what GET gave: %s", all.body)
		}

		// An absent field is left, null or an empty one clears.
		cleared := decode[aisles.Product](t, w.want(200, "acme", "PUT", "/v1/partners/acme/products/tee", `{"tags":[],"media":null,"seo":null,"title":"Tee 2"}`))
		if len(cleared.Tags) != 0 || len(cleared.Media) != 0 || cleared.SEO != (aisles.SEO{}) || cleared.Title != "Tee 2" || cleared.BodyHTML != "<p>Soft</p>" || len(cleared.Variants) != 2 {
			t.Errorf("cleared = %+v", cleared)
		}
		w.want(422, "acme", "PUT", "/v1/partners/acme/products/tee", `{"key":"other"}`).problem(t)
		dry := w.want(200, "acme", "PUT", "/v1/partners/acme/products?dry_run=true", `{"items":[{"key":"new","title":"New"}]}`)
		if !strings.Contains(string(dry.body), `"created"`) {
			t.Errorf("dry run: %s", dry.body)
		}
		w.want(404, "acme", "GET", "/v1/partners/acme/products/new", "").problem(t)
		if found := decode[listOf[aisles.Product]](t, w.want(200, "operator", "GET", "/v1/partners/acme/products?text=TEE", "")); len(found.Items) != 1 {
			t.Errorf("found %d", len(found.Items))
		}
		w.want(204, "acme", "DELETE", "/v1/partners/acme/products/tee", "")
		w.want(404, "acme", "DELETE", "/v1/partners/acme/products/tee", "").problem(t)
		for _, path := range []string{"", "/products", "/products/tee", "/imports"} {
			w.want(404, "operator", "GET", "/v1/partners/nobody"+path, "").problem(t)
		}
		w.want(404, "operator", "PUT", "/v1/partners/nobody/products", `{"items":[{"key":"a"}]}`).problem(t)
		w.want(404, "operator", "PUT", "/v1/partners/nobody/products/tee", `{"title":"Tee"}`).problem(t)
		w.want(404, "operator", "DELETE", "/v1/partners/nobody/products/tee", "").problem(t)
	})
}

func TestKeysOfAnyCharacters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for _, key := range []string{"a/b", "..", ".", "a//b", "50% off?#", "ключ", "a b+c", "x&y=z", `"quoted"`} {
		path := "/v1/partners/acme/products/" + strings.ReplaceAll(url.PathEscape(key), ".", "%2E")
		w.want(201, "acme", "PUT", path, `{"title":"T"}`)
		if p := decode[aisles.Product](t, w.want(200, "acme", "GET", path, "")); p.Key != key {
			t.Errorf("key %q came back as %q", key, p.Key)
		}
		w.want(204, "acme", "DELETE", path, "")
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		w.want(200, "acme", "PUT", "/v1/partners/acme/products", `{"items":[`+tee+`,{"key":"cap","title":"Cap"}]}`)
		w.want(200, "beta", "PUT", "/v1/partners/beta/products", `{"items":[{"key":"mug","title":"Mug"}]}`)
		type changes struct {
			Items   []aisles.Change
			Next    aisles.Cursor
			More    *bool
			Horizon *struct {
				Held       bool
				AgeSeconds *float64 `json:"age_seconds"`
			}
		}
		// The horizon is the cluster's: neighbours may hold it for a moment.
		read := func(as, query string, want int) changes {
			var got changes
			for held := true; held; held = got.Horizon != nil && got.Horizon.Held {
				got = decode[changes](t, w.want(200, as, "GET", "/v1/changes?"+query, ""))
			}
			if len(got.Items) != want || got.Next == "" || got.More == nil || got.Horizon == nil || got.Horizon.AgeSeconds == nil {
				t.Errorf("%s?%s = %+v, want %d items", as, query, got, want)
			}
			return got
		}
		all := read("sync", "", 3)
		read("acme", "", 2)
		read("operator", "partner=beta", 1)
		read("operator", "facet=inventory&facet=publication&partner=acme", 2)
		if after := read("sync", "after="+url.QueryEscape(string(all.Next)), 0); after.Next == "" {
			t.Error("no next")
		}
		w.want(404, "acme", "GET", "/v1/changes?partner=beta", "").problem(t)
		if p := w.want(410, "sync", "GET", "/v1/changes?after=aaaaaaaaaaaa.0.0", "").problem(t); p.Code != aisles.Gone {
			t.Errorf("code = %s", p.Code)
		}

		bodies := decode[listOf[aisles.Body]](t, w.want(200, "sync", "POST", "/v1/products/batchGet",
			`{"keys":[{"partner":"beta","key":"mug"},{"partner":"acme","key":"none"},{"partner":"acme","key":"tee"}],"facets":["content"]}`))
		if len(bodies.Items) != 3 || bodies.Items[0].Key != "mug" || !bodies.Items[1].Missing || bodies.Items[2].Content == nil || bodies.Items[2].Media != nil || bodies.Items[2].Fingerprints["content"] == "" {
			t.Errorf("bodies = %+v", bodies)
		}
		w.want(404, "acme", "POST", "/v1/products/batchGet", `{"keys":[{"partner":"beta","key":"mug"}]}`).problem(t)
		w.want(422, "sync", "POST", "/v1/products/batchGet", `{"keys":[],"facets":["colour"]}`).problem(t)
		var many []string
		for i := range 251 {
			many = append(many, fmt.Sprintf(`{"partner":"acme","key":"%d"}`, i))
		}
		w.want(422, "sync", "POST", "/v1/products/batchGet", `{"keys":[`+strings.Join(many, ",")+`]}`).problem(t)
	})
}

// TestStatementsPerList: a list of 20 issues the statements of one of 2.
func TestStatementsPerList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		fill := func(from, to int) {
			for i := from; i < to; i++ {
				w.want(201, "operator", "POST", "/v1/partners", fmt.Sprintf(`{"key":"p%02d"}`, i))
				w.want(201, "operator", "POST", "/v1/tokens", `{"class":"sync"}`)
				w.want(200, "operator", "PUT", "/v1/partners/acme/products", fmt.Sprintf(`{"items":[{"key":"k%02d","title":"K"}]}`, i))
				if _, err := w.store.StartImport(t.Context(), aisles.Import{ID: fmt.Sprint("i", i), Partner: "acme"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		products := func(n int) string {
			var keys []string
			for i := range n {
				keys = append(keys, fmt.Sprintf(`{"partner":"acme","key":"k%02d"}`, i))
			}
			return strings.Join(keys, ",")
		}
		count := func(n int) map[string]int64 {
			out := map[string]int64{}
			for _, path := range []string{"/v1/partners", "/v1/partners/acme/products", "/v1/partners/acme/imports", "/v1/tokens", "/v1/changes"} {
				out[path] = w.statements("operator", "GET", path, "")
			}
			out["batchGet"] = w.statements("operator", "POST", "/v1/products/batchGet", `{"keys":[`+products(n)+`]}`)
			out["putProducts"] = w.statements("operator", "PUT", "/v1/partners/acme/products", `{"items":[`+strings.ReplaceAll(products(n), `"partner":"acme",`, "")+`]}`)
			return out
		}
		fill(0, 2)
		two := count(2)
		fill(2, 20)
		if diff := cmp.Diff(two, count(20)); diff != "" {
			t.Errorf("statements (-for 2 +for 20):\n%s", diff)
		}
	})
}
