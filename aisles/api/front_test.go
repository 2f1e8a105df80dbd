package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/internal/db/dbtest"

	"github.com/google/go-cmp/cmp"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	big := `{"key":"` + strings.Repeat("a", 2<<20) + `"}`
	for _, c := range []struct {
		name, as, method, path, body string
		headers                      []string
		status                       int
		code                         aisles.Code
		field                        string
	}{
		{"no route", "operator", "GET", "/v1/nothing", "", nil, 404, aisles.NotFound, ""},
		{"no route at all", "", "GET", "/favicon.ico", "", nil, 404, aisles.NotFound, ""},
		{"slashes", "operator", "GET", "/v1//partners", "", nil, 404, aisles.NotFound, ""},
		{"trailing slash", "operator", "GET", "/v1/partners/", "", nil, 404, aisles.NotFound, ""},
		{"step up", "operator", "GET", "/v1/partners/../partners", "", nil, 404, aisles.NotFound, ""},
		{"other method", "operator", "DELETE", "/v1/partners", "", nil, 405, aisles.NotFound, ""},
		{"other method, plain route", "", "POST", "/healthz", "", nil, 405, aisles.NotFound, ""},
		{"too large", "operator", "POST", "/v1/partners", big, nil, 413, aisles.TooLarge, ""},
		{"too large, to be done once", "operator", "POST", "/v1/partners", big, []string{"Idempotency-Key", "k"}, 413, aisles.TooLarge, ""},
		{"other media", "operator", "POST", "/v1/partners", "key=a", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, aisles.Invalid, "body"},
		{"no JSON", "operator", "POST", "/v1/partners", `{"key":`, nil, 400, aisles.Invalid, "body"},
		{"no object", "operator", "POST", "/v1/partners", `[]`, nil, 422, aisles.Invalid, "body"},
		{"no body", "operator", "POST", "/v1/partners", "", nil, 400, aisles.Invalid, ""},
		{"unknown field", "operator", "POST", "/v1/partners", `{"key":"a","colour":"red"}`, nil, 422, aisles.Invalid, "body.colour"},
		{"unknown field, deep", "acme", "PUT", "/v1/partners/acme/products", `{"items":[{"key":"a"},{"key":"b","variants":[{"sku":"s","colour":"red"}]}]}`, nil, 422, aisles.Invalid, "body.items[1].variants[0].colour"},
		{"unknown field in seo", "acme", "PUT", "/v1/partners/acme/products/a", `{"seo":{"titel":"x"}}`, nil, 422, aisles.Invalid, "body.seo.titel"},
		{"no amount", "acme", "PUT", "/v1/partners/acme/products/a", `{"variants":[{"price":"19,90"}]}`, nil, 422, aisles.Invalid, "body.variants[0].price"},
		{"negative amount", "acme", "PUT", "/v1/partners/acme/products/a", `{"variants":[{"price":-1}]}`, nil, 422, aisles.Invalid, "body.variants[0].price"},
		{"exponent", "acme", "PUT", "/v1/partners/acme/products/a", `{"variants":[{"price":1e3}]}`, nil, 422, aisles.Invalid, "body"},
		{"wrong type", "acme", "PUT", "/v1/partners/acme/products/a", `{"tags":"red"}`, nil, 422, aisles.Invalid, "body.tags"},
		{"limit", "operator", "GET", "/v1/partners?limit=251", "", nil, 422, aisles.Invalid, "query.limit"},
		{"unknown parameter", "operator", "GET", "/v1/partners?limt=2", "", nil, 422, aisles.Invalid, "query.limt"},
		{"facet", "operator", "GET", "/v1/changes?facet=colour", "", nil, 422, aisles.Invalid, "query.facet[0]"},
		{"no token", "", "GET", "/v1/partners", "", nil, 401, aisles.Unauthorized, ""},
		{"no bearer", "", "GET", "/v1/partners", "", []string{"Authorization", "Basic " + w.tokens["operator"]}, 401, aisles.Unauthorized, ""},
		{"forged token", "", "GET", "/v1/partners", "", []string{"Authorization", "Bearer aisles_o_AAAA"}, 401, aisles.Unauthorized, ""},
		{"long key", "operator", "POST", "/v1/partners", `{"key":"k"}`, []string{"Idempotency-Key", strings.Repeat("k", 256)}, 422, aisles.Invalid, "header.Idempotency-Key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.want(c.status, c.as, c.method, c.path, c.body, c.headers...)
			if p := r.problem(t); p.Code != c.code || p.Field != c.field {
				t.Errorf("code %q, field %q, want %q, %q: %s", p.Code, p.Field, c.code, c.field, r.body)
			}
			if c.status == 405 && r.header.Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if c.status == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Error("401 without WWW-Authenticate")
			}
		})
	}
}

