package sim

import (
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRouting: shops are found by Host header and by path prefix; a wrong
// token, path, version or method is refused.
func TestRouting(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	server := httptest.NewServer(s)
	defer server.Close()
	const path = "/admin/api/2026-10/graphql.json"
	tests := []struct {
		name, host, path, token, method string
		status                          int
	}{
		{"host", testDomain, path, "shpat_test", "POST", 200},
		{"host and port", testDomain + ":8081", path, "shpat_test", "POST", 200},
		{"prefix", "", "/" + testDomain + path, "shpat_test", "POST", 200},
		{"no version", testDomain, "/admin/api/graphql.json", "shpat_test", "POST", 200},
		{"wrong token", testDomain, path, "shpat_other", "POST", 401},
		{"no token", testDomain, path, "", "POST", 401},
		{"other shop", "other.myshopify.com", path, "shpat_test", "POST", 404},
		{"other version", testDomain, "/admin/api/2025-01/graphql.json", "shpat_test", "POST", 404},
		{"other path", testDomain, "/admin/products.json", "shpat_test", "POST", 404},
		{"get", testDomain, path, "shpat_test", "GET", 405},
		{"no shop", "", "/", "", "GET", 404},
	}
	for _, tt := range tests {
		r, err := http.NewRequestWithContext(t.Context(), tt.method, server.URL+tt.path, strings.NewReader(`{"query":"{ shop { id } }"}`))
		if err != nil {
			t.Fatal(err)
		}
		if tt.host != "" {
			r.Host = tt.host
		}
		r.Header.Set("X-Shopify-Access-Token", tt.token)
		res, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		err = json.NewDecoder(res.Body).Decode(&body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != tt.status {
			t.Errorf("%s: %d %v (%v), want %d", tt.name, res.StatusCode, body, err, tt.status)
		}
		if tt.status == 200 && (res.Header.Get("X-Request-Id") == "" || res.Header.Get("X-Shopify-API-Version") != "2026-10") {
			t.Errorf("%s: headers %v", tt.name, res.Header)
		}
		if tt.status == 401 && body["errors"] != badToken {
			t.Errorf("%s: %v", tt.name, body)
		}
	}
}

// TestBadBodies: what is no GraphQL request is a 400.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for _, body := range []string{"", "{", "[]", `{"query":""}`, `{"query":1}`, `{"query":"{ shop { id } }","variables":[]}`, `{"query":"{ shop { id } }","variables":` + strings.Repeat(`{"a":`, 300) + "1" + strings.Repeat("}", 300) + `}`} {
		got, err := send(t, s, []byte(body))
		if err != nil || got.status != http.StatusBadRequest {
			t.Errorf("%.40s: %v %v", body, got, err)
		}
	}
	got, err := send(t, s, []byte(`{"query":"query A { shop { id } } query B { shop { name } }","operationName":"B","variables":null}`))
	if err != nil || got.code() != "" || got.Data["shop"].(map[string]any)["name"] == nil {
		t.Errorf("operationName: %+v %v", got, err)
	}
	for _, body := range []string{`{"query":"query A { shop { id } } query B { shop { id } }"}`, `{"query":"{ shop { id } }","operationName":"C"}`} {
		if got, err := send(t, s, []byte(body)); err != nil || len(got.Errors) != 1 || got.Data != nil {
			t.Errorf("%s: %+v %v", body, got, err)
		}
	}
}

