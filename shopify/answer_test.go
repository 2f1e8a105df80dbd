package shopify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aisles/shopify"
)

// answering makes a client of a shop that always answers the same.
func answering(t *testing.T, status int, body string, headers ...string) *shopify.Client {
	t.Helper()
	return newClient(t, shopify.Options{Shop: domain, Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
		return respond(r, status, body, headers...), nil
	})})
}

const denied = `{"data":{"shop":null},"errors":[{"message":"Access denied for shop field. Token ` + token + `.","extensions":{"code":"ACCESS_DENIED"},"path":["shop"]},{"message":"And more."}]}`

const tooDear = `{"errors":[{"message":"Query cost is 1293, which exceeds the single query max cost limit (1000).\n\nSee https://shopify.dev/concepts/about-apis/rate-limits for more information.","extensions":{"code":"MAX_COST_EXCEEDED","cost":1293,"maxCost":1000,"documentation":"https://shopify.dev/api/usage/rate-limits"}}]}`

// TestAnswers: what is read from answers of every shape.
func TestAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		class      shopify.Class
		api        shopify.APIError
	}{
		{"good", shopAnswer, 200, shopify.ClassNone, shopify.APIError{}},
		{"denied", denied, 200, shopify.ClassShop, shopify.APIError{Status: 200, Code: "ACCESS_DENIED", Message: "Access denied for shop field. Token [token].; And more."}},
		{"errors are a text", `{"errors":"Not Found"}`, 404, shopify.ClassShop, shopify.APIError{Status: 404, Message: "Not Found"}},
		{"errors are an object", `{"errors":{"query":"missing"}}`, 400, shopify.ClassShop, shopify.APIError{Status: 400, Message: `{"query":"missing"}`}},
		{"HTML", "<html>Forbidden</html>", 403, shopify.ClassShop, shopify.APIError{Status: 403, Message: "no GraphQL answer: <html>Forbidden</html>"}},
		{"HTML that is fine", "<html>Password</html>", 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Message: "no GraphQL answer: <html>Password</html>"}},
		{"a redirect", "", 302, shopify.ClassShop, shopify.APIError{Status: 302, Message: "no GraphQL answer:"}},
		{"nothing", "", 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Message: "no GraphQL answer:"}},
		{"null", "null", 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Message: "answer without data and without errors"}},
		{"an empty object", "{}", 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Message: "answer without data and without errors"}},
		{"internal error", `{"errors":[{"message":"Internal error.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`, 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Code: "INTERNAL_SERVER_ERROR", Message: "Internal error."}},
		{"invalid variable", `{"errors":[{"message":"Variable $id is bad","extensions":{"code":"INVALID_VARIABLE","value":1}}]}`, 200, shopify.ClassProduct, shopify.APIError{Status: 200, Code: "INVALID_VARIABLE", Message: "Variable $id is bad"}},
		{"no such token", `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`, 401, shopify.ClassShop, shopify.APIError{Status: 401, Message: "[API] Invalid API key or access token (unrecognized login or wrong password)"}},
		{"unpaid", `{"errors":"Unavailable Shop"}`, 402, shopify.ClassShop, shopify.APIError{Status: 402, Message: "Unavailable Shop"}},
		{"locked", "", 423, shopify.ClassShop, shopify.APIError{Status: 423, Message: "no GraphQL answer:"}},
		{"too dear", tooDear, 200, shopify.ClassProduct, shopify.APIError{Status: 200, Code: "MAX_COST_EXCEEDED", Message: "Query cost is 1293, which exceeds the single query max cost limit (1000). See https://shopify.dev/concepts/about-apis/rate-limits for more information."}},
		{"too many", `{"errors":[{"message":"The input array size of 251 is greater than the maximum allowed of 250.","path":["fileCreate","files"],"extensions":{"code":"MAX_INPUT_SIZE_EXCEEDED"}}]}`, 200, shopify.ClassProduct, shopify.APIError{Status: 200, Code: "MAX_INPUT_SIZE_EXCEEDED", Message: "The input array size of 251 is greater than the maximum allowed of 250."}},
		{"Shopify's own failure", `{"errors":[{"message":"Internal error. Looks like something went wrong on our end.\nRequest ID: 1-2 (include this in support requests).","extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":"1-2"}}]}`, 200, shopify.ClassTemporary, shopify.APIError{Status: 200, Code: "INTERNAL_SERVER_ERROR", Message: "Internal error. Looks like something went wrong on our end. Request ID: 1-2 (include this in support requests)."}},
		{"rate", "slow down", 430, shopify.ClassTemporary, shopify.APIError{Status: 430, Message: "no GraphQL answer: slow down"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shop, err := answering(t, tt.status, tt.body, "Location", "https://elsewhere.example/").Shop(t.Context())
				if got := shopify.Classify(err); got != tt.class {
					t.Errorf("%v is %s, want %s", err, got, tt.class)
				}
				var api *shopify.APIError
				if tt.class == shopify.ClassNone {
					if shop.Name != "Acme" {
						t.Errorf("shop: %+v", shop)
					}
					return
				}
				if !errors.As(err, &api) || api.Status != tt.api.Status || api.Code != tt.api.Code || api.Message != tt.api.Message || api.RequestID != "request-1" {
					t.Errorf("%#v, want %#v", api, tt.api)
				}
				if !strings.HasPrefix(err.Error(), "Shop: shopify answered ") {
					t.Errorf("%v does not say which operation", err)
				}
			})
		})
	}
}

