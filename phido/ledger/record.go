package ledger

import (
	"context"
	"fmt"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/phido/plan"
)

// ConfirmedDoc is a facet's document that the shop now has.
type ConfirmedDoc struct {
	Facet       aisles.Facet
	Fingerprint aisles.Fingerprint
	Shape       string
	Document    any
}

// Entry is what became of one product in a run.
type Entry struct {
	Key string
	// Action is what was done; one without a kind is not kept.
	Action aisles.RunAction
	// Removal says that the catalog no longer has the product; Withdrawn that
	// customers no longer find it in the shop because of this entry, which
	// counts for the brake.
	Removal, Withdrawn bool
	// State is the product's state in the shop now: live, archived, or ""
	// when the shop has not got it.
	State   string
	IDs     *plan.IDs
	Confirm []ConfirmedDoc
	// Waited are the fingerprints that waited when the product was read, and
	// Before those that were confirmed.
	Waited, Before aisles.Fingerprints
	// Err is why it failed; then nothing above but Action is looked at. The
	// product is set aside for as long as SetAside says.
	Err      *aisles.SyncError
	SetAside time.Duration
}

// batch is a list of entries as the statements take it.
type batch struct {
	actions   []map[string]any
	known     []map[string]any
	confirmed []map[string]any
	removals  []string // pending removals that are done
	archived  []string
	lost      []string // removals of what the shop has not got
	failed    []map[string]any
	waited    []facetRecord // with what was confirmed before
}

// facetRecord is a facet of a product with a fingerprint.
type facetRecord struct {
	Key         string             `json:"key"`
	Facet       aisles.Facet       `json:"facet"`
	Fingerprint aisles.Fingerprint `json:"fingerprint"`
}

func (l *Ledger) batchOf(entries []Entry) (b batch, err error) {
	for _, e := range entries {
		if e.Action.Kind != "" {
			b.actions = append(b.actions, map[string]any{"key": e.Key, "body": text(e.Action), "removal": e.Withdrawn && e.Err == nil})
		}
		switch {
		case e.Err != nil:
			var until *int64
			if e.SetAside > 0 {
				t := l.Now().Add(e.SetAside).UnixMicro()
				until = &t
			}
			b.failed = append(b.failed, map[string]any{"key": e.Key, "error": text(e.Err), "until": until})
			continue
		case e.Removal && e.State == Archived:
			b.removals, b.archived = append(b.removals, e.Key), append(b.archived, e.Key)
			continue
		case e.Removal:
			b.removals, b.lost = append(b.removals, e.Key), append(b.lost, e.Key)
			continue
		}
		variants := 0
		if e.IDs != nil {
			variants = len(e.IDs.Variants)
			b.known = append(b.known, map[string]any{"key": e.Key, "state": e.State, "ids": text(e.IDs), "variants": variants})
		}
		for _, c := range e.Confirm {
			packed, err := pack(c.Document)
			if err != nil {
				return b, fmt.Errorf("keep the document %s of %s: %w", c.Facet, e.Key, err)
			}
			b.confirmed = append(b.confirmed, map[string]any{"key": e.Key, "facet": c.Facet, "fingerprint": c.Fingerprint, "shape": c.Shape, "document": packed})
			if before := e.Before[c.Facet]; e.Waited[c.Facet] != "" && before != "" && before != c.Fingerprint {
				b.waited = append(b.waited, facetRecord{e.Key, c.Facet, before})
			}
		}
	}
	return b, nil
}

// Record keeps what became of a batch of products, and the run's figures, in
// one transaction. A facet waits no more when it waited with the fingerprint
// that is confirmed: what changed meanwhile goes on waiting. What changed back
// meanwhile to what was confirmed before had stopped waiting for it, and waits
// again: the shop has left that now.
func (l *Ledger) Record(ctx context.Context, lease *Lease, run aisles.Run, partner string, entries []Entry) error {
	b, err := l.batchOf(entries)
	if err != nil {
		return err
	}
	err = l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		if err := l.writeBatch(ctx, tx, run.ID, partner, b); err != nil {
			return err
		}
		return saveRun(ctx, tx, run)
	})
	if err != nil {
		return fmt.Errorf("record %d products of run %s: %w", len(entries), run.ID, err)
	}
	return nil
}

