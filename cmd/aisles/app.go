package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"aisles/aisles/admin"
	"aisles/aisles/api"
	"aisles/aisles/client"
	"aisles/aisles/intake"
	"aisles/aisles/store"
	"aisles/internal/db"
	"aisles/internal/secret"
	"aisles/phido"
	"aisles/phido/ledger"
	"aisles/phido/queue"
)

// databases say where the catalog and the ledger are.
type databases struct {
	DatabaseURL      string `help:"Catalog's database: sqlite:FILE or postgres://…" env:"AISLES_DATABASE_URL" placeholder:"URL"`
	PhidoDatabaseURL string `help:"Ledger's database. Default: the catalog's, in a schema of its own." env:"PHIDO_DATABASE_URL" placeholder:"URL"`
	SecretKey        string `help:"Key that seals access tokens and signs API tokens; only by the environment." env:"AISLES_SECRET_KEY" hidden:""`
	SecretKeyFile    string `help:"File with the key." env:"AISLES_SECRET_KEY_FILE" placeholder:"FILE"`
}

// needPostgres refuses databases that only one process can use.
func (d databases) needPostgres(role string) error {
	for _, url := range []string{d.DatabaseURL, d.PhidoDatabaseURL} {
		if url != "" && !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
			return exitf(exitUsage, "'aisles %s' shares its database with other processes and needs PostgreSQL; on SQLite, 'aisles up' runs everything in one process", role)
		}
	}
	if d.DatabaseURL == "" && d.PhidoDatabaseURL == "" {
		return exitf(exitUsage, "'aisles %s' needs AISLES_DATABASE_URL=postgres://…; without PostgreSQL, 'aisles up' runs everything in one process", role)
	}
	return nil
}

func (d databases) ledgerURL() string { return cmp.Or(d.PhidoDatabaseURL, d.DatabaseURL) }

// feedSources say where feeds may be fetched from.
type feedSources struct {
	FeedNetworks []netip.Prefix `help:"Networks beside the public ones that feeds may be fetched from, such as 10.1.2.0/24; more than one with commas." env:"AISLES_FEED_NETWORKS" placeholder:"CIDR"`
}

// app is where the rooms meet: one process, with what it has open.
type app struct {
	log    *slog.Logger
	key    secret.Key
	store  *store.Store
	ledger *ledger.Ledger
	queue  *queue.Queue
	closes []io.Closer
}

func (a *app) close() error {
	var err error
	for i := len(a.closes) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closes[i].Close())
	}
	return err
}

func newApp(e *env, key secret.Key) *app {
	return &app{log: slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn})), key: key}
}

func (a *app) openStore(ctx context.Context, url string) error {
	s, err := store.Open(ctx, url, store.Options{App: "aisles", Release: version()})
	if err != nil {
		return err
	}
	a.store = s
	a.closes = append(a.closes, s)
	return nil
}

func (a *app) openLedger(ctx context.Context, url, name string) error {
	l, err := ledger.Open(ctx, url, ledger.Options{App: name, Release: version(), Sealer: a.key.Derive("shop tokens")})
	if err != nil {
		return err
	}
	a.ledger = l
	a.closes = append(a.closes, l)
	return nil
}

func (a *app) openQueue(ctx context.Context, url, name string, workers int) error {
	q, err := queue.Open(ctx, url, queue.Options{App: name, Release: version(), Workers: workers, Log: a.log})
	if err != nil {
		return err
	}
	a.queue = q
	a.closes = append(a.closes, q)
	return nil
}

// jobsPrefix is where River's own pages are.
const jobsPrefix = "/admin/jobs"

// handler is the API with the Admin, which reads through a pool of its own.
func (a *app) handler(ctx context.Context, feeds feedSources) (http.Handler, error) {
	forAdmin, err := a.store.As(ctx, db.ClassAdmin)
	if err != nil {
		return nil, err
	}
	jobs, err := a.queue.Pages(ctx, jobsPrefix)
	if err != nil {
		return nil, err
	}
	page := admin.New(admin.Options{
		Store: forAdmin, Sync: a.ledger, Version: version(), Jobs: jobs,
		Operator: func(ctx context.Context, token string) bool {
			return api.Knows(ctx, forAdmin, a.key, token, api.Operator)
		},
	})
	fetcher := intake.NewFetcher(intake.FetchOptions{AllowNetworks: feeds.FeedNetworks})
	return api.New(api.Options{Store: a.store, Phido: a.ledger, Feeds: fetcher, Key: a.key, Version: version(), Log: a.log, Admin: page})
}

// phido is the sync, as a client of the API.
func (a *app) phido(url, token string) (*phido.Phido, error) {
	c, err := client.New(client.Options{URL: url, Token: token, UserAgent: "phido/" + version()})
	if err != nil {
		return nil, err
	}
	p := phido.New(phido.Options{Aisles: c, Ledger: a.ledger, Jobs: a.queue, Log: a.log})
	a.queue.Serve(p.Work)
	return p, nil
}

// token makes an API token that the store knows.
func (a *app) token(ctx context.Context, class api.Class, note string) (string, error) {
	text, t, hash, err := api.NewToken(a.key, class, "", note, time.Now())
	if err != nil {
		return "", err
	}
	return text, a.store.PutToken(ctx, t, hash)
}

// listener is one address that is served.
type listener struct {
	net.Listener
	server *http.Server
}

// listen takes the address, so that one that is taken is told at once.
func listen(address string, h http.Handler) (*listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return &listener{l, &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}}, nil
}

// URL gives the address as a client writes it.
func (l *listener) URL() string { return "http://" + l.Addr().String() }

// serve serves the listeners until the context ends, then lets requests
// finish for some seconds.
func serve(ctx context.Context, listeners ...*listener) error {
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		go func() { failed <- l.server.Serve(l.Listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second)
	defer cancel()
	for _, l := range listeners {
		if e := l.server.Shutdown(end); e != nil {
			err = errors.Join(err, l.server.Close())
		}
	}
	return err
}

// health answers for a process that serves no API.
func health(ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := ready(r.Context()); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux
}
