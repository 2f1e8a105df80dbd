package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"aisles/aisles/intake"
	"aisles/aisles/store"
	"aisles/internal/db"
	"aisles/internal/secret"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Options are what the API works with. Store and Key are required.
type Options struct {
	Store *store.Store
	Phido Companion // nil: the sync's routes answer 503
	// Feeds fetches feeds by their URLs; nil fetches from public addresses only.
	Feeds *intake.Fetcher
	Key   secret.Key // signs tokens
	// TempDir is where feeds are sorted out; empty is the system's.
	TempDir string
	Version string           // shown by /healthz
	Now     func() time.Time // nil is time.Now
	Log     *slog.Logger     // told of every request; nil is slog's default
	Admin   http.Handler     // mounted at /admin/; nil mounts nothing
}

// api is the state behind the handlers.
type api struct {
	Options
	tokens  *tokens
	answers answers
	huma    huma.API
}

// New makes the handler of the API. It opens the store's pool for the sync,
// which is closed with the store. The handler bounds each request's reading
// and writing itself, so its server needs only a ReadHeaderTimeout and an
// IdleTimeout: a feed may take hours.
func New(o Options) (http.Handler, error) {
	if o.Store == nil || o.Key.IsZero() {
		return nil, errors.New("api: a store and a key are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Feeds == nil {
		o.Feeds = intake.NewFetcher(intake.FetchOptions{})
	}
	if o.TempDir == "" {
		o.TempDir = os.TempDir()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	forSync, err := o.Store.As(ctx, db.ClassSync)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a := &api{Options: o, tokens: newTokens(o.Key, o.Now, o.Store, forSync)}
	mux := http.NewServeMux()
	a.huma = humago.New(mux, config())
	a.partnerRoutes()
	a.connectionRoutes()
	a.productRoutes()
	a.feedRoutes()
	a.importRoutes()
	a.uploadRoute()
	a.syncRoutes()
	a.runRoutes()
	a.tokenRoutes()
	if err := a.plainRoutes(mux); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return &front{api: a, mux: mux}, nil
}

// plainRoutes are those outside the OpenAPI document.
func (a *api) plainRoutes(mux *http.ServeMux) error {
	document, page, err := describe(a.huma.OpenAPI())
	if err != nil {
		return err
	}
	mux.HandleFunc("GET /v1/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(document)
	})
	mux.HandleFunc("GET /docs", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok", "version": a.Version})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := a.Store.Ping(ctx); err != nil {
			writeProblem(w, problemOf(r.Context(), fmt.Errorf("%w: %w", errNotReady, err)))
			return
		}
		writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
	})
	if a.Admin != nil {
		mux.Handle("/admin/", a.Admin)
	}
	return nil
}
