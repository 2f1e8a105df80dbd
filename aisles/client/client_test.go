package client_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/client"

	"github.com/google/go-cmp/cmp"
)

// must passes a call's value on.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func product(key, title string) aisles.Patch {
	return aisles.Patch{Key: key, Title: aisles.Some(title)}
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, ctx := w.operator(), t.Context()
	made := must[aisles.Partner](t)(c.CreatePartner(ctx, aisles.Partner{Key: "beta", Name: "Beta", Currency: "EUR"}))
	if diff := cmp.Diff(made, must[aisles.Partner](t)(c.Partner(ctx, "beta"))); diff != "" {
		t.Errorf("partner (-made +read):\n%s", diff)
	}
	if _, err := c.CreatePartner(ctx, aisles.Partner{Key: "beta"}); aisles.CodeOf(err) != aisles.Conflict {
		t.Errorf("made twice: %v", err)
	}
	currency := "USD"
	if p := must[aisles.Partner](t)(c.UpdatePartner(ctx, "acme", nil, &currency)); p.Currency != "USD" || p.Name != "Acme" {
		t.Errorf("updated = %+v", p)
	}
	var keys []string
	for p, err := range client.All(func(after string) (client.Page[aisles.Partner], error) { return c.Partners(ctx, after, 1) }) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, p.Key)
	}
	if diff := cmp.Diff([]string{"acme", "beta"}, keys); diff != "" {
		t.Errorf("partners (-want +got):\n%s", diff)
	}

	tee := product("tee", "Tee")
	tee.Variants = aisles.Some([]aisles.VariantPatch{{SKU: aisles.Some("T"), Price: aisles.Some(aisles.Money("19.90"))}})
	results := must[[]client.Result](t)(c.PutProducts(ctx, "acme", []aisles.Patch{tee, {Key: "bad"}, product("cap", "Cap")}, false))
	if len(results) != 3 || results[0].Outcome != aisles.Created || results[1].Outcome != aisles.Rejected || results[1].Error == nil || results[1].Error.Code != aisles.Invalid || results[2].Outcome != aisles.Created {
		t.Errorf("results = %+v", results)
	}
	if dry := must[[]client.Result](t)(c.PutProducts(ctx, "acme", []aisles.Patch{product("tee", "Other")}, true)); dry[0].Outcome != aisles.Updated {
		t.Errorf("dry run = %+v", dry)
	}
	if p := must[aisles.Product](t)(c.Product(ctx, aisles.Ref{Partner: "acme", Key: "tee"})); p.Title != "Tee" || p.Variants[0].Price != "19.90" {
		t.Errorf("product = %+v", p)
	}
	cleared := must[aisles.Product](t)(c.PutProduct(ctx, "acme", aisles.Patch{Key: "tee", Vendor: aisles.Some("Acme")}))
	if cleared.Vendor != "Acme" || cleared.Title != "Tee" {
		t.Errorf("put = %+v", cleared)
	}
	if page := must[client.Page[aisles.Product]](t)(c.Products(ctx, "acme", client.ProductQuery{Text: "ca", Limit: 5})); len(page.Items) != 1 || page.Items[0].Key != "cap" {
		t.Errorf("products = %+v", page)
	}
	if _, err := c.Product(ctx, aisles.Ref{Partner: "acme", Key: "none"}); aisles.CodeOf(err) != aisles.NotFound {
		t.Errorf("missing product: %v", err)
	}
	for _, key := range []string{"a/b", "..", ".", "50% off?#", "ключ"} {
		ref := aisles.Ref{Partner: "acme", Key: key}
		must[aisles.Product](t)(c.PutProduct(ctx, "acme", product(key, "T")))
		if p := must[aisles.Product](t)(c.Product(ctx, ref)); p.Key != key {
			t.Errorf("key %q came back as %q", key, p.Key)
		}
		if err := c.RemoveProduct(ctx, ref); err != nil {
			t.Error(err)
		}
	}
	if n := must[int](t)(c.RemovePartner(ctx, "acme")); n != 2 {
		t.Errorf("removed %d", n)
	}
}

func TestFeedAsTheSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ctx := t.Context()
	must[[]client.Result](t)(w.operator().PutProducts(ctx, "acme", []aisles.Patch{product("tee", "Tee"), product("cap", "Cap"), product("mug", "Mug")}, false))
	c := newClient(t, client.Options{URL: w.server.URL, Token: w.token(api.Sync, "")})
	var requests atomic.Int64
	counting := c.Counting(&requests)
	first := must[client.Changes](t)(counting.Changes(ctx, "", 2, ""))
	rest := must[client.Changes](t)(counting.Changes(ctx, first.Next, 2, "acme"))
	none := must[client.Changes](t)(counting.Changes(ctx, rest.Next, 0, ""))
	if len(first.Items) != 2 || !first.More || len(rest.Items) != 1 || rest.More || len(none.Items) != 0 || none.Next == "" || first.Items[0].Fingerprints["content"] == "" {
		t.Errorf("pages = %+v, %+v, %+v", first, rest, none)
	}
	bodies := must[[]aisles.Body](t)(counting.BatchGet(ctx, []aisles.Ref{{Partner: "acme", Key: "tee"}, {Partner: "acme", Key: "none"}}, []aisles.Facet{aisles.FacetContent}))
	if len(bodies) != 2 || bodies[0].Content.Title != "Tee" || bodies[0].Media != nil || !bodies[1].Missing {
		t.Errorf("bodies = %+v", bodies)
	}
	if requests.Load() != 4 {
		t.Errorf("counted %d requests, want 4", requests.Load())
	}
	if _, err := c.Changes(ctx, "aaaaaaaaaaaa.0.0", 0, ""); aisles.CodeOf(err) != aisles.Gone {
		t.Errorf("unknown epoch: %v", err)
	}
	if requests.Load() != 4 {
		t.Error("the client it was copied from counts too")
	}
	if _, err := c.Tokens(ctx); aisles.CodeOf(err) != aisles.Forbidden {
		t.Errorf("tokens as the sync: %v", err)
	}
}

func TestSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, ctx := w.operator(), t.Context()
	conn := aisles.Connection{Shop: "acme.myshopify.com", IntervalSeconds: 900, Settings: aisles.Settings{Channels: []string{"Online Store"}}}
	if _, err := c.PutConnection(ctx, "acme", conn, ""); aisles.CodeOf(err) != aisles.Invalid {
		t.Errorf("without a token: %v", err)
	}
	put := must[aisles.Connection](t)(c.PutConnection(ctx, "acme", conn, "shpat_1"))
	if diff := cmp.Diff(put, must[aisles.Connection](t)(c.Connection(ctx, "acme"))); diff != "" || put.Shop != conn.Shop {
		t.Errorf("connection (-put +read):\n%s", diff)
	}
	conn.ClientID = "app-1"
	if app := must[aisles.Connection](t)(c.PutConnection(ctx, "acme", conn, "shpss_1")); app.ClientID != "app-1" {
		t.Errorf("with an app: %+v", app)
	}
	if app := must[aisles.Connection](t)(c.PutConnection(ctx, "acme", conn, "")); app.ClientID != "app-1" {
		t.Errorf("its secret kept: %+v", app)
	}
	conn.ClientID = ""
	if app := must[aisles.Connection](t)(c.PutConnection(ctx, "acme", conn, "shpat_2")); app.ClientID != "" {
		t.Errorf("with a token again: %+v", app)
	}
	runs := must[[]aisles.Run](t)(c.RequestSync(ctx, aisles.SyncRequest{All: true}))
	if len(runs) != 1 || runs[0].Partner != "acme" {
		t.Fatalf("runs = %+v", runs)
	}
	if got := must[aisles.Run](t)(c.Run(ctx, runs[0].ID)); got.ID != runs[0].ID {
		t.Errorf("run = %+v", got)
	}
	if page := must[client.Page[aisles.Run]](t)(c.Runs(ctx, "acme", "", 10)); len(page.Items) != 1 {
		t.Errorf("runs = %+v", page)
	}
	if page := must[client.Page[aisles.RunAction]](t)(c.Actions(ctx, runs[0].ID, "", 10)); len(page.Items) != 0 {
		t.Errorf("actions = %+v", page)
	}
	for _, approve := range []bool{true, false} {
		if _, err := c.Decide(ctx, runs[0].ID, approve); aisles.CodeOf(err) != aisles.Conflict {
			t.Errorf("decided on a run that asks nothing: %v", err)
		}
	}
	must[aisles.ModeSetting](t)(c.SetMode(ctx, aisles.Paused, "a test"))
	if m := must[aisles.ModeSetting](t)(c.Mode(ctx)); m.Mode != aisles.Paused || m.Reason != "a test" {
		t.Errorf("mode = %+v", m)
	}
	must[[]client.Result](t)(c.PutProducts(ctx, "acme", []aisles.Patch{product("tee", "Tee")}, false))
	if why := must[aisles.Why](t)(c.Why(ctx, aisles.Ref{Partner: "acme", Key: "tee"})); why.Product == nil || why.Summary == "" {
		t.Errorf("why = %+v", why)
	}
	if n := must[int](t)(c.Retry(ctx, "acme", nil)); n != 0 {
		t.Errorf("retried %d", n)
	}
	if err := c.RemoveConnection(ctx, "acme"); err != nil {
		t.Error(err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, ctx := w.operator(), t.Context()
	text, made, err := c.CreateToken(ctx, "partner", "acme", "for feeds")
	if err != nil || made.Partner != "acme" || made.Note != "for feeds" {
		t.Fatalf("made %+v, %v", made, err)
	}
	partner := newClient(t, client.Options{URL: w.server.URL, Token: text})
	must[aisles.Partner](t)(partner.Partner(ctx, "acme"))
	if err := c.RevokeToken(ctx, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := partner.Partner(ctx, "acme"); aisles.CodeOf(err) != aisles.Unauthorized {
		t.Errorf("revoked: %v", err)
	}
	list := must[[]client.Token](t)(c.Tokens(ctx))
	if len(list) != 2 || list[1].RevokedAt == nil {
		t.Errorf("tokens = %+v", list)
	}
	if err := c.Ready(ctx); err != nil {
		t.Error(err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "127.0.0.1:8080", "ftp://h", "http://", "http://u:hush@h", "http://h?x=1"} {
		if _, err := client.New(client.Options{URL: bad}); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("address %q: %v", bad, err)
		}
	}
	if _, err := client.New(client.Options{URL: "http://h", Token: "two words"}); err == nil || strings.Contains(err.Error(), "words") {
		t.Errorf("token: %v", err)
	}
	c := newClient(t, client.Options{URL: "http://h/", Token: "aisles_hush"})
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v", c, c)} {
		if strings.Contains(shown, "hush") {
			t.Errorf("shows the token: %s", shown)
		}
	}
}

// TestPrefix: Aisles may be behind a path, and a redirect is not followed.
func TestPrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(next http.Handler) http.Handler {
		mux := http.NewServeMux()
		mux.Handle("/catalog/", http.StripPrefix("/catalog", next))
		mux.Handle("/moved/", http.RedirectHandler("/catalog/v1/partners/acme", http.StatusFound))
		return mux
	})
	token := w.token(api.Operator, "")
	must[aisles.Partner](t)(newClient(t, client.Options{URL: w.server.URL + "/catalog/", Token: token}).Partner(t.Context(), "acme"))
	_, err := newClient(t, client.Options{URL: w.server.URL + "/moved", Token: token}).Partner(t.Context(), "acme")
	if aisles.CodeOf(err) != aisles.Internal || errors.Is(err, client.ErrUnreachable) {
		t.Errorf("redirect: %v", err)
	}
}