// TestCalls: the log numbers calls, filters them, and stays within its bound.
func TestCalls(t *testing.T) {
	t.Parallel()
	s := New(Options{Shops: []Shop{{Domain: testDomain, AccessToken: "shpat_test"}, {Domain: "b.myshopify.com"}}, LogBytes: 5000})
	post(t, s, "query Name { shop { id } }", map[string]any{})
	post(t, s, "{ nothing }", nil)
	lines := strings.Split(strings.TrimSpace(control(t, s, "GET", "/_sim/calls?shop="+testDomain, "", 200)), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	var first call
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.N != 1 || first.Operation != "shop" || first.Name != "Name" || *first.Requested != 1 || *first.Actual != 1 || first.Status != 200 || first.Kind != "graphql" || first.Document != "query Name { shop { id } }" {
		t.Errorf("logged %s", lines[0])
	}
	if !strings.Contains(lines[1], `"operation":""`) || !strings.Contains(lines[1], `"requestedCost":null`) {
		t.Errorf("logged %s", lines[1])
	}
	if got := control(t, s, "GET", "/_sim/calls?shop=b.myshopify.com", "", 200); got != "" {
		t.Errorf("another shop's calls: %s", got)
	}
	control(t, s, "GET", "/_sim/calls?after=x", "", 400)
	for range 50 {
		post(t, s, "{ shop { id } }", nil)
	}
	kept := s.calls.after(0, "")
	if n := len(kept); n > 16 || kept[n-1].N != 52 {
		t.Errorf("%d calls kept, the last is %d", n, kept[n-1].N)
	}
	if got := s.calls.after(51, ""); len(got) != 1 {
		t.Errorf("%d calls after 51", len(got))
	}
}

// TestControl: shops, state, edit, reset and what is refused.
func TestControl(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	made := control(t, s, "POST", "/_sim/shops", `{"domain":"New.myshopify.com","plan":"plus","locations":["a","b"]}`, 201)
	var shop Shop
	if err := json.Unmarshal([]byte(made), &shop); err != nil || shop.Domain != "new.myshopify.com" || shop.Currency != "USD" || !strings.HasPrefix(shop.AccessToken, "shpat_") {
		t.Errorf("%+v %v", shop, err)
	}
	if got := control(t, s, "GET", "/_sim/shops", "", 200); !strings.Contains(got, testDomain) || !strings.Contains(got, shop.AccessToken) {
		t.Errorf("shops: %s", got)
	}
	for _, body := range []string{`{}`, `{"domain":"a/b"}`, `{"domain":"_sim"}`, `{"domain":"a.b","plan":"free"}`, `{"domain":"a.b","currency":"Euro"}`, `{"domain":"a.b","latency_ms":-1}`, `{"domain":"a.b","color":1}`, `{`} {
		control(t, s, "POST", "/_sim/shops", body, 400)
	}
	post(t, s, createTee, nil)
	control(t, s, "POST", "/_sim/shops", `{"domain":"`+testDomain+`","access_token":"shpat_test","plan":"plus"}`, 201)
	if got := control(t, s, "GET", "/_sim/shops/"+testDomain+"/state", "", 200); !strings.Contains(got, `"title":"Tee"`) || !strings.Contains(got, `"orders":[]`) {
		t.Errorf("state after a change of plan: %s", got)
	}
	if max := post(t, s, "{ shop { id } }", nil).Extensions.Cost.Throttle.Maximum; max != 20000 {
		t.Errorf("bucket of %g after the change to plus", max)
	}
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/edit", `{"handle":"tee","title":"Shirt"}`, 200)
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/edit", `{"handle":"none","title":"Shirt"}`, 422)
	if got := control(t, s, "GET", "/_sim/shops/"+testDomain+"/state", "", 200); !strings.Contains(got, `"title":"Shirt"`) {
		t.Errorf("state after an edit: %s", got)
	}
	control(t, s, "GET", "/_sim/shops/none/state", "", 404)
	control(t, s, "GET", "/_sim/nothing", "", 404)
	control(t, s, "POST", "/_sim/faults", `{"kind":"http_500"}`, 201)
	control(t, s, "POST", "/_sim/reset", "", 204)
	if got := post(t, s, "{ productsCount { count } }", nil); got.Data["productsCount"].(map[string]any)["count"] != 0.0 {
		t.Errorf("after reset: %s", got.raw)
	}
	if got, err := png.Decode(strings.NewReader(control(t, s, "GET", "/_sim/pictures/tee.png", "", 200))); err != nil || got.Bounds().Dx() != pictureSize {
		t.Errorf("picture: %v", err)
	}
}

// TestAccess: a token without a scope is refused in Shopify's words, and
// write access includes reading.
func TestAccess(t *testing.T) {
	t.Parallel()
	s := testServer(t, func(shop *Shop) { shop.Scopes = []string{"write_products"} })
	tests := []struct{ document, want string }{
		{"{ products(first: 1) { nodes { id } } }", ""},
		{createTee, ""},
		{`{ publications(first: 1) { nodes { id } } }`, "Access denied for publications field. Required access: `read_publications` access scope."},
		{`{ locations(first: 1) { nodes { id } } }`, "Access denied for locations field."},
		{`mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["a"]) { userErrors { message } } }`, "Access denied for tagsAdd field."},
		{`mutation { inventoryActivate(inventoryItemId: "gid://shopify/InventoryItem/1", locationId: "gid://shopify/Location/1") @idempotent(key: "k") { userErrors { message } } }`, "Access denied for inventoryActivate field. Required access: `write_inventory` access scope. Also: The user must have a permission to activate an inventory item."},
	}
	for _, tt := range tests {
		got := post(t, s, tt.document, nil)
		message := ""
		if len(got.Errors) > 0 {
			message = got.Errors[0].Message
			if got.code() != "ACCESS_DENIED" {
				t.Errorf("%s: code %s", tt.document, got.code())
			}
		}
		if message != tt.want {
			t.Errorf("%s: %q, want %q", tt.document, message, tt.want)
		}
	}
}

func ExampleServer() {
	server := New(Options{Shops: []Shop{{Domain: "acme.myshopify.com", AccessToken: "shpat_1"}}})
	r, _ := http.NewRequest(http.MethodPost, "https://acme.myshopify.com/admin/api/2026-10/graphql.json", strings.NewReader(`{"query":"{ shop { name } }"}`))
	r.Header.Set("X-Shopify-Access-Token", "shpat_1")
	res, err := (&http.Client{Transport: server}).Do(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	var body struct {
		Data struct{ Shop struct{ Name string } }
	}
	fmt.Println(res.StatusCode, json.NewDecoder(res.Body).Decode(&body), body.Data.Shop.Name)
	// Output: 200 <nil> acme
}
