package phido

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"aisles/aisles"
	"aisles/phido/ledger"
)

// Leases of the whole platform: who reads the feed, and who works in the mode
// in which one partner runs at a time.
const (
	feedLease       = "feed"
	sequentialLease = "sequential"
)

// Pass claims all runs that wait, reads the change feed once for all partners
// and runs them, one partner at a time, together with those that may go on. It
// gives the runs as they ended. A pass without a run reads nothing.
func (p *Phido) Pass(ctx context.Context) ([]aisles.Run, error) {
	lease, err := p.Ledger.Acquire(ctx, sequentialLease)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }() // what is not released expires
	ctx = lease.Context()

	if _, err := p.Ledger.Revive(ctx); err != nil {
		return nil, err
	}
	done, err := p.claim(ctx)
	if err != nil {
		return nil, err
	}
	tickets, err := p.Ledger.Tickets(ctx, mostTickets)
	if err != nil {
		return done, err
	}
	for _, t := range tickets {
		run, err := p.one(ctx, t)
		if err != nil {
			return done, err
		}
		done = append(done, run)
	}
	return done, nil
}

// mostTickets bounds how many runs are looked at together.
const mostTickets = 1000

// claim claims the runs that wait, reads the change feed for them and lets
// them begin. It gives those that have ended by that, since there is nothing to
// do for them.
func (p *Phido) claim(ctx context.Context) (idle []aisles.Run, err error) {
	lease, err := p.Ledger.Acquire(ctx, feedLease)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	ctx = lease.Context()

	pass, runs, err := p.Ledger.BeginPass(ctx, lease)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	mode, err := p.Ledger.Mode(ctx)
	if err != nil {
		return nil, err
	}
	behind, err := p.tail(ctx, lease, &pass)
	if err != nil {
		if ctx.Err() == nil {
			err = cmp.Or(p.Ledger.FailPass(ctx, lease, runs, mode.Mode, "the change feed: "+err.Error()), err)
		}
		return nil, err
	}
	if mode.Mode != aisles.Paused {
		if idle, err = p.Ledger.EndIdle(ctx, lease, runs, catalogFacets, mode.Mode, behind); err != nil {
			return nil, err
		}
	}
	return idle, p.Ledger.EndPass(ctx, lease, pass)
}

// errSwitched ends a pass whose mode was switched.
var errSwitched = errors.New("the mode was switched")

// one runs the run of a ticket, under the mode of one partner at a time.
func (p *Phido) one(ctx context.Context, t ledger.Ticket) (aisles.Run, error) {
	run, err := p.Ledger.Run(ctx, t.Run)
	if err != nil {
		return run, err
	}
	mode, err := p.lookUpMode(ctx)
	if err != nil {
		return run, err
	}
	if mode.Mode == aisles.Queued && p.Jobs != nil {
		return run, errSwitched
	}
	if n, err := p.Ledger.Running(ctx); err != nil || n > 0 {
		return run, cmp.Or(err, error(&ledger.HeldError{Name: sequentialLease, Holder: fmt.Sprintf("%d runs that are not through", n)}))
	}
	run, _, err = p.execute(ctx, t, run, mode)
	return run, err
}

// execute runs a run until it has ended, its slice is over or the mode was
// switched, under the leases of its partner's routine and of its shop. A run
// that waits again has the ticket next. A [*ledger.HeldError] says that
// another process has one of the leases.
func (p *Phido) execute(ctx context.Context, t ledger.Ticket, run aisles.Run, mode aisles.ModeSetting) (_ aisles.Run, next ledger.Ticket, err error) {
	lease, err := p.Ledger.Acquire(ctx, ledger.RunLease(run.Partner, run.Routine))
	if err != nil {
		return run, next, err
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }()
	ctx = lease.Context()
	shopCtx, leave, noShop := p.enter(ctx, run.Partner)
	var held *ledger.HeldError
	if errors.As(noShop, &held) {
		return run, next, noShop
	}
	if noShop == nil {
		defer leave()
		ctx = shopCtx
	}
	if run, err = p.Ledger.StartRun(ctx, lease, t, mode.Mode); err != nil {
		return run, next, err
	}
	if noShop != nil || mode.Mode == aisles.Paused {
		run.Status, run.Reason = aisles.RunStopped, "paused: "+mode.Reason
		if noShop != nil {
			run.Status, run.Reason = aisles.RunFailed, noShop.Error()
		}
		next, err = p.finish(ctx, lease, run)
		return run, next, err
	}
	began := time.Now()
	run, err = p.Catalog(ctx, lease, run)
	if ctx.Err() != nil {
		return run, next, context.Cause(ctx) // the run is taken up again
	}
	if err != nil {
		run.Status, run.Reason = aisles.RunFailed, err.Error()
	}
	p.Log.LogAttrs(ctx, slog.LevelInfo, "run", slog.String("partner", run.Partner), slog.String("run", run.ID), slog.String("status", string(run.Status)),
		slog.Duration("took", time.Since(began)), slog.Int("shopify_calls", run.ShopifyCalls), slog.String("reason", run.Reason))
	if run.Status == aisles.RunHeld {
		return run, next, nil // recorded with its hold
	}
	next, err = p.finish(ctx, lease, run)
	return run, next, err
}

// finish keeps a run that has ended, or waits again.
func (p *Phido) finish(ctx context.Context, lease *ledger.Lease, run aisles.Run) (ledger.Ticket, error) {
	if run.Status != aisles.RunRunning && run.Status != aisles.RunWaiting {
		now := time.Now().UTC()
		run.FinishedAt = &now
	}
	return p.Ledger.SaveRun(ctx, lease, run)
}