func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	w := newWorld(t, h, withLedger(t, h))
	r := w.want(422, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":5,"token":"shpat_hush","colour":"shpat_hush"}`)
	if strings.Contains(string(r.body), "hush") {
		t.Errorf("a refusal repeats a secret: %s", r.body)
	}
	w.want(200, "operator", "GET", "/v1/partners", "")
	made := decode[struct{ Token, ID string }](t, w.want(201, "operator", "POST", "/v1/tokens", `{"class":"sync"}`, "Idempotency-Key", "once"))
	log := w.lines.all()
	for _, secret := range []string{w.tokens["operator"], made.Token, "hush"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log shows a secret")
		}
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	if got := w.want(200, "operator", "GET", "/v1/partners/acme", "", "X-Request-Id", "from-a-proxy.1").header.Get("X-Request-Id"); got != "from-a-proxy.1" {
		t.Errorf("X-Request-Id = %q", got)
	}
	if got := w.want(200, "operator", "GET", "/v1/partners", "", "X-Request-Id", "no good id").header.Get("X-Request-Id"); got == "" || strings.Contains(got, " ") {
		t.Errorf("X-Request-Id = %q", got)
	}
	line := w.lines.of(t, "from-a-proxy.1")
	if line["route"] != "GET /v1/partners/{partner}" || line["status"] != int64(200) || line["class"] != "operator" || line["statements"].(int64) == 0 || line["level"] != "INFO" {
		t.Errorf("log line = %v", line)
	}
}

// TestPanic: what breaks behind a route is a problem, and in the log.
func TestPanic(t *testing.T) {
	t.Parallel()
	broken := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/admin/late" {
			_, _ = io.WriteString(w, "half a page")
		}
		panic("out of order")
	})
	w := newWorld(t, dbtest.SQLite(t), func(o *api.Options) { o.Admin = broken })
	p := w.want(500, "", "GET", "/admin/", "", "X-Request-Id", "early").problem(t)
	if p.Code != aisles.Internal || strings.Contains(p.Detail, "out of order") {
		t.Errorf("problem = %+v", p)
	}
	if line := w.lines.of(t, "early"); line["level"] != "ERROR" || !strings.Contains(fmt.Sprint(line["error"]), "out of order") {
		t.Errorf("log line = %v", line)
	}
	res, err := http.Get(w.server.URL + "/admin/late")
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("a page that broke off looks whole")
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h)
		key := []string{"Idempotency-Key", "create-1"}
		first := w.want(201, "operator", "POST", "/v1/partners", `{"key":"once"}`, key...)
		again := w.want(201, "operator", "POST", "/v1/partners", `{"key":"once"}`, key...)
		if string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("again: %s, then %s", first.body, again.body)
		}
		w.want(409, "operator", "POST", "/v1/partners", `{"key":"other"}`, key...).problem(t)
		w.want(409, "operator", "POST", "/v1/partners", `{"key":"once"}`).problem(t)
		// A key belongs to its token.
		w.tokens["second"] = w.token(api.Operator, "")
		w.want(409, "second", "POST", "/v1/partners", `{"key":"once"}`, key...).problem(t)
		// What failed may be tried again.
		w.want(422, "operator", "POST", "/v1/partners", `{"key":"-"}`, "Idempotency-Key", "create-2").problem(t)
		w.want(201, "operator", "POST", "/v1/partners", `{"key":"better"}`, "Idempotency-Key", "create-2")

		var group sync.WaitGroup
		statuses := make([]int, 8)
		for i := range statuses {
			group.Go(func() {
				statuses[i] = w.call("operator", "POST", "/v1/partners", `{"key":"race"}`, "Idempotency-Key", "create-3").status
			})
		}
		group.Wait()
		if diff := cmp.Diff([]int{201, 201, 201, 201, 201, 201, 201, 201}, statuses); diff != "" {
			t.Errorf("at once (-want +got):\n%s", diff)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		var mu sync.Mutex
		now := time.Now()
		w := newWorld(t, h, func(o *api.Options) {
			o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		})
		w.want(404, "operator", "POST", "/v1/tokens", `{"class":"partner","partner":"nobody"}`).problem(t)
		w.want(422, "operator", "POST", "/v1/tokens", `{"class":"partner"}`).problem(t)
		w.want(422, "operator", "POST", "/v1/tokens", `{"class":"sync","partner":"acme"}`).problem(t)
		w.want(422, "operator", "POST", "/v1/tokens", `{"class":"king"}`).problem(t)
		made := decode[struct{ Token, ID, Class, Partner, Note string }](t, w.want(201, "operator", "POST", "/v1/tokens", `{"class":"partner","partner":"beta","note":"for feeds"}`))
		if made.Class != "partner" || made.Partner != "beta" || made.Note != "for feeds" || made.ID == "" {
			t.Errorf("made = %+v", made)
		}
		w.tokens["made"] = made.Token
		w.want(200, "made", "GET", "/v1/partners/beta", "")
		list := w.want(200, "operator", "GET", "/v1/tokens", "")
		if !strings.Contains(string(list.body), made.ID) || strings.Contains(string(list.body), made.Token) {
			t.Errorf("tokens: %s", list.body)
		}
		// Revoked elsewhere: taken for three seconds at most.
		if err := w.store.RevokeToken(t.Context(), made.ID); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		now = now.Add(3 * time.Second)
		mu.Unlock()
		w.want(401, "made", "GET", "/v1/partners/beta", "").problem(t)
		// Revoked here: at once.
		other := decode[struct{ Token, ID string }](t, w.want(201, "operator", "POST", "/v1/tokens", `{"class":"sync"}`))
		w.tokens["other"] = other.Token
		w.want(200, "other", "GET", "/v1/changes", "")
		w.want(204, "operator", "DELETE", "/v1/tokens/"+other.ID, "")
		w.want(401, "other", "GET", "/v1/changes", "").problem(t)
		w.want(404, "operator", "DELETE", "/v1/tokens/none", "").problem(t)
		// Genuine, and unknown to this database.
		text, _, _, err := api.NewToken(testKey(t), api.Operator, "", "", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		w.tokens["unknown"] = text
		w.want(401, "unknown", "GET", "/v1/partners", "").problem(t)
	})
}

