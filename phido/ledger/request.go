package ledger

import (
	"context"
	"fmt"
	"slices"

	"aisles/aisles"
	"aisles/internal/db"
)

// insertRuns adds a waiting run for each partner, or gives the one that waits
// already.
func (l *Ledger) insertRuns(ctx context.Context, tx *db.Tx, partners []string, routine aisles.Routine, dry, force bool) ([]aisles.Run, error) {
	list := make([]map[string]any, len(partners))
	for i, p := range partners {
		run := aisles.Run{
			ID: l.newID(), Partner: p, Routine: routine, Status: aisles.RunWaiting, DryRun: dry, Force: force, Mode: aisles.Sequential, CreatedAt: l.Now().UTC(),
		}
		list[i] = map[string]any{"id": run.ID, "partner": p, "body": text(run)}
	}
	if _, err := tx.Exec(ctx, `/*ledger.insertRuns*/ INSERT INTO runs (id, partner, routine, dry_run, status, pass, body)
		SELECT r.id, r.partner, `+tx.SQL("$2, $3", "$2::text, $3::boolean")+`, 'waiting', '', r.body FROM `+records(tx, "$1", "id text", "partner text", "body text")+` WHERE true
		ON CONFLICT DO NOTHING`, text(list), string(routine), dry); err != nil {
		return nil, err
	}
	runs, err := db.All(ctx, tx, scanRun, `/*ledger.insertRuns*/ SELECT r.body, NULL, NULL, NULL FROM runs r
		WHERE `+keysIn(tx, "r.partner", "$1")+` AND r.routine = $2 AND r.dry_run = $3 AND r.status = 'waiting' AND r.pass = '' ORDER BY r.partner`+tx.SQL("", " FOR UPDATE"),
		text(partners), string(routine), dry)
	switch {
	case err != nil:
		return nil, err
	case len(runs) < len(partners):
		return nil, fmt.Errorf("a pass has just claimed some of %d runs: %w", len(partners), db.ErrBusy)
	}
	var weak []aisles.Run
	for i := range runs {
		if force && !runs[i].Force {
			runs[i].Force = true
			weak = append(weak, runs[i])
		}
	}
	return runs, saveRuns(ctx, tx, weak)
}

// saveRuns writes runs as they are now; their passes stay.
func saveRuns(ctx context.Context, tx *db.Tx, runs []aisles.Run) error {
	if len(runs) == 0 {
		return nil
	}
	list := make([]map[string]any, len(runs))
	for i, r := range runs {
		r.Pass = nil
		list[i] = map[string]any{"id": r.ID, "status": r.Status, "body": text(r)}
	}
	_, err := tx.Exec(ctx, `/*ledger.saveRuns*/ UPDATE runs SET status = r.status, body = r.body FROM `+records(tx, "$1", "id text", "status text", "body text")+` WHERE runs.id = r.id`, text(list))
	return err
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
		connected, err := db.All(ctx, tx, db.Column[string], `/*ledger.RequestSync*/ SELECT partner FROM connections WHERE $1 OR `+keysIn(tx, "partner", "$2")+` ORDER BY partner`, request.All, text(request.Partners))
		if err != nil {
			return err
		}
		for _, p := range request.Partners {
			if _, there := slices.BinarySearch(connected, p); !there {
				return aisles.Errorf(aisles.NotFound, "%s is not connected to a shop", p)
			}
		}
		runs, err = l.insertRuns(ctx, tx, connected, request.Routine, request.DryRun, request.Force)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("request sync: %w", err)
	}
	return runs, nil
}
