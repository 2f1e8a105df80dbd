package phido

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"aisles/aisles"
	"aisles/phido/ledger"
)

// Pass claims all runs that wait, reads the change feed once for all partners
// and runs them, one partner at a time. It gives the runs as they ended. A
// pass without a run reads nothing.
func (p *Phido) Pass(ctx context.Context) ([]aisles.Run, error) {
	lease, err := p.Ledger.Acquire(ctx, sequential)
	if err != nil {
		return nil, err
	}
	defer func() { _ = lease.Release(context.WithoutCancel(ctx)) }() // what is not released expires
	ctx = lease.Context()

	pass, runs, err := p.Ledger.BeginPass(ctx, lease)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	behind, err := p.tail(ctx, lease, &pass)
	if err != nil {
		return nil, p.failAll(ctx, lease, runs, err)
	}
	if err := p.Ledger.SavePass(ctx, lease, pass); err != nil {
		return nil, err
	}
	for i := range runs {
		if runs[i], err = p.one(ctx, lease, runs[i], behind); err != nil {
			return runs[:i], err
		}
	}
	return runs, nil
}

// failAll ends the runs of a pass whose feed could not be read. They say why,
// and the schedule or a request tries again; nothing is set aside.
func (p *Phido) failAll(ctx context.Context, lease *ledger.Lease, runs []aisles.Run, cause error) error {
	if ctx.Err() != nil {
		return cause
	}
	for _, run := range runs {
		run, err := p.Ledger.StartRun(ctx, lease, run.ID)
		if err != nil {
			return errors.Join(cause, err)
		}
		run.Status, run.Reason = aisles.RunFailed, "the change feed: "+cause.Error()
		if err := p.finish(ctx, lease, run); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

// one runs one run until it has ended or its slice is over; then it waits for
// the next pass, behind the others. Behind says what the feed did not show yet.
func (p *Phido) one(ctx context.Context, lease *ledger.Lease, run aisles.Run, behind string) (aisles.Run, error) {
	mode, err := p.Ledger.Mode(ctx)
	if err != nil {
		return run, err
	}
	if run, err = p.Ledger.StartRun(ctx, lease, run.ID); err != nil {
		return run, err
	}
	run.Mode = mode.Mode
	if mode.Mode == aisles.Paused {
		run.Status, run.Reason = aisles.RunStopped, "paused: "+mode.Reason
		return run, p.finish(ctx, lease, run)
	}
	began := time.Now()
	run, err = p.Catalog(ctx, lease, run)
	if ctx.Err() != nil {
		return run, context.Cause(ctx) // the run is taken up again
	}
	if err != nil {
		run.Status, run.Reason = aisles.RunFailed, err.Error()
	}
	run.Reason = cmp.Or(run.Reason, behind)
	p.Log.LogAttrs(ctx, slog.LevelInfo, "run", slog.String("partner", run.Partner), slog.String("run", run.ID), slog.String("status", string(run.Status)),
		slog.Duration("took", time.Since(began)), slog.Int("shopify_calls", run.ShopifyCalls), slog.String("reason", run.Reason))
	if run.Status == aisles.RunHeld {
		return run, nil // recorded with its hold
	}
	return run, p.finish(ctx, lease, run)
}

func (p *Phido) finish(ctx context.Context, lease *ledger.Lease, run aisles.Run) error {
	if run.Status != aisles.RunRunning && run.Status != aisles.RunWaiting {
		now := time.Now().UTC()
		run.FinishedAt = &now
	}
	return p.Ledger.SaveRun(ctx, lease, run)
}
