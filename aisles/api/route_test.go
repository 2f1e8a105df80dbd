package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/internal/db/dbtest"
	"aisles/phido/ledger"

	"github.com/google/go-cmp/cmp"
)

// withLedger gives the world the real ledger.
func withLedger(t testing.TB, h *dbtest.Home) func(*api.Options) {
	t.Helper()
	return func(o *api.Options) { o.Phido = openLedger(t, h) }
}

func openLedger(t testing.TB, h *dbtest.Home) *ledger.Ledger {
	t.Helper()
	options := ledger.Options{Sealer: testKey(t).Derive("shop token")}
	if _, err := ledger.Migrate(t.Context(), h.URL("phido"), options); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), h.URL("phido"), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

const connection = `{"shop":"acme.myshopify.com","token":"shpat_hush","settings":{"channels":["Online Store"]},"interval_seconds":900}`

// TestWhoMayCall goes through every route of the document as every class.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	const o, s, p = "operator", "sync", "acme"
	routes := []struct {
		route, path, body string
		may               []string
	}{
		{"GET /v1/partners", "", "", []string{o, s, p}},
		{"POST /v1/partners", "", `{"key":"new"}`, []string{o}},
		{"GET /v1/partners/{partner}", "/v1/partners/acme", "", []string{o, s, p}},
		{"PATCH /v1/partners/{partner}", "/v1/partners/acme", `{}`, []string{o, s}},
		{"DELETE /v1/partners/{partner}", "/v1/partners/none", "", []string{o}},
		{"GET /v1/partners/{partner}/connection", "/v1/partners/acme/connection", "", []string{o, s, p}},
		{"PUT /v1/partners/{partner}/connection", "/v1/partners/acme/connection", connection, []string{o}},
		{"DELETE /v1/partners/{partner}/connection", "/v1/partners/acme/connection", "", []string{o}},
		{"GET /v1/partners/{partner}/products", "/v1/partners/acme/products", "", []string{o, s, p}},
		{"PUT /v1/partners/{partner}/products", "/v1/partners/acme/products", `{"items":[]}`, []string{o, p}},
		{"GET /v1/partners/{partner}/products/{key}", "/v1/partners/acme/products/x", "", []string{o, s, p}},
		{"PUT /v1/partners/{partner}/products/{key}", "/v1/partners/acme/products/x", `{"title":"X"}`, []string{o, p}},
		{"DELETE /v1/partners/{partner}/products/{key}", "/v1/partners/acme/products/x", "", []string{o, p}},
		{"POST /v1/partners/{partner}/retry", "/v1/partners/acme/retry", `{"keys":[]}`, []string{o, p}},
		{"GET /v1/partners/{partner}/imports", "/v1/partners/acme/imports", "", []string{o, p}},
		{"GET /v1/imports/{id}", "/v1/imports/none", "", []string{o, p}},
		{"POST /v1/products/batchGet", "", `{"keys":[]}`, []string{o, s, p}},
		{"GET /v1/changes", "", "", []string{o, s, p}},
		{"POST /v1/syncs", "", `{"partners":["acme"]}`, []string{o, p}},
		{"GET /v1/mode", "", "", []string{o, s}},
		{"PUT /v1/mode", "", `{"mode":"paused","reason":"test"}`, []string{o}},
		{"GET /v1/why", "/v1/why?partner=acme&key=x", "", []string{o, p}},
		{"GET /v1/runs", "", "", []string{o, p}},
		{"GET /v1/runs/{id}", "/v1/runs/none", "", []string{o, p}},
		{"GET /v1/runs/{id}/actions", "/v1/runs/none/actions", "", []string{o, p}},
		{"POST /v1/runs/{id}/approve", "/v1/runs/none/approve", "", []string{o}},
		{"POST /v1/runs/{id}/reject", "/v1/runs/none/reject", "", []string{o}},
		{"GET /v1/tokens", "", "", []string{o}},
		{"POST /v1/tokens", "", `{"class":"sync"}`, []string{o}},
		{"DELETE /v1/tokens/{id}", "/v1/tokens/none", "", []string{o}},
	}
	h := dbtest.SQLite(t)
	w := newWorld(t, h, withLedger(t, h))
	var tested []string
	for _, r := range routes {
		tested = append(tested, r.route)
		method, path, _ := strings.Cut(r.route, " ")
		if r.path != "" {
			path = r.path
		}
		w.want(http.StatusUnauthorized, "", method, path, r.body).problem(t)
		for _, as := range []string{o, s, p} {
			got := w.call(as, method, path, r.body)
			if slices.Contains(r.may, as) {
				if got.status == 401 || got.status == 403 || got.status == 405 || got.status >= 500 {
					t.Errorf("%s as %s = %d: %s", r.route, as, got.status, got.body)
				}
			} else if got.status != http.StatusForbidden {
				t.Errorf("%s as %s = %d, want 403", r.route, as, got.status)
			} else {
				got.problem(t)
			}
		}
		// Another partner does not exist.
		if strings.Contains(r.route, "{partner}") && slices.Contains(r.may, p) {
			w.want(http.StatusNotFound, "beta", method, path, r.body).problem(t)
		}
	}
	tested = append(tested, "POST /v1/partners/{partner}/imports") // see TestImport
	slices.Sort(tested)
	if diff := cmp.Diff(documented(t, w), tested); diff != "" {
		t.Errorf("routes (-documented +tested):\n%s", diff)
	}
}

