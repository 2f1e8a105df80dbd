package ledger

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/phido/plan"
)

// Due says what there is to do.
type Due struct {
	// Claim: runs wait to be claimed by a pass, or a partner's hour has come.
	Claim bool
	// Ready: claimed runs may begin.
	Ready bool
	// Dead: runs lost their process.
	Dead bool
}

// claimable is the condition that a run r may be claimed: of a partner and
// routine one runs at a time, and what was asked for meanwhile follows it.
const claimable = `r.status = 'waiting' AND r.ticket = 0 AND NOT EXISTS (SELECT 1 FROM runs o WHERE o.partner = r.partner AND o.routine = r.routine AND o.dry_run = r.dry_run
	AND o.status IN ('waiting', 'running') AND (o.ticket > 0 OR o.status = 'waiting' AND o.id < r.id))`

// dead is the condition that nobody has the right to run the run r that runs.
// The time is its parameter.
const dead = `r.status = 'running' AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.name = 'run/' || r.partner || '/' || r.routine AND l.expires_at > %s)`

// clockSQL is the time by which leases expire: the parameter, or the server's
// own, for which the parameter is taken all the same.
func clockSQL(q db.Querier, param string) string {
	return q.SQL(param, `(`+param+`::bigint * 0 + extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
}

// Due looks for something to do. Nothing is scheduled while the mode is
// paused; requests are answered.
func (l *Ledger) Due(ctx context.Context) (Due, error) {
	return db.One(ctx, l.db, func(r db.Row) (d Due, err error) { return d, r.Scan(&d.Claim, &d.Ready, &d.Dead) }, `/*ledger.Due*/ SELECT
		EXISTS (SELECT 1 FROM runs r WHERE `+claimable+`)
			OR EXISTS (SELECT 1 FROM connections WHERE next_at <= $1 AND NOT EXISTS (SELECT 1 FROM mode WHERE mode = 'paused')),
		EXISTS (SELECT 1 FROM runs r WHERE r.status = 'waiting' AND r.ticket > 0),
		EXISTS (SELECT 1 FROM runs r WHERE `+fmt.Sprintf(dead, clockSQL(l.db, "$1"))+`)`, l.now())
}

// BeginPass claims the runs that wait, among them those of partners whose hour
// has come, and gives them by id. They may begin when the pass has read the
// feed, see [Ledger.EndPass]; those of a pass that never did are claimed
// anew. Without a run the pass is empty and nothing is written.
func (l *Ledger) BeginPass(ctx context.Context, lease *Lease) (pass aisles.Pass, runs []aisles.Run, err error) {
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		pass = aisles.Pass{}
		if err := l.schedule(ctx, tx); err != nil {
			return err
		}
		id := l.newID()
		runs, err = db.All(ctx, tx, scanRun, `/*ledger.BeginPass*/ UPDATE runs AS r SET pass = $1 WHERE `+claimable+` RETURNING body, NULL, NULL, NULL`, id)
		if err != nil || len(runs) == 0 {
			return err
		}
		pass.ID = id
		_, err = tx.Exec(ctx, `/*ledger.BeginPass*/ INSERT INTO passes (id, aisles_requests, changes) VALUES ($1, 0, 0)`, id)
		return err
	})
	if err != nil {
		return pass, nil, fmt.Errorf("begin pass: %w", err)
	}
	slices.SortFunc(runs, func(a, b aisles.Run) int { return strings.Compare(a.ID, b.ID) })
	for i := range runs {
		runs[i].Pass = &aisles.Pass{ID: pass.ID}
	}
	return pass, runs, nil
}

// schedule adds runs for partners whose hour has come. A held run is a
// question: until it is answered the schedule asks no other.
func (l *Ledger) schedule(ctx context.Context, tx *db.Tx) error {
	mode, err := db.Value[string](ctx, tx, `/*ledger.schedule*/ SELECT mode FROM mode`)
	if err != nil || mode == string(aisles.Paused) {
		return err
	}
	type hour struct {
		Partner string `json:"partner"`
		Next    int64  `json:"next"`
		held    bool
	}
	now := l.Now()
	due, err := db.All(ctx, tx, func(r db.Row) (h hour, err error) {
		var seconds int64
		err = r.Scan(&h.Partner, &seconds, &h.held)
		h.Next = nextHour(h.Partner, now, time.Duration(seconds)*time.Second).UnixMicro()
		return h, err
	}, `/*ledger.schedule*/ SELECT c.partner, c.interval_seconds, EXISTS (SELECT 1 FROM runs r WHERE r.partner = c.partner AND r.status = 'held')
		FROM connections c WHERE c.next_at <= $1 ORDER BY c.partner`+tx.SQL("", " FOR UPDATE"), now.UnixMicro())
	if err != nil || len(due) == 0 {
		return err
	}
	var partners []string
	for _, h := range due {
		if !h.held {
			partners = append(partners, h.Partner)
		}
	}
	if _, err := l.insertRuns(ctx, tx, partners, aisles.RoutineCatalog, false, false); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `/*ledger.schedule*/ UPDATE connections SET next_at = r.next FROM `+records(tx, "$1", "partner text", "next bigint")+` WHERE connections.partner = r.partner`, text(due))
	return err
}

// nextHour is when a partner is next due: once an interval, at a minute of its
// own, so that not all partners begin at once. The gap to the first such time
// is half an interval at least.
func nextHour(partner string, now time.Time, interval time.Duration) time.Time {
	h := fnv.New32a()
	h.Write([]byte(partner)) // never fails
	minutes := max(1, int64(interval/time.Minute))
	own := time.Duration(int64(h.Sum32())%minutes) * time.Minute
	earliest := now.Add(interval / 2)
	next := earliest.Truncate(interval).Add(own)
	if next.Before(earliest) {
		next = next.Add(interval)
	}
	return next
}

// EndIdle ends those runs of the pass at once that have nothing to do, in as
// many statements whatever their number, and gives them: nothing of the facets
// waits for their partner, and its settings are those its shop was brought in
// step with; a paused shop is asked whether it still is. A note is kept as the reason of all.
func (l *Ledger) EndIdle(ctx context.Context, lease *Lease, runs []aisles.Run, facets []aisles.Facet, mode aisles.Mode, note string) (idle []aisles.Run, err error) {
	partners := make([]string, len(runs))
	for i, r := range runs {
		partners[i] = r.Partner
	}
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		idle = nil
		var noted []aisles.Run
		quiet := map[string]bool{}
		err := db.Each(ctx, tx, func(r db.Row) error {
			c, shapes, err := scanShapes(r)
			quiet[c.Partner] = shapes == text(plan.Shapes(c.Settings)) && c.Paused == nil
			return err
		}, `/*ledger.EndIdle*/ SELECT `+connectionColumns+`, coalesce(shapes, '') FROM connections c WHERE `+keysIn(tx, "partner", "$1")+`
			AND NOT EXISTS (SELECT 1 FROM pending p WHERE p.partner = c.partner AND `+keysIn(tx, "p.facet", "$2")+` AND (p.aside_until IS NULL OR p.aside_until <= $3))`,
			text(partners), text(facets), l.now())
		if err != nil {
			return err
		}
		now := l.Now().UTC()
		for _, r := range runs {
			r.Reason = note
			if r.Force || !quiet[r.Partner] {
				noted = append(noted, r)
				continue
			}
			r.Status, r.Mode, r.Lane, r.StartedAt, r.FinishedAt = aisles.RunSucceeded, mode, "direct", &now, &now
			idle = append(idle, r)
		}
		if note == "" {
			noted = nil
		}
		return saveRuns(ctx, tx, slices.Concat(idle, noted))
	})
	if err != nil {
		return nil, fmt.Errorf("end runs without anything to do: %w", err)
	}
	return idle, nil
}

// scanShapes reads a connection, and the shapes it was brought in step with.
func scanShapes(r db.Row) (c aisles.Connection, shapes string, err error) {
	c, err = scanConnection(also{r, &shapes})
	return c, shapes, err
}

// also is a row with one more column at its end.
type also struct {
	db.Row
	last any
}

// Scan reads the columns, and the last one for itself.
func (a also) Scan(to ...any) error { return a.Row.Scan(append(to, a.last)...) }

// EndPass keeps what the pass cost and lets its runs begin: the feed was read
// for them.
func (l *Ledger) EndPass(ctx context.Context, lease *Lease, p aisles.Pass) error {
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `/*ledger.EndPass*/ UPDATE passes SET aisles_requests = $1, changes = $2 WHERE id = $3`, p.AislesRequests, p.Changes, p.ID); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/*ledger.EndPass*/ UPDATE runs SET ticket = 1 WHERE pass = $1 AND ticket = 0 AND status = 'waiting'`, p.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("end pass %s: %w", p.ID, err)
	}
	return nil
}

// FailPass ends all runs of a pass whose feed could not be read. They say why,
// and the schedule or a request tries again; nothing is set aside.
func (l *Ledger) FailPass(ctx context.Context, lease *Lease, runs []aisles.Run, mode aisles.Mode, reason string) error {
	failed := slices.Clone(runs)
	now := l.Now().UTC()
	for i := range failed {
		failed[i].Status, failed[i].Reason, failed[i].Mode, failed[i].StartedAt, failed[i].FinishedAt = aisles.RunFailed, reason, mode, &now, &now
	}
	err := l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error { return saveRuns(ctx, tx, failed) })
	if err != nil {
		return fmt.Errorf("fail %d runs: %w", len(runs), err)
	}
	return nil
}
