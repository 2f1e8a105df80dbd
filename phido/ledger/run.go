package ledger

import (
	"context"
	"encoding/json"
	"errors"
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

// insertRun adds a waiting run, or gives the one that waits already.
func (l *Ledger) insertRun(ctx context.Context, tx *db.Tx, partner string, routine aisles.Routine, dry, force bool) (aisles.Run, error) {
	run := aisles.Run{
		ID: l.newID(), Partner: partner, Routine: routine, Status: aisles.RunWaiting, DryRun: dry, Force: force, Mode: aisles.Sequential, CreatedAt: l.Now().UTC(),
	}
	n, err := tx.Exec(ctx, `/*ledger.insertRun*/ INSERT INTO runs (id, partner, routine, dry_run, status, pass, body) VALUES ($1, $2, $3, $4, 'waiting', '', $5)
		ON CONFLICT DO NOTHING`, run.ID, partner, string(routine), dry, text(run))
	if err != nil || n == 1 {
		return run, err
	}
	there, err := db.One(ctx, tx, scanRun, `/*ledger.insertRun*/ SELECT r.body, NULL, NULL, NULL FROM runs r
		WHERE r.partner = $1 AND r.routine = $2 AND r.dry_run = $3 AND r.status = 'waiting' AND r.pass = ''`+tx.SQL("", " FOR UPDATE"), partner, string(routine), dry)
	switch {
	case errors.Is(err, db.ErrNoRows):
		return run, fmt.Errorf("a pass has just claimed the run of %s: %w", partner, db.ErrBusy)
	case err != nil:
		return run, err
	}
	if force && !there.Force {
		there.Force = true
		return there, saveRun(ctx, tx, there)
	}
	return there, nil
}

// RequestSync asks for runs. Per partner and routine one run waits at most: a
// second request gives the same one, a request made while one runs leads to
// one follow-up.
func (l *Ledger) RequestSync(ctx context.Context, request aisles.SyncRequest) (runs []aisles.Run, err error) {
	if request.Routine == "" {
		request.Routine = aisles.RoutineCatalog
	}
	if request.Routine != aisles.RoutineCatalog {
		return nil, aisles.FieldErrorf("routine", "no routine is called %q", string(request.Routine))
	}
	if request.All == (len(request.Partners) > 0) {
		return nil, aisles.FieldErrorf("partners", "name partners, or say all")
	}
	err = l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		runs = []aisles.Run{}
		connected, err := db.All(ctx, tx, db.Column[string], `/*ledger.RequestSync*/ SELECT partner FROM connections WHERE $1 OR `+keysIn(tx, "partner", "$2")+` ORDER BY partner`, request.All, text(request.Partners))
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, p := range connected {
			there[p] = true
		}
		for _, p := range request.Partners {
			if !there[p] {
				return aisles.Errorf(aisles.NotFound, "%s is not connected to a shop", p)
			}
		}
		for _, p := range connected {
			run, err := l.insertRun(ctx, tx, p, request.Routine, request.DryRun, request.Force)
			if err != nil {
				return err
			}
			runs = append(runs, run)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("request sync: %w", err)
	}
	return runs, nil
}

// Due reports whether a pass would find something to do: a run that waits or
// whose process died, or a partner whose hour has come. Nothing is due while
// the mode is paused but requests, which are answered.
func (l *Ledger) Due(ctx context.Context) (bool, error) {
	n, err := db.Value[int64](ctx, l.db, `/*ledger.Due*/ SELECT (SELECT count(*) FROM runs WHERE status IN ('waiting', 'running'))
		+ (SELECT count(*) FROM connections WHERE next_at <= $1 AND NOT EXISTS (SELECT 1 FROM mode WHERE mode = 'paused'))`, l.now())
	return n > 0, err
}

// BeginPass claims the runs that wait, among them those whose process died and
// those whose hour has come. The caller has the lease of all runs: what still
// runs has no process. Without a run the pass is empty and nothing is written.
func (l *Ledger) BeginPass(ctx context.Context, lease *Lease) (pass aisles.Pass, runs []aisles.Run, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		pass, runs = aisles.Pass{}, nil
		if err := l.schedule(ctx, tx); err != nil {
			return err
		}
		all, err := db.All(ctx, tx, scanRun, `/*ledger.BeginPass*/ SELECT `+runColumns+` FROM runs r LEFT JOIN passes p ON p.id = r.pass
			WHERE r.status IN ('waiting', 'running') ORDER BY r.id`+tx.SQL("", " FOR UPDATE OF r"))
		if err != nil || len(all) == 0 {
			return err
		}
		pass.ID = l.newID()
		if _, err := tx.Exec(ctx, `/*ledger.BeginPass*/ INSERT INTO passes (id, aisles_requests, changes) VALUES ($1, 0, 0)`, pass.ID); err != nil {
			return err
		}
		runs, err = l.claim(ctx, tx, pass.ID, all)
		return err
	})
	if err != nil {
		return pass, nil, fmt.Errorf("begin pass: %w", err)
	}
	return pass, runs, nil
}

