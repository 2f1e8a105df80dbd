package ledger

import (
	"context"
	"fmt"

	"aisles/aisles"
	"aisles/internal/db"
)

// HoldItem is one product a held run asks about: what waited of it.
type HoldItem struct {
	Key     string
	Facets  aisles.Fingerprints
	Removed bool
}

// HoldRun stops the run for a person's answer. An older question about the
// same partner and routine is superseded.
func (l *Ledger) HoldRun(ctx context.Context, lease *Lease, run aisles.Run, items []HoldItem, actions []aisles.RunAction) error {
	var list []map[string]any
	for _, i := range items {
		if i.Removed {
			list = append(list, map[string]any{"key": i.Key, "facet": aisles.FacetContent, "fingerprint": "", "removed": true})
		}
		for f, fp := range i.Facets {
			list = append(list, map[string]any{"key": i.Key, "facet": f, "fingerprint": fp, "removed": false})
		}
	}
	shown := make([]map[string]any, len(actions))
	for i, a := range actions {
		shown[i] = map[string]any{"key": a.Key, "body": text(a), "removal": false}
	}
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		older, err := db.All(ctx, tx, scanRun, `/*ledger.HoldRun*/ SELECT r.body, NULL, NULL, NULL FROM runs r WHERE r.partner = $1 AND r.routine = $2 AND r.status = 'held'`, run.Partner, string(run.Routine))
		if err != nil {
			return err
		}
		for _, o := range older {
			if err := l.endHold(ctx, tx, o, "superseded by run "+run.ID); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `/*ledger.HoldRun*/ INSERT INTO held (run, key, facet, fingerprint, removed)
			SELECT `+tx.SQL("$1", "$1::text")+`, r.key, r.facet, r.fingerprint, r.removed FROM `+records(tx, "$2", "key text", "facet text", "fingerprint text", "removed boolean")+` WHERE true
			ON CONFLICT DO NOTHING`, run.ID, text(list)); err != nil {
			return err
		}
		if err := writeActions(ctx, tx, run.ID, run.Partner, shown, l.now()); err != nil {
			return err
		}
		run.Status = aisles.RunHeld
		return saveRun(ctx, tx, run)
	})
	if err != nil {
		return fmt.Errorf("hold run %s: %w", run.ID, err)
	}
	return nil
}

// endHold ends a held run.
func (l *Ledger) endHold(ctx context.Context, tx *db.Tx, run aisles.Run, reason string) error {
	now := l.Now().UTC()
	run.Status, run.FinishedAt = aisles.RunStopped, &now
	run.Reason = reason + " (" + run.Reason + ")"
	if err := saveRun(ctx, tx, run); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `/*ledger.endHold*/ DELETE FROM held WHERE run = $1`, run.ID)
	return err
}

// Decide answers a held run. Yes lets what it asked about pass the brake, as
// far as it still waits as it did, and gives the run that goes on. No leaves
// the shop as it is: removals wait no more, and changes are set aside until
// they change again or are retried.
func (l *Ledger) Decide(ctx context.Context, id string, approve bool, by string) (out aisles.Run, err error) {
	err = l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		run, err := db.One(ctx, tx, scanRun, `/*ledger.Decide*/ SELECT r.body, NULL, NULL, NULL FROM runs r WHERE r.id = $1`+tx.SQL("", " FOR UPDATE"), id)
		if err != nil {
			return notFound(err, "no run has the id %q", id)
		}
		if run.Status != aisles.RunHeld {
			return aisles.Errorf(aisles.Conflict, "run %s is %s and asks nothing", id, run.Status)
		}
		if by == "" {
			by = "somebody"
		}
		if approve {
			return l.approve(ctx, tx, run, by, &out)
		}
		return l.reject(ctx, tx, run, by, &out)
	})
	return out, err
}

// asked is the condition that a pending row is one the held run asked about,
// and as it was then.
const asked = `partner = $1 AND (key, facet, fingerprint, removed) IN (SELECT key, facet, fingerprint, removed FROM held WHERE run = $2)`

func (l *Ledger) approve(ctx context.Context, tx *db.Tx, run aisles.Run, by string, out *aisles.Run) error {
	if _, err := tx.Exec(ctx, `/*ledger.approve*/ UPDATE pending SET approved = true WHERE `+asked, run.Partner, run.ID); err != nil {
		return err
	}
	if err := l.endHold(ctx, tx, run, "approved by "+by); err != nil {
		return err
	}
	next, err := l.insertRuns(ctx, tx, []string{run.Partner}, run.Routine, false, false)
	if err != nil {
		return err
	}
	*out = next[0]
	return nil
}

// Rejected says on the products a person left as they are.
const rejected = "REJECTED"

func (l *Ledger) reject(ctx context.Context, tx *db.Tx, run aisles.Run, by string, out *aisles.Run) error {
	if _, err := tx.Exec(ctx, `/*ledger.reject*/ DELETE FROM pending WHERE removed AND `+asked, run.Partner, run.ID); err != nil {
		return err
	}
	why := aisles.SyncError{Message: "rejected by " + by + ": " + run.Reason, Code: rejected, At: l.Now().UTC(), SetAside: true}
	const never = int64(1) << 62
	if _, err := tx.Exec(ctx, `/*ledger.reject*/ UPDATE pending SET error = $3, aside_until = $4 WHERE `+asked, run.Partner, run.ID, text(why), never); err != nil {
		return err
	}
	if err := l.endHold(ctx, tx, run, "rejected by "+by); err != nil {
		return err
	}
	rejectedRun, err := l.run(ctx, tx, run.ID)
	*out = rejectedRun
	return err
}
