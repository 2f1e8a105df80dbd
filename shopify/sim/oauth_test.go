package sim

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// withApp gives the test's shop an app.
func withApp(shop *Shop) { shop.ClientID, shop.ClientSecret = "app-1", "shpss_hush" }

const goodGrant = "client_id=app-1&client_secret=shpss_hush&grant_type=client_credentials"

// ask asks the test's shop for a token.
func ask(t *testing.T, s *Server, body string, headers ...string) (status int, answer string, token string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+testDomain+"/admin/oauth/access_token", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Token string `json:"access_token"`
	}
	_ = json.Unmarshal(raw, &got) // a page has no token
	return res.StatusCode, string(raw), got.Token
}

// status is that of a query with the token.
func status(t *testing.T, s *Server, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+testDomain+"/admin/api/2026-10/graphql.json", strings.NewReader(`{"query":"{ shop { id } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Shopify-Access-Token", token)
	res, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

// TestGrant: a granted token is as good as the app's own until it expires, by
// the shops' clock, or is revoked; the log shows the request and no secret.
func TestGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, withApp, func(shop *Shop) { shop.TokenSeconds, shop.Scopes = 100, []string{"write_products", "read_locations"} })
		code, answer, first := ask(t, s, goodGrant)
		if code != 200 || !strings.HasPrefix(first, "shpat_") || !strings.Contains(answer, `"scope":"write_products,read_locations"`) || !strings.Contains(answer, `"expires_in":100`) {
			t.Fatalf("%d %s", code, answer)
		}
		_, _, second := ask(t, s, `{"client_id":"app-1","client_secret":"shpss_hush","grant_type":"client_credentials"}`, "Content-Type", "application/json; charset=utf-8")
		if second == first || status(t, s, first) != 200 || status(t, s, second) != 200 {
			t.Errorf("first %d, second %d", status(t, s, first), status(t, s, second))
		}
		control(t, s, "POST", "/_sim/clock", `{"speed":10}`, 200)
		time.Sleep(9900 * time.Millisecond)
		if got := status(t, s, first); got != 200 {
			t.Errorf("before its end: %d", got)
		}
		time.Sleep(100 * time.Millisecond)
		if status(t, s, first) != 401 || status(t, s, "shpat_test") != 200 {
			t.Errorf("after its end: %d, the app's own %d", status(t, s, first), status(t, s, "shpat_test"))
		}
		_, _, third := ask(t, s, goodGrant)
		if got := control(t, s, "POST", "/_sim/shops/"+testDomain+"/revoke", `{}`, 200); !strings.Contains(got, `"revoked":1`) || status(t, s, third) != 401 || status(t, s, "shpat_test") != 200 {
			t.Errorf("revoked %s: %d", got, status(t, s, third))
		}
		calls := control(t, s, "GET", "/_sim/calls", "", 200)
		if n := strings.Count(calls, `"kind":"oauth","operation":"accessToken"`); n != 3 || strings.Contains(calls, "hush") || strings.Contains(calls, third) || !strings.Contains(calls, "app-1") {
			t.Errorf("%d calls logged:\n%s", n, calls)
		}
	})
}

// TestGrantsRefused: what is refused, in which words.
func TestGrantsRefused(t *testing.T) {
	t.Parallel()
	s := testServer(t, withApp)
	for body, want := range map[string]string{
		"": "400 invalid_request",
		"client_id=app-1&grant_type=client_credentials":                                                   "400 invalid_request",
		"client_id=app-1&client_secret=shpss_hush":                                                        "400 invalid_request",
		goodGrant + "&scope=all":                                                                          "400 invalid_request",
		goodGrant + "&client_id=app-1":                                                                    "400 invalid_request",
		"client_id=app-1&client_secret=shpss_hush&grant_type=refresh_token":                               "400 unsupported_grant_type",
		"client_id=app-2&client_secret=shpss_hush&grant_type=client_credentials":                          "400 application_cannot_be_found",
		"client_id=app-1&client_secret=shpss_other&grant_type=client_credentials":                         "401 invalid_client",
		`{"client_id":"app-1","client_secret":"shpss_hush","grant_type":"client_credentials"}`:            "400 invalid_request",
		"client_id=app-1&client_secret=shpss_hush&grant_type=client_credentials" + "&%zz":                 "400 invalid_request",
		"client_id=" + strings.Repeat("x", 9) + "&client_secret=shpss_hush&grant_type=client_credentials": "400 application_cannot_be_found",
	} {
		status, answer, _ := ask(t, s, body)
		code, name, _ := strings.Cut(want, " ")
		if http.StatusText(status) == "" || code != map[int]string{400: "400", 401: "401"}[status] || !strings.Contains(answer, `"error":"`+name+`"`) || strings.Contains(answer, "hush") {
			t.Errorf("%.60s: %d %s, want %s", body, status, answer, want)
		}
	}
	if status, answer, _ := ask(t, s, "[1]", "Content-Type", "application/json"); status != 400 || !strings.Contains(answer, "invalid_request") {
		t.Errorf("a list: %d %s", status, answer)
	}
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/revoke", `{"uninstall":true}`, 200)
	if got := status(t, s, "shpat_test"); got != 401 {
		t.Errorf("uninstalled, and the app's own token is %d", got)
	}
	if status, answer, _ := ask(t, s, goodGrant, "Accept", "*/*"); status != 400 || !strings.Contains(answer, "Oauth error shop_not_permitted: Client credentials cannot be performed on this shop.") {
		t.Errorf("uninstalled: %d %s", status, answer)
	}
	control(t, s, "POST", "/_sim/shops", `{"domain":"`+testDomain+`","access_token":"shpat_test","client_id":"app-1","client_secret":"shpss_hush"}`, 201)
	if code, answer, token := ask(t, s, goodGrant); code != 200 || status(t, s, token) != 200 {
		t.Errorf("installed again: %d %s", code, answer)
	}
	for _, body := range []string{`{"domain":"a.b","token_seconds":-1}`, `{"domain":"a.b","client_id":"x"}`, `{"domain":"a.b","client_secret":"x"}`} {
		control(t, s, "POST", "/_sim/shops", body, 400)
	}
	control(t, s, "POST", "/_sim/shops/none/revoke", `{}`, 404)
}

// TestGrantFaults: the token endpoint fails as the API does.
func TestGrantFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, withApp)
		control(t, s, "POST", "/_sim/faults", `{"kind":"throttle"}`, 201)
		control(t, s, "POST", "/_sim/faults", `{"kind":"user_error"}`, 201)
		control(t, s, "POST", "/_sim/faults", `{"kind":"http_402","operation":"accessToken","count":1}`, 201)
		if code, _, _ := ask(t, s, goodGrant); code != 402 {
			t.Errorf("frozen: %d", code)
		}
		control(t, s, "POST", "/_sim/faults", `{"kind":"slow","count":1}`, 201)
		start := time.Now()
		if code, _, _ := ask(t, s, goodGrant); code != 200 || time.Since(start) != time.Second {
			t.Errorf("slow: %d after %s", code, time.Since(start))
		}
	})
}