// claim ties the runs to the pass. Two that would do the same both go on: the
// second finds nothing left to do, and whoever waits for it is answered.
func (l *Ledger) claim(ctx context.Context, tx *db.Tx, pass string, runs []aisles.Run) ([]aisles.Run, error) {
	for i := range runs {
		if runs[i].Status == aisles.RunRunning {
			runs[i].Resumed++
			runs[i].Status = aisles.RunWaiting
		}
		// The pass goes first: two unclaimed runs may not wait for the same.
		if _, err := tx.Exec(ctx, `/*ledger.BeginPass*/ UPDATE runs SET pass = $1 WHERE id = $2`, pass, runs[i].ID); err != nil {
			return nil, err
		}
		if err := saveRun(ctx, tx, runs[i]); err != nil {
			return nil, err
		}
		runs[i].Pass = &aisles.Pass{ID: pass}
	}
	return runs, nil
}

// schedule adds runs for partners whose hour has come. A held run is a
// question: until it is answered the schedule asks no other.
func (l *Ledger) schedule(ctx context.Context, tx *db.Tx) error {
	mode, err := db.Value[string](ctx, tx, `/*ledger.schedule*/ SELECT mode FROM mode`)
	if err != nil || mode == string(aisles.Paused) {
		return err
	}
	now := l.now()
	due, err := db.All(ctx, tx, db.Column[string], `/*ledger.schedule*/ SELECT c.partner FROM connections c WHERE c.next_at <= $1
		AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.partner = c.partner AND r.status = 'held') ORDER BY c.partner`, now)
	if err != nil {
		return err
	}
	for _, partner := range due {
		if _, err := l.insertRun(ctx, tx, partner, aisles.RoutineCatalog, false, false); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, `/*ledger.schedule*/ UPDATE connections SET next_at = $1 + interval_seconds * 1000000 WHERE next_at <= $1`, now)
	return err
}

// SavePass keeps what the pass cost.
func (l *Ledger) SavePass(ctx context.Context, lease *Lease, p aisles.Pass) error {
	return l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.SavePass*/ UPDATE passes SET aisles_requests = $1, changes = $2 WHERE id = $3`, p.AislesRequests, p.Changes, p.ID)
		return err
	})
}

// StartRun begins a claimed run.
func (l *Ledger) StartRun(ctx context.Context, lease *Lease, id string) (run aisles.Run, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if run, err = l.run(ctx, tx, id); err != nil {
			return err
		}
		now := l.Now().UTC()
		run.Status = aisles.RunRunning
		if run.StartedAt == nil {
			run.StartedAt = &now
		}
		return saveRun(ctx, tx, run)
	})
	if err != nil {
		return run, fmt.Errorf("start run %s: %w", id, err)
	}
	return run, nil
}

// SaveRun keeps a run as it is now. One that waits again goes on in the next
// pass.
func (l *Ledger) SaveRun(ctx context.Context, lease *Lease, run aisles.Run) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error { return saveRun(ctx, tx, run) })
	if err != nil {
		return fmt.Errorf("save run %s: %w", run.ID, err)
	}
	return nil
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