// TestOddAnswers: answers that fit no type are errors, a write without a
// payload is an unknown outcome, partial data comes beside its error.
func TestOddAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if _, err := answering(t, 200, `{"data":{"shop":[]}}`).Shop(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "read answer to Shop:") {
			t.Errorf("a list for an object: %v", err)
		}
		for _, data := range []string{`{"data":{"productDelete":null}}`, `{"data":{}}`} {
			if got, err := answering(t, 200, data).ProductDelete(t.Context(), shopify.ProductDeleteVariables{}); got != nil || shopify.Classify(err) != shopify.ClassUnknownOutcome {
				t.Errorf("%s: %v %v", data, got, err)
			}
		}
		partial := `{"data":{"shop":{"id":"gid://shopify/Shop/1","name":"Acme"}},"errors":[{"message":"Access denied","extensions":{"code":"ACCESS_DENIED"}}]}`
		if shop, err := answering(t, 200, partial).Shop(t.Context()); shop.Name != "Acme" || shopify.Classify(err) != shopify.ClassShop {
			t.Errorf("partial: %+v %v", shop, err)
		}
		long, err := answering(t, 403, strings.Repeat("é", 1000)).Shop(t.Context())
		if len(err.Error()) > 600 || long.ID != "" {
			t.Errorf("a text of %d bytes is taken over", len(err.Error()))
		}
		start := time.Now()
		var throttled *shopify.ThrottledError
		if _, err := answering(t, 200, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`).Shop(t.Context()); !errors.As(err, &throttled) || time.Since(start) != 20*time.Second {
			t.Errorf("throttled without figures: %v after %s", err, time.Since(start))
		}
	})
}

// TestNew: what cannot work is refused, in words without the token.
func TestNew(t *testing.T) {
	t.Parallel()
	for _, o := range []shopify.Options{
		{Token: token},
		{Shop: "https://acme.myshopify.com", Token: token},
		{Shop: domain},
		{Shop: domain, Token: token + "\n"},
		{Shop: domain, Token: token, Tokens: func(context.Context, string) (string, error) { return token, nil }},
		{Shop: domain, Token: token, Endpoint: "127.0.0.1:8081"},
		{Shop: domain, Token: token, Endpoint: "ftp://acme"},
		{Shop: domain, Token: token, Endpoint: "http://user:" + token + "@acme"},
		{Shop: domain, Token: token, Endpoint: "http://acme:" + token},
	} {
		_, err := shopify.New(o)
		if err == nil {
			t.Errorf("%v is accepted", o)
		}
		secretive(t, err)
	}
}

// TestSecret: the token is in nothing that prints.
func TestSecret(t *testing.T) {
	t.Parallel()
	o := shopify.Options{Shop: domain, Token: token, Transport: http.DefaultTransport, Observe: func(shopify.Call) {}}
	c := newClient(t, o)
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&printed, verb+verb+verb+verb, o, &o, c, *c)
	}
	for _, v := range []any{o, c} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		printed.Write(raw)
		slog.New(slog.NewTextHandler(&printed, nil)).Info("made", "what", v)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("made", "what", v)
	}
	if got := printed.String(); strings.Contains(got, token) || strings.Contains(got, fmt.Sprintf("%x", token)) || strings.Count(got, `"what":{"shop":"`+domain) != 2 || strings.Count(got, "shopify.Client("+domain+")") != 7 {
		t.Errorf("printed %s", got)
	}
}

// FuzzAnswer: no answer makes the client panic, or tells the token.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{shopAnswer, denied, "", "null", `{"data":{"shop":{}}}`, `{"errors":"x"}`, `{"errors":[{}]}`, `{"errors":{}}`, `{"extensions":{"cost":null}}`, `{"data":{"tagsAdd":{"userErrors":[{"field":["a","0"],"message":"m"}]}}}`} {
		f.Add(200, body, "1.5")
		f.Add(404, body, "soon")
	}
	f.Fuzz(func(t *testing.T, status int, body, after string) {
		synctest.Test(t, func(t *testing.T) {
			c := answering(t, status, body, "Retry-After", after)
			_, err := c.Shop(t.Context())
			secretive(t, err)
			secretive(t, tag(t.Context(), c))
		})
	})
}