// TestForgedTokenCostsNoQuery: neither does a class that is changed.
func TestForgedTokenCostsNoQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	w.tokens["forged"] = strings.Replace(w.tokens["sync"], "aisles_s_", "aisles_o_", 1)
	r := w.want(401, "forged", "GET", "/v1/tokens", "")
	if line := w.lines.of(t, r.header.Get("X-Request-Id")); line["statements"] != int64(0) {
		t.Errorf("a forged token cost %v statements", line["statements"])
	}
}

func TestPlainPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	if r := w.want(200, "", "GET", "/healthz", ""); !strings.Contains(string(r.body), `"test"`) {
		t.Errorf("healthz: %s", r.body)
	}
	w.want(200, "", "GET", "/readyz", "")
	docs := w.want(200, "", "GET", "/docs", "")
	for _, want := range []string{"/v1/products/batchGet", "May be called by: operator, sync, partner"} {
		if !strings.Contains(string(docs.body), want) {
			t.Errorf("/docs lacks %q", want)
		}
	}
	for _, foreign := range []string{"<script", "http://", "https://", "ZgotmplZ"} {
		if strings.Contains(string(docs.body), foreign) {
			t.Errorf("/docs has %q", foreign)
		}
	}
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.want(503, "", "GET", "/readyz", "").problem(t)
	w.want(200, "", "GET", "/healthz", "")
}

// TestOpenAPI: the document is an interface; it changes on purpose only.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	got := w.want(200, "", "GET", "/v1/openapi.json", "").body
	const golden = "testdata/openapi.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("OpenAPI document (-want +got), -update accepts it:\n%s", diff)
	}
	for _, inner := range []string{`"Set"`, `"Value"`, "OptString", `"$schema"`} {
		if strings.Contains(string(got), inner) {
			t.Errorf("the document shows the Go form %s", inner)
		}
	}
}

// TestGone: a caller that goes away leaves a line in the log, and no error of
// the server.
func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("gone"))
	r := httptest.NewRequestWithContext(ctx, "GET", "/v1/partners", nil)
	r.Header.Set("Authorization", "Bearer "+w.tokens["operator"])
	out := httptest.NewRecorder()
	w.handler.ServeHTTP(out, r)
	if out.Code != http.StatusServiceUnavailable {
		t.Errorf("status = %d", out.Code)
	}
}
