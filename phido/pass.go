package phido

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
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

// feedPage is the most changes asked for at once, the API's bound.
const feedPage = 250

// A change is shown in the feed when all transactions that began before it have
// ended. A pass waits for those a little, so that a run asked for after a
// write brings that write.
const (
	feedPatience = 3 * time.Second
	feedPause    = 25 * time.Millisecond
)

// tail reads the change feed to its end for all partners and makes what it
// brings pending. It sweeps first where it must: a cursor the feed no longer
// knows, or a partner that was connected, means comparing everything. Behind
// says who holds the feed back, when somebody does.
func (p *Phido) tail(ctx context.Context, lease *ledger.Lease, pass *aisles.Pass) (behind string, err error) {
	var requests atomic.Int64
	api := p.Aisles.Counting(&requests)
	defer func() { pass.AislesRequests += int(requests.Load()) }()

	partners, err := p.Ledger.Sweeps(ctx)
	if err != nil {
		return "", err
	}
	cursor, err := p.Ledger.Cursor(ctx)
	if err != nil {
		return "", err
	}
	began := time.Now()
	if cursor == "" {
		if cursor, err = p.sweep(ctx, lease, pass, api, ""); err != nil {
			return "", err
		}
		partners = nil
	}
	for {
		page, err := api.Changes(ctx, cursor, feedPage, "")
		if aisles.CodeOf(err) == aisles.Gone {
			p.Log.LogAttrs(ctx, slog.LevelWarn, "the feed cannot be continued: comparing every product", slog.Any("error", err))
			if err := p.Ledger.MarkAll(ctx, lease); err != nil {
				return "", err
			}
			if cursor, err = p.sweep(ctx, lease, pass, api, ""); err != nil {
				return "", err
			}
			partners = nil
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read changes after %q: %w", cursor, err)
		}
		if len(page.Items) > 0 || page.Next != cursor {
			n, err := p.Ledger.Take(ctx, lease, page.Items, page.Next)
			if err != nil {
				return "", err
			}
			pass.Changes += n
		}
		if cursor = page.Next; page.More {
			continue
		}
		if !page.Horizon.Held {
			break
		}
		if time.Since(began) > feedPatience {
			behind = fmt.Sprintf("changes of the last %.0f s are not in the feed yet: %s has an open transaction", page.Horizon.AgeSeconds, page.Horizon.Holder)
			break
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(feedPause):
		}
	}
	for _, partner := range partners {
		if _, err := p.sweep(ctx, lease, pass, api, partner); err != nil {
			return "", err
		}
	}
	return behind, nil
}

// sweep reads the feed from its beginning for one partner, or for all when
// partner is empty, and compares. What the catalog no longer has is pending
// for removal.
func (p *Phido) sweep(ctx context.Context, lease *ledger.Lease, pass *aisles.Pass, api *client.Client, partner string) (aisles.Cursor, error) {
	id, err := p.Ledger.StartSweep(ctx, lease, partner)
	if err != nil {
		return "", err
	}
	var cursor aisles.Cursor
	for {
		page, err := api.Changes(ctx, cursor, feedPage, partner)
		if err != nil {
			return "", fmt.Errorf("read all products: %w", err)
		}
		n, err := p.Ledger.TakeSwept(ctx, lease, id, page.Items)
		if err != nil {
			return "", err
		}
		pass.Changes += n
		if cursor = page.Next; !page.More {
			return cursor, p.Ledger.EndSweep(ctx, lease, id, partner, cursor)
		}
	}
}