// documented lists the routes of the OpenAPI document.
func documented(t *testing.T, w *world) []string {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(w.want(200, "", "GET", "/v1/openapi.json", "").body, &document); err != nil {
		t.Fatal(err)
	}
	var out []string
	for path, methods := range document.Paths {
		for method := range methods {
			out = append(out, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(out)
	return out
}

func TestSyncRoutes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, withLedger(t, h))
		w.want(404, "operator", "GET", "/v1/partners/acme/connection", "").problem(t)
		w.want(404, "operator", "PUT", "/v1/partners/nobody/connection", connection).problem(t)
		w.want(422, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":"acme.myshopify.com"}`).problem(t)
		put := w.want(200, "operator", "PUT", "/v1/partners/acme/connection", connection)
		got := w.want(200, "acme", "GET", "/v1/partners/acme/connection", "")
		if strings.Contains(string(put.body)+string(got.body)+w.lines.all(), "hush") {
			t.Error("the shop's token shows")
		}
		back := w.want(200, "operator", "PUT", "/v1/partners/acme/connection", string(got.body))
		if c := decode[aisles.Connection](t, back); c.Shop != "acme.myshopify.com" || c.IntervalSeconds != 900 || len(c.Settings.Channels) != 1 {
			t.Errorf("put back: %+v", c)
		}
		if p := w.want(422, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":"a.b","settings":{"ownership":{"colour":"aisles"}}}`).problem(t); p.Field != "settings.ownership" {
			t.Errorf("field = %q", p.Field)
		}

		app := w.want(200, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":"acme.myshopify.com","client_id":"app-1","client_secret":"shpss_hush"}`)
		if c := decode[aisles.Connection](t, app); c.ClientID != "app-1" || strings.Contains(string(app.body)+w.lines.all(), "hush") {
			t.Errorf("with an app: %s", app.body)
		}
		w.want(200, "operator", "PUT", "/v1/partners/acme/connection", string(app.body))
		rotated := w.want(200, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":"acme.myshopify.com","client_secret":"shpss_other"}`)
		if c := decode[aisles.Connection](t, rotated); c.ClientID != "app-1" {
			t.Errorf("with another secret: %+v", c)
		}
		for body, field := range map[string]string{
			`{"shop":"acme.myshopify.com","client_id":"app-2"}`:                                       "client_secret",
			`{"shop":"acme.myshopify.com","client_id":"app-1","token":"shpat_hush"}`:                  "token",
			`{"shop":"acme.myshopify.com","client_secret":"shpss_hush","token":"shpat_hush"}`:         "token",
			`{"shop":"acme.myshopify.com","client_id":"app 1","client_secret":"shpss_hush"}`:          "client_id",
			`{"shop":"elsewhere.myshopify.com","client_id":"app-1"}`:                                  "client_secret",
			`{"shop":"acme.myshopify.com","client_id":"` + strings.Repeat("x", 256) + `","token":""}`: "client_id",
		} {
			if p := w.want(422, "operator", "PUT", "/v1/partners/acme/connection", body).problem(t); p.Field != field || strings.Contains(p.Detail, "hush") {
				t.Errorf("%.80s: %+v", body, p)
			}
		}
		w.want(200, "operator", "PUT", "/v1/partners/acme/connection", connection)
		if p := w.want(422, "operator", "PUT", "/v1/partners/acme/connection", `{"shop":"acme.myshopify.com","client_secret":"shpss_hush"}`).problem(t); p.Field != "client_id" {
			t.Errorf("a secret without an app: %+v", p)
		}

		type runs struct{ Runs []aisles.Run }
		asked := decode[runs](t, w.want(202, "operator", "POST", "/v1/syncs", `{"all":true,"dry_run":false}`)).Runs
		if len(asked) != 1 || asked[0].Partner != "acme" || asked[0].Status != aisles.RunWaiting {
			t.Fatalf("asked = %+v", asked)
		}
		again := decode[runs](t, w.want(202, "acme", "POST", "/v1/syncs", `{"partners":["acme"]}`)).Runs
		if len(again) != 1 || again[0].ID != asked[0].ID {
			t.Errorf("asked twice: %+v", again)
		}
		w.want(422, "operator", "POST", "/v1/syncs", `{}`).problem(t)
		w.want(422, "operator", "POST", "/v1/syncs", `{"all":true,"partners":["acme"]}`).problem(t)
		w.want(422, "operator", "POST", "/v1/syncs", `{"all":true,"routine":"dance"}`).problem(t)
		w.want(403, "acme", "POST", "/v1/syncs", `{"all":true}`).problem(t)
		w.want(404, "acme", "POST", "/v1/syncs", `{"partners":["beta"]}`).problem(t)

		id := asked[0].ID
		w.want(200, "acme", "GET", "/v1/runs/"+id, "")
		w.want(404, "beta", "GET", "/v1/runs/"+id, "").problem(t)
		w.want(404, "beta", "GET", "/v1/runs/"+id+"/actions", "").problem(t)
		w.want(200, "acme", "GET", "/v1/runs/"+id+"/actions", "")
		for as, want := range map[string]int{"operator": 1, "acme": 1, "beta": 0} {
			if list := decode[listOf[aisles.Run]](t, w.want(200, as, "GET", "/v1/runs", "")); len(list.Items) != want {
				t.Errorf("%s sees %d runs, want %d", as, len(list.Items), want)
			}
		}
		w.want(404, "beta", "GET", "/v1/runs?partner=acme", "").problem(t)
		w.want(409, "operator", "POST", "/v1/runs/"+id+"/approve", "").problem(t)
		w.want(200, "acme", "POST", "/v1/partners/acme/retry", `{"keys":[]}`)

		w.want(422, "operator", "PUT", "/v1/mode", `{"mode":"paused"}`).problem(t)
		w.want(422, "operator", "PUT", "/v1/mode", `{"mode":"wild","reason":"x"}`).problem(t)
		w.want(200, "operator", "PUT", "/v1/mode", `{"mode":"paused","reason":"a test"}`)
		mode := w.want(200, "sync", "GET", "/v1/mode", "")
		if m := decode[aisles.ModeSetting](t, mode); m.Mode != aisles.Paused || m.Reason != "a test" || !strings.HasPrefix(m.By, "API token ") {
			t.Errorf("mode = %+v", m)
		}
		w.want(200, "operator", "PUT", "/v1/mode", string(mode.body))

		w.want(200, "operator", "DELETE", "/v1/partners/acme", "")
		w.want(404, "operator", "GET", "/v1/partners/acme/connection", "").problem(t)
		w.want(404, "operator", "DELETE", "/v1/partners/acme/connection", "").problem(t)
	})
}

func TestWhy(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	w := newWorld(t, h, withLedger(t, h))
	w.want(200, "operator", "PUT", "/v1/partners/acme/connection", connection)
	w.want(201, "acme", "PUT", "/v1/partners/acme/products/tee", `{"title":"Tee"}`)
	why := decode[aisles.Why](t, w.want(200, "acme", "GET", "/v1/why?partner=acme&key=tee", ""))
	if why.Product == nil || why.Product.Title != "Tee" || why.Facets[0].Fingerprint == "" || why.Facets[0].State != "pending" || !strings.Contains(why.Summary, "next run creates it") {
		t.Errorf("why = %+v", why)
	}
	none := decode[aisles.Why](t, w.want(200, "acme", "GET", "/v1/why?partner=acme&key=none", ""))
	if none.Product != nil || !strings.Contains(none.Summary, "The catalog has no product acme/none") {
		t.Errorf("why = %+v", none)
	}
	w.want(404, "operator", "GET", "/v1/why?partner=nobody&key=tee", "").problem(t)
	w.want(404, "beta", "GET", "/v1/why?partner=acme&key=tee", "").problem(t)
	w.want(422, "operator", "GET", "/v1/why?partner=acme", "").problem(t)
}

// TestPausedShop: the connection and why show a pause, and what GET gives of it
// PUT takes.
func TestPausedShop(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	l := openLedger(t, h)
	w := newWorld(t, h, func(o *api.Options) { o.Phido = l })
	w.want(200, "operator", "PUT", "/v1/partners/acme/connection", connection)
	w.want(201, "acme", "PUT", "/v1/partners/acme/products/tee", `{"title":"Tee"}`)
	lease, err := l.Acquire(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	next := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	if err := errors.Join(l.PauseShop(t.Context(), lease, "acme", "the shop is frozen", next), lease.Release(t.Context())); err != nil {
		t.Fatal(err)
	}
	got := w.want(200, "acme", "GET", "/v1/partners/acme/connection", "")
	if c := decode[aisles.Connection](t, got); c.Paused == nil || c.Paused.Reason != "the shop is frozen" || !c.Paused.NextAt.Equal(next) || time.Since(c.Paused.Since) > time.Minute {
		t.Errorf("connection: %s", got.body)
	}
	back := w.want(200, "operator", "PUT", "/v1/partners/acme/connection", string(got.body))
	if c := decode[aisles.Connection](t, back); c.Paused == nil || !c.Paused.NextAt.Equal(next) {
		t.Errorf("put back: %s", back.body)
	}
	why := decode[aisles.Why](t, w.want(200, "acme", "GET", "/v1/why?partner=acme&key=tee", ""))
	if why.Paused == nil || !strings.Contains(why.Summary, "next run creates it. Nothing is sent since ") || !strings.Contains(why.Summary, ": the shop is frozen. The next try is at 2030-01-02 03:04 UTC; aisles sync tries at once.") {
		t.Errorf("why: %+v", why)
	}
}

// TestStatementsPerRunList: as for the lists of the catalog.
func TestStatementsPerRunList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		book := openLedger(t, h)
		w := newWorld(t, h, func(o *api.Options) { o.Phido = book })
		lease, err := book.Acquire(t.Context(), "test")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := lease.Release(context.Background()); err != nil {
				t.Error(err)
			}
		})
		var first aisles.Run
		ask := func(from, to int) {
			var actions []aisles.RunAction
			for i := from; i < to; i++ {
				w.want(201, "operator", "POST", "/v1/partners", fmt.Sprintf(`{"key":"p%d"}`, i))
				w.want(200, "operator", "PUT", fmt.Sprintf("/v1/partners/p%d/connection", i), fmt.Sprintf(`{"shop":"p%d.myshopify.com","token":"t"}`, i))
				asked := decode[struct{ Runs []aisles.Run }](t, w.want(202, "operator", "POST", "/v1/syncs", fmt.Sprintf(`{"partners":["p%d"]}`, i)))
				if i == 0 {
					first = asked.Runs[0]
				}
				actions = append(actions, aisles.RunAction{Key: fmt.Sprintf("k%02d", i), Kind: "create", Reason: "it is new"})
			}
			if err := book.SaveActions(t.Context(), lease, first, actions); err != nil {
				t.Fatal(err)
			}
		}
		count := func() map[string]int64 {
			out := map[string]int64{}
			for _, path := range []string{"/v1/runs", "/v1/runs/" + first.ID + "/actions"} {
				out[path] = w.statements("operator", "GET", path, "")
			}
			return out
		}
		ask(0, 2)
		two := count()
		ask(2, 20)
		if diff := cmp.Diff(two, count()); diff != "" {
			t.Errorf("statements (-for 2 +for 20):\n%s", diff)
		}

		var keys []string
		for after := ""; ; {
			page := decode[listOf[aisles.RunAction]](t, w.want(200, "operator", "GET", "/v1/runs/"+first.ID+"/actions?limit=7&after="+after, ""))
			for _, a := range page.Items {
				keys = append(keys, a.Key)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if len(keys) != 20 || !slices.IsSorted(keys) {
			t.Errorf("actions = %q", keys)
		}
	})
}

func TestWithoutCompanion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for _, path := range []string{"/v1/runs", "/v1/mode", "/v1/partners/acme/connection", "/v1/why?partner=acme&key=x"} {
		r := w.want(503, "operator", "GET", path, "")
		if p := r.problem(t); p.Code != aisles.Unavailable || r.header.Get("Retry-After") == "" {
			t.Errorf("%s: %+v", path, p)
		}
	}
}
