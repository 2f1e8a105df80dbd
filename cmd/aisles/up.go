package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"aisles/aisles/api"
	"aisles/internal/db"
	"aisles/internal/secret"
	"aisles/shopify/sim"
)

type upCommand struct {
	Demo        bool   `help:"Fill it with three partners, their catalogs and simulated shops."`
	Listen      string `help:"Address of API and Admin." default:"127.0.0.1:8080" env:"AISLES_LISTEN" placeholder:"ADDR"`
	PhidoListen string `help:"Address of Phido's health." default:"127.0.0.1:8082" env:"PHIDO_LISTEN" placeholder:"ADDR"`
	SimListen   string `help:"Address of the simulated shops." default:"127.0.0.1:8081" env:"SHOPIFY_SIM_LISTEN" placeholder:"ADDR"`
	NoSim       bool   `help:"Run no simulated shops; --sim-listen is ignored."`
	workers
	feedSources
	databases
}

// Run runs everything until it is interrupted.
func (c upCommand) Run(e *env) (err error) {
	if c.Demo && c.NoSim {
		return exitf(exitUsage, "--demo fills simulated shops, which --no-sim leaves out")
	}
	data := folder(e.global.Data)
	lock, err := db.Lock(string(data))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	key, err := c.key(data)
	if err != nil {
		return err
	}
	a := newApp(e, key)
	defer func() { err = errors.Join(err, a.close()) }()
	if err := c.open(e.ctx, a, data); err != nil {
		return err
	}
	operator, err := ownToken(e.ctx, a, data, operatorTokenFile, api.Operator)
	if err != nil {
		return err
	}
	syncToken, err := ownToken(e.ctx, a, data, phidoTokenFile, api.Sync)
	if err != nil {
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
	if err := data.write(urlFile, web.URL()); err != nil {
		return err
	}
	p, err := a.phido(web.URL(), syncToken)
	if err != nil {
		return err
	}
	listeners := []*listener{web}
	own, err := listen(c.PhidoListen, health(a.ledger.Ping))
	if err != nil {
		return err
	}
	listeners = append(listeners, own)
	var shops *listener
	simulator := sim.New(sim.Options{})
	if !c.NoSim {
		if shops, err = listen(c.SimListen, simulator); err != nil {
			return err
		}
		listeners = append(listeners, shops)
	}

	ctx, stop := context.WithCancel(e.ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { p.Run(ctx) })
	c.greet(e, web, shops, data)
	if c.Demo {
		background.Go(func() {
			if err := fillDemo(ctx, e, web.URL(), operator, simulator, shops.URL()); err != nil && ctx.Err() == nil {
				fmt.Fprintln(e.err, "demo:", err)
			}
		})
	}
	return serve(ctx, listeners...)
}

func (c upCommand) greet(e *env, web, shops *listener, data folder) {
	fmt.Fprintf(e.out, "Admin:  %s/admin/\nAPI:    %s/v1/ (described at %s/docs)\n", web.URL(), web.URL(), web.URL())
	if shops != nil {
		fmt.Fprintf(e.out, "Shops:  %s (simulated)\n", shops.URL())
	}
	fmt.Fprintf(e.out, "Data:   %s\n", string(data))
}

// key gives the key from the environment, else the data folder's own.
func (c upCommand) key(data folder) (secret.Key, error) {
	if c.SecretKey != "" || c.SecretKeyFile != "" {
		return secret.Load(c.SecretKey, c.SecretKeyFile)
	}
	return secret.FileKey(data.path(secretKeyFile))
}

// open opens the databases. Nobody else has the data folder: whoever held a
// lease or ran an import on it is dead.
func (c upCommand) open(ctx context.Context, a *app, data folder) error {
	catalog, own := c.DatabaseURL, c.ledgerURL()
	embedded := catalog == ""
	if catalog == "" {
		catalog = "sqlite:" + data.path("aisles.db")
	}
	if own == "" {
		own = "sqlite:" + data.path("phido.db")
	}
	if !embedded {
		if err := migrate(ctx, catalog, own, nil); err != nil {
			return err
		}
	}
	if err := a.openStore(ctx, catalog); err != nil {
		return err
	}
	if err := a.openLedger(ctx, own, "phido"); err != nil {
		return err
	}
	if err := a.openQueue(ctx, own, "phido", c.Workers); err != nil {
		return err
	}
	if !embedded {
		return nil
	}
	return errors.Join(a.ledger.FreeAll(ctx), a.store.AbandonImports(ctx))
}

// ownToken gives the token in the data folder, or makes one where there is
// none that works.
func ownToken(ctx context.Context, a *app, data folder, file string, class api.Class) (string, error) {
	token, err := data.read(file)
	if err != nil {
		return "", err
	}
	if token != "" && api.Knows(ctx, a.store, a.key, token, class) {
		return token, nil
	}
	if token, err = a.token(ctx, class, "made by aisles up"); err != nil {
		return "", fmt.Errorf("make %s: %w", file, err)
	}
	return token, data.write(file, token)
}
