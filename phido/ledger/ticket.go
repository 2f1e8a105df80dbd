package ledger

import (
	"context"
	"errors"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// Ticket is the right of one job to begin a run. A run that is to be begun
// again, because it waits again or lost its process, has a new number, and a
// job with an older one has nothing to do.
type Ticket struct {
	Run    string
	Number int64
	// Partner and Routine say whom it is for; they need not be given back.
	Partner string
	Routine aisles.Routine
}

// ErrStale: a ticket's run has begun, has ended, or has a newer ticket.
var ErrStale = errors.New("stale ticket")

func scanTicket(r db.Row) (t Ticket, err error) {
	return t, r.Scan(&t.Run, &t.Number, &t.Partner, &t.Routine)
}

// Tickets gives the runs that may begin and have not, oldest first.
func (l *Ledger) Tickets(ctx context.Context, limit int) ([]Ticket, error) {
	return db.All(ctx, l.db, scanTicket, `/*ledger.Tickets*/ SELECT id, ticket, partner, routine FROM runs WHERE status = 'waiting' AND ticket > 0 ORDER BY id LIMIT $1`, limit)
}

// OthersWait reports whether a run of another partner may begin and has not.
func (l *Ledger) OthersWait(ctx context.Context, partner string) (bool, error) {
	return db.Value[bool](ctx, l.db, `/*ledger.OthersWait*/ SELECT EXISTS (SELECT 1 FROM runs WHERE status = 'waiting' AND ticket > 0 AND partner <> $1)`, partner)
}

// RunLease names the lease under which a partner's routine runs.
func RunLease(partner string, routine aisles.Routine) string {
	return "run/" + partner + "/" + string(routine)
}

// Running gives the number of runs somebody has the right to run now.
func (l *Ledger) Running(ctx context.Context) (int, error) {
	n, err := db.Value[int64](ctx, l.db, `/*ledger.Running*/ SELECT count(*) FROM leases WHERE name LIKE 'run/%' AND expires_at > `+clockSQL(l.db, "$1"), l.now())
	return int(n), err
}

// Revive lets runs begin again that nobody has the right to run any more: their
// process died, or lost its lease. It gives their number. Processes that
// revive at once share the runs.
func (l *Ledger) Revive(ctx context.Context) (int, error) {
	n := 0
	err := l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		runs, err := db.All(ctx, tx, scanRun, `/*ledger.Revive*/ SELECT r.body, NULL, NULL, NULL FROM runs r WHERE `+
			fmt.Sprintf(dead, clockSQL(tx, "$1"))+` ORDER BY r.id`+tx.SQL("", " FOR UPDATE OF r SKIP LOCKED"), l.now())
		if err != nil || len(runs) == 0 {
			return err
		}
		ids := make([]string, len(runs))
		for i := range runs {
			runs[i].Status = aisles.RunWaiting
			runs[i].Resumed++
			ids[i] = runs[i].ID
		}
		if err := saveRuns(ctx, tx, runs); err != nil {
			return err
		}
		n = len(runs)
		_, err = tx.Exec(ctx, `/*ledger.Revive*/ UPDATE runs SET ticket = ticket + 1 WHERE `+keysIn(tx, "id", "$1"), text(ids))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("revive runs: %w", err)
	}
	return n, nil
}

// StartRun begins the run of a ticket, or gives [ErrStale].
func (l *Ledger) StartRun(ctx context.Context, lease *Lease, t Ticket, mode aisles.Mode) (run aisles.Run, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, `/*ledger.StartRun*/ UPDATE runs SET status = 'running' WHERE id = $1 AND ticket = $2 AND status = 'waiting'`, t.Run, t.Number)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrStale
		}
		if run, err = l.run(ctx, tx, t.Run); err != nil {
			return err
		}
		run.Status, run.Mode = aisles.RunRunning, mode
		if run.StartedAt == nil {
			now := l.Now().UTC()
			run.StartedAt = &now
		}
		return saveRun(ctx, tx, run)
	})
	if err != nil {
		return run, fmt.Errorf("start run %s: %w", t.Run, err)
	}
	return run, nil
}

// SaveRun keeps a run as it is now. One that waits again has a new ticket,
// which is given.
func (l *Ledger) SaveRun(ctx context.Context, lease *Lease, run aisles.Run) (next Ticket, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if err := saveRun(ctx, tx, run); err != nil || run.Status != aisles.RunWaiting {
			return err
		}
		next = Ticket{Run: run.ID, Partner: run.Partner, Routine: run.Routine}
		next.Number, err = db.Value[int64](ctx, tx, `/*ledger.SaveRun*/ UPDATE runs SET ticket = ticket + 1 WHERE id = $1 RETURNING ticket`, run.ID)
		return err
	})
	if err != nil {
		return next, fmt.Errorf("save run %s: %w", run.ID, err)
	}
	return next, nil
}

// revoke ends the partner's leases, so that what runs for it can write no more.
func revoke(ctx context.Context, tx *db.Tx, partner string) error {
	_, err := tx.Exec(ctx, `/*ledger.revoke*/ UPDATE leases SET fence = fence + 1, expires_at = 0 WHERE substr(name, 1, length($1)) = $1`, "run/"+partner+"/")
	return err
}