func (l *Ledger) writeBatch(ctx context.Context, tx *db.Tx, run, partner string, b batch) error {
	now := l.now()
	for _, s := range []struct {
		n    int
		stmt string
		args []any
	}{
		{len(b.known), `/*ledger.Record*/ INSERT INTO known (partner, key, state, ids, variants, seen)
			SELECT ` + tx.SQL("$1", "$1::text") + `, r.key, r.state, r.ids, r.variants, (SELECT sweep FROM feed) FROM ` + records(tx, "$2", "key text", "state text", "ids text", "variants bigint") + ` WHERE true
			ON CONFLICT (partner, key) DO UPDATE SET state = excluded.state, ids = excluded.ids, variants = excluded.variants`, []any{partner, text(b.known)}},
		{len(b.confirmed), `/*ledger.Record*/ INSERT INTO confirmed (partner, key, facet, fingerprint, shape, document, confirmed_at)
			SELECT ` + tx.SQL("$1", "$1::text") + `, r.key, r.facet, r.fingerprint, r.shape, r.document, ` + tx.SQL("$3", "$3::bigint") + ` FROM ` +
			records(tx, "$2", "key text", "facet text", "fingerprint text", "shape text", "document text") + ` WHERE true
			ON CONFLICT (partner, key, facet) DO UPDATE SET fingerprint = excluded.fingerprint, shape = excluded.shape, document = excluded.document, confirmed_at = excluded.confirmed_at`,
			[]any{partner, text(b.confirmed), now}},
		{len(b.waited), `/*ledger.Record*/ INSERT INTO pending (partner, key, facet, fingerprint, removed, approved, since, tries)
			SELECT ` + tx.SQL("$1, r.key, r.facet, r.fingerprint, false, false, $3", "$1::text, r.key, r.facet, r.fingerprint, false, false, $3::bigint") + `, 0 FROM ` +
			records(tx, "$2", "key text", "facet text", "fingerprint text") + ` WHERE NOT EXISTS (SELECT 1 FROM pending p WHERE p.partner = $1 AND p.key = r.key AND p.removed)
			ON CONFLICT (partner, key, facet) DO UPDATE SET since = pending.since`, []any{partner, text(b.waited), now}}, // keeps others from deleting the row in between
		{len(b.confirmed), `/*ledger.Record*/ DELETE FROM pending WHERE partner = $1 AND NOT removed AND (key, facet, fingerprint) IN (SELECT r.key, r.facet, r.fingerprint FROM ` +
			records(tx, "$2", "key text", "facet text", "fingerprint text") + `)`, []any{partner, text(b.confirmed)}},
		{len(b.removals), `/*ledger.Record*/ DELETE FROM pending WHERE partner = $1 AND removed AND ` + keysIn(tx, "key", "$2"), []any{partner, text(b.removals)}},
		{len(b.archived), `/*ledger.Record*/ UPDATE known SET state = 'archived' WHERE partner = $1 AND ` + keysIn(tx, "key", "$2"), []any{partner, text(b.archived)}},
		{len(b.archived), `/*ledger.Record*/ UPDATE confirmed SET fingerprint = '' WHERE partner = $1 AND ` + keysIn(tx, "key", "$2"), []any{partner, text(b.archived)}},
		{len(b.lost), `/*ledger.Record*/ DELETE FROM known WHERE partner = $1 AND ` + keysIn(tx, "key", "$2"), []any{partner, text(b.lost)}},
		{len(b.lost), `/*ledger.Record*/ DELETE FROM confirmed WHERE partner = $1 AND ` + keysIn(tx, "key", "$2"), []any{partner, text(b.lost)}},
		{len(b.failed), `/*ledger.Record*/ WITH r AS MATERIALIZED (SELECT * FROM ` + records(tx, "$2", "key text", "error text", "until bigint") + `)
			UPDATE pending SET tries = tries + 1, error = r.error, aside_until = r.until FROM r WHERE pending.partner = $1 AND pending.key = r.key`, []any{partner, text(b.failed)}},
	} {
		if s.n == 0 {
			continue
		}
		if _, err := tx.Exec(ctx, s.stmt, s.args...); err != nil {
			return err
		}
	}
	return writeActions(ctx, tx, run, partner, b.actions, now)
}

func writeActions(ctx context.Context, tx *db.Tx, run, partner string, actions []map[string]any, now int64) error {
	if len(actions) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `/*ledger.actions*/ INSERT INTO actions (run, key, partner, removal, body, acted_at)
		SELECT `+tx.SQL("$1, r.key, $2, r.removal, r.body, $4", "$1::text, r.key, $2::text, r.removal, r.body, $4::bigint")+` FROM `+
		records(tx, "$3", "key text", "removal boolean", "body text")+` WHERE true
		ON CONFLICT (run, key) DO UPDATE SET removal = excluded.removal, body = excluded.body, acted_at = excluded.acted_at`, run, partner, text(actions), now)
	return err
}

// SaveActions keeps what a run would do, as a dry run shows it.
func (l *Ledger) SaveActions(ctx context.Context, lease *Lease, run aisles.Run, actions []aisles.RunAction) error {
	list := make([]map[string]any, len(actions))
	for i, a := range actions {
		list[i] = map[string]any{"key": a.Key, "body": text(a), "removal": false}
	}
	return l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		return writeActions(ctx, tx, run.ID, run.Partner, list, l.now())
	})
}
