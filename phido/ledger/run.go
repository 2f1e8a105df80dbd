package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

const runColumns = `r.body, p.id, p.aisles_requests, p.changes`

func scanRun(r db.Row) (run aisles.Run, err error) {
	var body string
	var pass *string
	var requests, changes *int64
	if err := r.Scan(&body, &pass, &requests, &changes); err != nil {
		return run, err
	}
	if err := json.Unmarshal([]byte(body), &run); err != nil {
		return run, fmt.Errorf("read a run: %w", err)
	}
	if pass != nil {
		run.Pass = &aisles.Pass{ID: *pass, AislesRequests: int(*requests), Changes: int(*changes)}
	}
	return run, nil
}

// saveRun writes the run as it is now; its pass stays.
func saveRun(ctx context.Context, tx *db.Tx, run aisles.Run) error {
	run.Pass = nil
	n, err := tx.Exec(ctx, `/*ledger.saveRun*/ UPDATE runs SET status = $1, body = $2 WHERE id = $3`, string(run.Status), text(run), run.ID)
	if err == nil && n == 0 {
		err = aisles.Errorf(aisles.NotFound, "no run has the id %q", run.ID)
	}
	return err
}

func (l *Ledger) run(ctx context.Context, q db.Querier, id string) (aisles.Run, error) {
	run, err := db.One(ctx, q, scanRun, `/*ledger.Run*/ SELECT `+runColumns+` FROM runs r LEFT JOIN passes p ON p.id = r.pass WHERE r.id = $1`, id)
	return run, notFound(err, "no run has the id %q", id)
}

// Run gives one run.
func (l *Ledger) Run(ctx context.Context, id string) (aisles.Run, error) { return l.run(ctx, l.db, id) }

// Runs gives runs, newest first, of one partner or of all, before the id
// after.
func (l *Ledger) Runs(ctx context.Context, partner, after string, limit int) ([]aisles.Run, error) {
	if after == "" {
		after = "~" // sorts behind every id
	}
	where, args := "", []any{after, limit}
	if partner != "" {
		where, args = " AND r.partner = $3", append(args, partner)
	}
	return db.All(ctx, l.db, scanRun, `/*ledger.Runs*/ SELECT `+runColumns+` FROM runs r LEFT JOIN passes p ON p.id = r.pass WHERE r.id < $1`+where+` ORDER BY r.id DESC LIMIT $2`, args...)
}

func scanAction(r db.Row) (a aisles.RunAction, err error) {
	var body string
	if err := r.Scan(&body); err != nil {
		return a, err
	}
	return a, json.Unmarshal([]byte(body), &a)
}

// Actions gives what a run did, or would do, by key.
func (l *Ledger) Actions(ctx context.Context, run, after string, limit int) ([]aisles.RunAction, error) {
	if _, err := l.Run(ctx, run); err != nil {
		return nil, err
	}
	return db.All(ctx, l.db, scanAction, `/*ledger.Actions*/ SELECT body FROM actions WHERE run = $1 AND key > $2 ORDER BY key LIMIT $3`, run, after, limit)
}
