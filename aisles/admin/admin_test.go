package admin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/aisles/admin"
	"aisles/aisles/store"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/internal/secret"
	"aisles/phido/ledger"
)

const token = "aisles_o_test"

func newAdmin(t *testing.T, h *dbtest.Home) (http.Handler, *store.Store, *ledger.Ledger) {
	t.Helper()
	ctx := t.Context()
	if _, err := store.Migrate(ctx, h.URL("aisles"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, h.URL("aisles"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := ledger.Migrate(ctx, h.URL("phido"), ledger.Options{}); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(ctx, h.URL("phido"), ledger.Options{Sealer: secret.NewKey().Derive("test")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return admin.New(admin.Options{
		Store: s, Sync: l, Version: "test", Operator: func(_ context.Context, t string) bool { return t == token },
		Jobs: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("jobs")) }),
	}), s, l
}

func get(h http.Handler, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://127.0.0.1:8080/admin/", nil)
	r.RemoteAddr = "127.0.0.1:5000"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPage(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		page, s, l := newAdmin(t, h)
		if w := get(page, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "No partner yet") {
			t.Errorf("empty: %d %s", w.Code, w.Body)
		}
		statements := func(partners int) int {
			for i := range partners {
				key := string(rune('a'+i)) + "-partner"
				if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: key, Name: "<script>alert(1)</script>"}); err != nil && aisles.CodeOf(err) != aisles.Conflict {
					t.Fatal(err)
				}
				if _, err := l.PutConnection(t.Context(), aisles.Connection{Partner: key, Shop: key + ".myshopify.com"}, "shpat_secret"); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := l.RequestSync(t.Context(), aisles.SyncRequest{All: true}); err != nil {
				t.Fatal(err)
			}
			ctx, counter := db.WithCounter(context.WithoutCancel(t.Context()))
			w := get(page, func(r *http.Request) { *r = *r.WithContext(ctx) })
			if body := w.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "shpat_secret") || strings.Count(body, "waiting</span>") != partners {
				t.Errorf("page of %d partners:\n%s", partners, body)
			}
			return counter.Total()
		}
		if few, many := statements(2), statements(20); few != many {
			t.Errorf("%d statements for 2 partners, %d for 20", few, many)
		}
	})
}

// TestPausedShop: the page says why nothing is synced, and since when.
func TestPausedShop(t *testing.T) {
	t.Parallel()
	page, s, l := newAdmin(t, dbtest.SQLite(t))
	_, err := s.CreatePartner(t.Context(), aisles.Partner{Key: "acme"})
	if err == nil {
		_, err = l.PutConnection(t.Context(), aisles.Connection{Partner: "acme", Shop: "acme.myshopify.com"}, "shpat_secret")
	}
	if err != nil {
		t.Fatal(err)
	}
	lease, err := l.Acquire(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(l.PauseShop(t.Context(), lease, "acme", "the shop is <frozen>", time.Now().Add(time.Hour)), lease.Release(t.Context())); err != nil {
		t.Fatal(err)
	}
	if body := get(page, nil).Body.String(); !strings.Contains(body, "paused since "+time.Now().Format("2006-")) || !strings.Contains(body, ": the shop is &lt;frozen&gt;; next try ") {
		t.Errorf("page:\n%s", body)
	}
}

// TestWhoMayLook: the machine itself, by its own name, and whoever has the
// token.
func TestWhoMayLook(t *testing.T) {
	t.Parallel()
	page, _, _ := newAdmin(t, dbtest.SQLite(t))
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"this machine":              {nil, http.StatusOK},
		"this machine by name":      {func(r *http.Request) { r.Host = "localhost:8080" }, http.StatusOK},
		"another machine":           {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234" }, http.StatusUnauthorized},
		"through a proxy":           {func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, http.StatusUnauthorized},
		"a name that resolves here": {func(r *http.Request) { r.Host = "evil.example" }, http.StatusUnauthorized},
		"with the token":            {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234"; r.SetBasicAuth("ann", token) }, http.StatusOK},
		"with another token":        {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234"; r.SetBasicAuth("ann", "x") }, http.StatusUnauthorized},
		"with no password":          {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:1234"; r.SetBasicAuth("ann", "") }, http.StatusUnauthorized},
	} {
		if w := get(page, c.change); w.Code != c.want {
			t.Errorf("%s: %d, want %d", name, w.Code, c.want)
		}
	}
}

// TestJobsNeedAnOperator: what can change jobs is nobody's without a token, and
// no other site's page may use the one a browser remembers.
func TestJobsNeedAnOperator(t *testing.T) {
	t.Parallel()
	page, _, _ := newAdmin(t, dbtest.SQLite(t))
	ask := func(method string, change func(*http.Request)) int {
		r := httptest.NewRequest(method, "/admin/jobs/api/jobs/cancel", nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "127.0.0.1:8080"
		change(r)
		w := httptest.NewRecorder()
		page.ServeHTTP(w, r)
		return w.Code
	}
	if got := ask("GET", func(*http.Request) {}); got != http.StatusUnauthorized {
		t.Errorf("this machine without a token: %d", got)
	}
	operator := func(r *http.Request) { r.SetBasicAuth("any", token) }
	if got := ask("POST", operator); got != http.StatusOK {
		t.Errorf("an operator: %d", got)
	}
	if got := ask("POST", func(r *http.Request) { operator(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }); got != http.StatusForbidden {
		t.Errorf("another site's page: %d", got)
	}
}
