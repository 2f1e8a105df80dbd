package phido

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/phido/ledger"
)

// feedPage is the most changes asked for at once, the API's bound.
const feedPage = 250

// A change is shown in the feed when all transactions that began before it have
// ended. A pass waits for those a little, so that a run asked for after a
// write brings that write.
const (
	feedPatience = 3 * time.Second
	feedPause    = 25 * time.Millisecond
)

// tailer reads the change feed for one pass.
type tailer struct {
	*Phido
	lease *ledger.Lease
	pass  *aisles.Pass
	api   *client.Client // counts its requests
}

// tail reads the change feed to its end for all partners and makes what it
// brings pending. It sweeps first where it must: without a cursor, or with one
// that the feed no longer knows; and partners that were connected, one by one. Behind
// says who holds the feed back, when somebody does.
func (p *Phido) tail(ctx context.Context, lease *ledger.Lease, pass *aisles.Pass) (behind string, err error) {
	var requests atomic.Int64
	t := &tailer{Phido: p, lease: lease, pass: pass, api: p.Aisles.Counting(&requests)}
	defer func() { pass.AislesRequests += int(requests.Load()) }()

	cursor, err := p.Ledger.Cursor(ctx)
	if err != nil {
		return "", err
	}
	if cursor == "" {
		if cursor, err = t.sweep(ctx, ""); err != nil {
			return "", err
		}
	}
	behind, err = t.follow(ctx, cursor)
	if aisles.CodeOf(err) == aisles.Gone {
		p.Log.LogAttrs(ctx, slog.LevelWarn, "the feed cannot be continued: comparing every product", slog.Any("error", err))
		if err := p.Ledger.MarkAll(ctx, lease); err != nil {
			return "", err
		}
		if cursor, err = t.sweep(ctx, ""); err != nil {
			return "", err
		}
		behind, err = t.follow(ctx, cursor)
	}
	if err != nil {
		return "", err
	}
	partners, err := p.Ledger.Sweeps(ctx)
	if err != nil {
		return "", err
	}
	for _, partner := range partners {
		if _, err := t.sweep(ctx, partner); err != nil {
			return "", err
		}
	}
	return behind, nil
}

// follow takes what lies after the cursor, and waits a little for what is
// committed and not shown yet.
func (t *tailer) follow(ctx context.Context, cursor aisles.Cursor) (behind string, err error) {
	began := time.Now()
	for {
		page, err := t.api.Changes(ctx, cursor, feedPage, "")
		if err != nil {
			return "", fmt.Errorf("read changes after %q: %w", cursor, err)
		}
		if len(page.Items) > 0 || page.Next != cursor {
			n, err := t.Ledger.Take(ctx, t.lease, page.Items, page.Next)
			if err != nil {
				return "", err
			}
			t.pass.Changes += n
		}
		cursor = page.Next
		switch {
		case page.More:
			continue
		case !page.Horizon.Held:
			return "", nil
		case time.Since(began) > feedPatience:
			return fmt.Sprintf("changes of the last %.0f s are not in the feed yet: %s has an open transaction", page.Horizon.AgeSeconds, page.Horizon.Holder), nil
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(feedPause):
		}
	}
}

// sweep reads the feed from its beginning for one partner, or for all when
// partner is empty, and compares. What the catalog no longer has is pending
// for removal.
func (t *tailer) sweep(ctx context.Context, partner string) (aisles.Cursor, error) {
	id, err := t.Ledger.StartSweep(ctx, t.lease, partner)
	if err != nil {
		return "", err
	}
	var cursor aisles.Cursor
	for {
		page, err := t.api.Changes(ctx, cursor, feedPage, partner)
		if err != nil {
			return "", fmt.Errorf("read all products: %w", err)
		}
		n, err := t.Ledger.TakeSwept(ctx, t.lease, id, page.Items)
		if err != nil {
			return "", err
		}
		t.pass.Changes += n
		if cursor = page.Next; !page.More {
			return cursor, t.Ledger.EndSweep(ctx, t.lease, id, partner, cursor)
		}
	}
}
