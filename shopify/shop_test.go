package shopify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aisles/shopify"
	"aisles/shopify/sim"
)

const (
	domain = "acme.myshopify.com"
	token  = "shpat_do_not_print"
)

// newShop gives a simulated shop, which answers in memory, and a client of it.
// An answer the simulator got wrong fails the test.
func newShop(t *testing.T, changes ...func(*shopify.Options)) (*sim.Server, *shopify.Client) {
	t.Helper()
	server := sim.New(sim.Options{
		Shops:     []sim.Shop{{Domain: domain, AccessToken: token}},
		OnFailure: func(err error) { t.Errorf("simulator: %v", err) },
	})
	o := shopify.Options{Shop: domain, Token: token, Transport: server}
	for _, change := range changes {
		change(&o)
	}
	return server, newClient(t, o)
}

func newClient(t *testing.T, o shopify.Options) *shopify.Client {
	t.Helper()
	c, err := shopify.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// control sends a control request to the simulator.
func control(t *testing.T, server *sim.Server, method, path, body string) string {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	if w.Code >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

// fail has requests go wrong.
func fail(t *testing.T, server *sim.Server, kind string, count int) {
	t.Helper()
	control(t, server, "POST", "/_sim/faults", fmt.Sprintf(`{"kind":%q,"count":%d}`, kind, count))
}

// transport is a function that answers requests.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respond makes an answer of a body.
func respond(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json; charset=utf-8"}, "X-Request-Id": {"request-1"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

const shopAnswer = `{"data":{"shop":{"id":"gid://shopify/Shop/1","name":"Acme"}},"extensions":{"cost":{"requestedQueryCost":1,"actualQueryCost":1,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1999,"restoreRate":100.0}}}}`

// tee is a product to set, addressed by its handle.
func tee() shopify.ProductSetVariables {
	return shopify.ProductSetVariables{
		Identifier: shopify.Value(shopify.ProductSetIdentifiers{Handle: shopify.Value("tee")}),
		Input: shopify.ProductSetInput{
			Title:  shopify.Value("Tee"),
			Handle: shopify.Value("tee"),
			Status: shopify.Value(shopify.ProductStatusActive),
			Tags:   shopify.Value([]string{"cotton"}),
			ProductOptions: shopify.Value([]shopify.OptionSetInput{{
				Name:   shopify.Value("Size"),
				Values: shopify.Value([]shopify.OptionValueSetInput{{Name: shopify.Value("S")}, {Name: shopify.Value("M")}}),
			}}),
			Variants: shopify.Value([]shopify.ProductVariantSetInput{teeVariant("S"), teeVariant("M")}),
		},
	}
}

func teeVariant(size string) shopify.ProductVariantSetInput {
	return shopify.ProductVariantSetInput{
		OptionValues: []shopify.VariantOptionValueInput{{OptionName: shopify.Value("Size"), Name: shopify.Value(size)}},
		Price:        shopify.Value("19.90"),
		SKU:          shopify.Value("T-" + size),
		InventoryItem: shopify.Value(shopify.InventoryItemInput{
			Tracked:     shopify.Value(true),
			Measurement: shopify.Value(shopify.InventoryItemMeasurementInput{Weight: shopify.Value(shopify.WeightInput{Value: 0.2, Unit: shopify.WeightUnitKilograms})}),
		}),
	}
}
