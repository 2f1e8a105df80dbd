package ledger

import (
	"context"
	"fmt"
	"time"

	"aisles/internal/db"
)

// PauseShop notes why nothing can be synced to the partner's shop, and when the
// schedule is to try again. A pause that lasts already keeps its beginning.
func (l *Ledger) PauseShop(ctx context.Context, lease *Lease, partner, reason string, next time.Time) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.PauseShop*/ UPDATE connections SET paused_reason = $1, paused_since = coalesce(paused_since, $2), next_at = $3 WHERE partner = $4`,
			reason, l.now(), next.UnixMicro(), partner)
		return err
	})
	if err != nil {
		return fmt.Errorf("pause the shop of %s: %w", partner, err)
	}
	return nil
}

// ResumeShop ends the pause: the shop has answered. The schedule goes on one
// interval later.
func (l *Ledger) ResumeShop(ctx context.Context, lease *Lease, partner string) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.ResumeShop*/ UPDATE connections SET paused_reason = NULL, paused_since = NULL, next_at = $1 + interval_seconds * 1000000
			WHERE partner = $2 AND paused_since IS NOT NULL`, l.now(), partner)
		return err
	})
	if err != nil {
		return fmt.Errorf("resume the shop of %s: %w", partner, err)
	}
	return nil
}

// endPause ends a pause because a person has changed the connection: the
// schedule tries at once.
func (l *Ledger) endPause(ctx context.Context, tx *db.Tx, partner string) error {
	_, err := tx.Exec(ctx, `/*ledger.endPause*/ UPDATE connections SET paused_reason = NULL, paused_since = NULL, next_at = $1
		WHERE partner = $2 AND paused_since IS NOT NULL`, l.now(), partner)
	return err
}
