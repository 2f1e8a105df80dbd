package client_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/client"
	"aisles/aisles/intake"
	"aisles/aisles/store"
	"aisles/internal/db/dbtest"
	"aisles/internal/secret"
	"aisles/phido/ledger"
)

// world is the real API over a real store and ledger, with the partner acme.
type world struct {
	t      testing.TB
	store  *store.Store
	server *httptest.Server
	key    secret.Key
}

// newWorld makes a world. Between stands before its API; nil is nobody.
func newWorld(t testing.TB, between func(http.Handler) http.Handler) *world {
	t.Helper()
	ctx, h := context.Background(), dbtest.SQLite(t)
	w := &world{t: t, key: secret.NewKey()}
	var err error
	if w.store, err = store.Open(ctx, h.URL("aisles"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Open(ctx, h.URL("phido"), ledger.Options{Sealer: w.key.Derive("shop token")})
	if err != nil {
		t.Fatal(err)
	}
	nearby := intake.NewFetcher(intake.FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	handler, err := api.New(api.Options{Store: w.store, Phido: book, Feeds: nearby, Key: w.key, TempDir: t.TempDir(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if between != nil {
		handler = between(handler)
	}
	w.server = httptest.NewServer(handler)
	t.Cleanup(func() {
		w.server.Close()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
		if err := book.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := w.store.CreatePartner(ctx, aisles.Partner{Key: "acme", Name: "Acme"}); err != nil {
		t.Fatal(err)
	}
	return w
}

// token makes a token of a class.
func (w *world) token(class api.Class, partner string) string {
	w.t.Helper()
	text, token, hash, err := api.NewToken(w.key, class, partner, "", time.Now())
	if err == nil {
		err = w.store.PutToken(context.Background(), token, hash)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// operator gives a client with an operator's token.
func (w *world) operator() *client.Client {
	w.t.Helper()
	return newClient(w.t, client.Options{URL: w.server.URL, Token: w.token(api.Operator, "")})
}

func newClient(t testing.TB, o client.Options) *client.Client {
	t.Helper()
	c, err := client.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
