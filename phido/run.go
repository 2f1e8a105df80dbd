package phido

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"aisles/aisles"
	"aisles/phido/ledger"
)

// sweepPause is the time between two looks for runs whose process died and for
// jobs that were lost.
const sweepPause = 5 * time.Second

// stopWait is how long runs may take to hand back what they have when Phido
// ends.
const stopWait = 8 * time.Second

// Run works in the mode in force until the context ends, and follows its
// switches. Errors are logged and followed by a growing wait, for the ledger
// or Aisles may be away.
func (p *Phido) Run(ctx context.Context) {
	watched := make(chan struct{})
	go func() { defer close(watched); p.watch(ctx) }()
	defer func() { <-watched }()
	q := queued{Phido: p}
	defer q.stop(ctx)
	wait := p.Tick
	for {
		err := p.turn(ctx, &q)
		var held *ledger.HeldError
		switch {
		case ctx.Err() != nil:
			return
		case err == nil, errors.As(err, &held): // another process works
			wait = p.Tick
		default:
			p.Log.LogAttrs(ctx, slog.LevelError, "pass failed", slog.Any("error", err))
			wait = min(2*wait, 30*time.Second)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// watch keeps the mode at hand, so that what runs hears of a switch between
// two products.
func (p *Phido) watch(ctx context.Context) {
	for {
		_, _ = p.lookUpMode(ctx) // who needs it asks again
		select {
		case <-ctx.Done():
			return
		case <-time.After(p.Tick):
		}
	}
}

// lookUpMode gives the mode in force, and keeps it at hand.
func (p *Phido) lookUpMode(ctx context.Context) (aisles.ModeSetting, error) {
	mode, err := p.Ledger.Mode(ctx)
	if err == nil {
		p.mode.Store(&mode)
	}
	return mode, err
}

// turn does what is due, in the mode in force.
func (p *Phido) turn(ctx context.Context, q *queued) error {
	mode, err := p.lookUpMode(ctx)
	if err != nil {
		return err
	}
	if mode.Mode == aisles.Queued && p.Jobs != nil {
		return q.turn(ctx)
	}
	q.stop(ctx)
	for {
		due, err := p.Ledger.Due(ctx)
		if err != nil || due == (ledger.Due{}) {
			return err
		}
		if _, err := p.Pass(ctx); err != nil {
			if errors.Is(err, errSwitched) {
				err = nil
			}
			return err
		}
	}
}

// queued is the mode in which runs are worked in the background: this process
// claims them, and its jobs and those of other processes run them.
type queued struct {
	*Phido
	started bool
	swept   time.Time
}

// turn claims what is due and sees to it that all that may begin has a job.
func (q *queued) turn(ctx context.Context) error {
	if !q.started {
		q.stopping.Store(false)
		if err := q.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		q.started = true
	}
	due, err := q.Ledger.Due(ctx)
	if err != nil {
		return err
	}
	sweep := time.Since(q.swept) > sweepPause
	if sweep {
		if _, err := q.Ledger.Revive(ctx); err != nil {
			return err
		}
		q.swept = time.Now()
	}
	if due.Claim {
		_, err = q.claim(ctx)
		var held *ledger.HeldError
		if err != nil && !errors.As(err, &held) { // who has the feed offers, too
			return err
		}
	}
	if !due.Claim && !sweep {
		return nil
	}
	return q.Offer(ctx)
}

// Offer sees to it that the runs that may begin have a job.
func (p *Phido) Offer(ctx context.Context) error {
	tickets, err := p.Ledger.Tickets(ctx, mostTickets)
	if err != nil || len(tickets) == 0 {
		return err
	}
	return p.Jobs.Offer(ctx, tickets)
}

// stop ends the jobs under way between two products.
func (q *queued) stop(ctx context.Context) {
	if !q.started {
		return
	}
	q.stopping.Store(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancel()
	if err := q.Jobs.Stop(ctx); err != nil {
		q.Log.LogAttrs(ctx, slog.LevelWarn, "jobs were cut short; they are taken up again", slog.Any("error", err))
	}
	q.started = false
}

// heldPause is after what time a job looks again whether a lease is free.
const heldPause = time.Second

// Work begins or goes on with the run of a ticket, as a job. A job with
// nothing to do, since the run has ended, has a newer ticket or belongs to
// another mode, is done at once. again is the time after which the job is to be
// worked again; 0 means it is done. An error is the ledger's.
func (p *Phido) Work(ctx context.Context, t ledger.Ticket) (again time.Duration, err error) {
	mode, err := p.lookUpMode(ctx)
	if err != nil || mode.Mode != aisles.Queued || p.stopping.Load() {
		return 0, err
	}
	run, err := p.Ledger.Run(ctx, t.Run)
	if aisles.CodeOf(err) == aisles.NotFound || err == nil && run.Status != aisles.RunWaiting {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, next, err := p.execute(ctx, t, run, mode)
	var held *ledger.HeldError
	switch {
	case errors.As(err, &held):
		return heldPause, nil
	case errors.Is(err, ledger.ErrStale), errors.Is(err, ledger.ErrLeaseLost):
		return 0, nil // it is another job's now
	case err == nil && next.Run != "":
		return 0, p.Jobs.Offer(ctx, []ledger.Ticket{next})
	}
	return 0, err
}
