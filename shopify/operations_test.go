package shopify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"aisles/shopify"
	"aisles/shopify/schema"
	"aisles/shopify/sim"
)

// TestVersion: the calls, the types and the simulator speak of one version.
func TestVersion(t *testing.T) {
	t.Parallel()
	if shopify.Version != schema.Version {
		t.Errorf("client speaks %s, its schema is %s", shopify.Version, schema.Version)
	}
}

// maxQueryCost is the most one request may cost,
// https://shopify.dev/docs/api/usage/limits#single-query-limit.
const maxQueryCost = 1000

// largest are variables of the largest calls made of each operation.
var largest = map[string]string{
	"locations":                    `{}`,
	"media_by_ids":                 `{"ids":[` + list(250, `"gid://shopify/MediaImage/%d"`) + `]}`,
	"metafield_definition_create":  `{"definition":{"namespace":"aisles","key":"key","name":"Key","type":"id","ownerType":"PRODUCT"}}`,
	"metafield_definitions":        `{"ownerType":"PRODUCT","namespace":"aisles"}`,
	"metafields_set":               `{"metafields":[` + list(25, `{"ownerId":"gid://shopify/Product/%d","namespace":"custom","key":"care","type":"single_line_text_field","value":"v"}`) + `]}`,
	"owned_products":               `{"namespace":"aisles","key":"key"}`,
	"product_by_identifier":        `{"identifier":{"handle":"tee"},"namespace":"aisles","key":"key","metafields":[` + list(250, `"custom.k%d"`) + `]}`,
	"product_delete":               `{"input":{"id":"gid://shopify/Product/1"}}`,
	"product_set":                  `{"input":{"title":"Tee","productOptions":[{"name":"N","values":[` + list(2048, `{"name":"%d"}`) + `]}],"variants":[` + list(2048, `{"optionValues":[{"optionName":"N","name":"%d"}]}`) + `]}}`,
	"product_variants":             `{"id":"gid://shopify/Product/1"}`,
	"product_variants_bulk_update": `{"productId":"gid://shopify/Product/1","variants":[` + list(250, `{"id":"gid://shopify/ProductVariant/%d","price":"1.00"}`) + `]}`,
	"products_by_ids":              `{"ids":[` + list(250, `"gid://shopify/Product/%d"`) + `]}`,
	"products_full":                `{"ids":[` + list(250, `"gid://shopify/Product/%d"`) + `],"namespace":"aisles","key":"key","metafields":[` + list(250, `"custom.k%d"`) + `]}`,
	"publication_update":           `{"id":"gid://shopify/Publication/1","input":{"publishablesToAdd":[` + list(50, `"gid://shopify/Product/%d"`) + `]}}`,
	"publications":                 `{}`,
	"shop":                         `{}`,
	"tags_add":                     `{"id":"gid://shopify/Product/1","tags":["a"]}`,
	"tags_remove":                  `{"id":"gid://shopify/Product/1","tags":["a"]}`,
}

// list is n numbered elements of a JSON list.
func list(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i+1)
	}
	return strings.Join(parts, ",")
}

// TestOperations: every document is valid against the official schema, and
// asks for no more points than one request may.
func TestOperations(t *testing.T) {
	t.Parallel()
	official, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("operations/*.graphql")
	if err != nil || len(files) < len(largest) {
		t.Fatalf("%d documents for %d operations, %v", len(files), len(largest), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".graphql")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, errs := gqlparser.LoadQueryWithRules(official, string(document), rules.NewDefaultRules()); errs != nil {
				t.Error(errs)
			}
			variables, ok := largest[name]
			if !ok {
				t.Fatal("no variables of the largest call are given")
			}
			if points := requested(t, string(document), variables); points > maxQueryCost {
				t.Errorf("%d points, one request may cost %d", points, maxQueryCost)
			} else {
				t.Logf("%d points", points)
			}
		})
	}
}

// requested is what the simulator takes for a call.
func requested(t *testing.T, document, variables string) int {
	t.Helper()
	server := sim.New(sim.Options{Shops: []sim.Shop{{Domain: domain, AccessToken: token, Plan: "enterprise"}}})
	body, err := json.Marshal(map[string]any{"query": document, "variables": json.RawMessage(variables)})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "https://"+domain+"/admin/api/"+shopify.Version+"/graphql.json", strings.NewReader(string(body)))
	r.Header.Set("X-Shopify-Access-Token", token)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	var answer struct {
		Extensions struct {
			Cost struct{ RequestedQueryCost int }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Extensions.Cost.RequestedQueryCost == 0 {
		t.Fatalf("answer without a price: %d %.500s", w.Code, w.Body)
	}
	return answer.Extensions.Cost.RequestedQueryCost
}

// TestThreeStates: what is left out is not there, null is null, empty is empty.
func TestThreeStates(t *testing.T) {
	t.Parallel()
	in := shopify.ProductSetVariables{
		Input: shopify.ProductSetInput{
			Title:    shopify.Value(""),
			Vendor:   shopify.Null[string](),
			Tags:     shopify.Value[[]string](nil),
			Variants: shopify.Value([]shopify.ProductVariantSetInput{{InventoryQuantities: shopify.Value([]shopify.ProductSetInventoryInput{{Quantity: 0}})}}),
		},
		Synchronous: shopify.Value(false),
	}
	raw, err := json.Marshal(in)
	const want = `{"input":{"tags":[],"title":"","variants":[{"inventoryQuantities":[{"locationId":"","name":"","quantity":0}],"optionValues":null}],"vendor":null},"synchronous":false}`
	if err != nil || string(raw) != want {
		t.Errorf("%s %v\nwant %s", raw, err, want)
	}
	var back shopify.ProductSetVariables
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	in.Input.Tags = shopify.Value([]string{})
	if d := cmp.Diff(in, back); d != "" {
		t.Error(d)
	}
	if v, ok := back.Input.Vendor.Get(); ok || v != "" || !back.Input.Vendor.IsNull() || back.Input.Vendor.IsZero() {
		t.Errorf("vendor is %q, %t", v, ok)
	}
	if v, ok := back.Input.Title.Get(); !ok || v != "" || back.Input.Handle.IsNull() || !back.Input.Handle.IsZero() {
		t.Errorf("title is %q, %t", v, ok)
	}
	if err := json.Unmarshal([]byte(`{"input":{"tags":1}}`), &back); err == nil {
		t.Error("tags are a number")
	}
}
