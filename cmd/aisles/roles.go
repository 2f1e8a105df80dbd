package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"aisles/aisles/store"
	"aisles/internal/secret"
	"aisles/phido/ledger"
	"aisles/phido/queue"
	"aisles/shopify/sim"
)

type serveCommand struct {
	Listen string `help:"Address of API and Admin." default:"127.0.0.1:8080" env:"AISLES_LISTEN" placeholder:"ADDR"`
	feedSources
	databases
}

// Run serves the API and the Admin until it is interrupted.
func (c serveCommand) Run(e *env) (err error) {
	if err := c.needPostgres("serve"); err != nil {
		return err
	}
	key, err := secret.Load(c.SecretKey, c.SecretKeyFile)
	if err != nil {
		return exitf(exitUsage, "%w (AISLES_SECRET_KEY or AISLES_SECRET_KEY_FILE)", err)
	}
	a := newApp(e, key)
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.openStore(e.ctx, c.DatabaseURL); err != nil {
		return err
	}
	if err := a.openLedger(e.ctx, c.ledgerURL(), "aisles"); err != nil {
		return err
	}
	if err := a.openQueue(e.ctx, c.ledgerURL(), "aisles", 0); err != nil {
		return err
	}
	handler, err := a.handler(e.ctx, c.feedSources)
	if err != nil {
		return err
	}
	web, err := listen(c.Listen, handler)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "Admin:  %s/admin/\nAPI:    %s/v1/\n", web.URL(), web.URL())
	return serve(e.ctx, web)
}

// workers bound how much of the mode queued happens in one process.
type workers struct {
	Workers int `help:"Most runs this process works at once in the mode queued." default:"4" env:"PHIDO_WORKERS" placeholder:"N"`
}

// Validate refuses a process without workers, which would leave all to others.
func (w workers) Validate() error {
	if w.Workers < 1 {
		return fmt.Errorf("--workers is %d; at least one is needed", w.Workers)
	}
	return nil
}

type phidoCommand struct {
	PhidoListen string `name:"listen" help:"Address of Phido's health." default:"127.0.0.1:8082" env:"PHIDO_LISTEN" placeholder:"ADDR"`
	workers
	databases
}

// Run syncs until it is interrupted.
func (c phidoCommand) Run(e *env) (err error) {
	if err := c.needPostgres("phido"); err != nil {
		return err
	}
	if e.global.URL == "" || e.global.Token == "" {
		return exitf(exitUsage, "'aisles phido' reads the catalog over the API: set AISLES_URL and AISLES_TOKEN (a token of class sync)")
	}
	key, err := secret.Load(c.SecretKey, c.SecretKeyFile)
	if err != nil {
		return exitf(exitUsage, "%w (AISLES_SECRET_KEY or AISLES_SECRET_KEY_FILE)", err)
	}
	a := newApp(e, key)
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.openLedger(e.ctx, c.ledgerURL(), "phido"); err != nil {
		return err
	}
	if err := a.openQueue(e.ctx, c.ledgerURL(), "phido", c.Workers); err != nil {
		return err
	}
	p, err := a.phido(e.global.URL, e.global.Token)
	if err != nil {
		return err
	}
	own, err := listen(c.PhidoListen, health(a.ledger.Ping))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "Phido:  %s/healthz\n", own.URL())
	ctx, stop := context.WithCancel(e.ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	defer func() { stop(); <-done }()
	return serve(ctx, own)
}

type shopifySimCommand struct {
	Listen string `help:"Address." default:"127.0.0.1:8081" env:"SHOPIFY_SIM_LISTEN" placeholder:"ADDR"`
}

// Run serves simulated shops until it is interrupted.
func (c shopifySimCommand) Run(e *env) error {
	shops, err := listen(c.Listen, sim.New(sim.Options{}))
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "Shops:  %s (simulated; control at %s/_sim/)\n", shops.URL(), shops.URL())
	return serve(e.ctx, shops)
}

type migrateCommand struct {
	databases
}

// Run brings both schemas up to date.
func (c migrateCommand) Run(e *env) error {
	catalog, own := c.DatabaseURL, c.ledgerURL()
	if catalog == "" {
		return exitf(exitUsage, "set AISLES_DATABASE_URL; the databases of 'aisles up' are brought up to date when it starts")
	}
	return migrate(e.ctx, catalog, own, e.out)
}

// migrate brings the catalog's and the ledger's tables up to date.
func migrate(ctx context.Context, catalog, own string, out io.Writer) error {
	applied, err := store.Migrate(ctx, catalog, store.Options{App: "aisles-migrate"})
	if err != nil {
		return fmt.Errorf("migrate the catalog: %w", err)
	}
	more, err := ledger.Migrate(ctx, own, ledger.Options{App: "aisles-migrate"})
	if err != nil {
		return fmt.Errorf("migrate the ledger: %w", err)
	}
	jobs, err := queue.Migrate(ctx, own, queue.Options{App: "aisles-migrate"})
	if err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	for _, name := range slices.Concat(applied, more, jobs) {
		if _, err := fmt.Fprintln(out, "applied", name); err != nil {
			return err
		}
	}
	if len(applied)+len(more)+len(jobs) == 0 {
		_, err = fmt.Fprintln(out, "up to date")
	}
	return err
}
