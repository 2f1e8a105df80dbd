package phido

import (
	"context"
	"sync"

	"aisles/phido/ledger"
	"aisles/shopify"
)

// budget is a shop's: all calls to it go through one process, which holds the
// shop's lease, and there through one throttle.
type budget struct {
	throttle *shopify.Throttle
	mu       sync.Mutex
	lease    *ledger.Lease // while a run of the shop is under way here
	runs     int
}

// budget gives the budget of a shop.
func (p *Phido) budget(shop string) *budget {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.budgets[shop]
	if b == nil {
		b = &budget{throttle: shopify.NewThrottle()}
		p.budgets[shop] = b
	}
	return b
}

// enter begins a run in the partner's shop: its context ends with the shop's
// lease too. Leave when the run is over. A [*ledger.HeldError] says that
// another process works in the shop.
func (p *Phido) enter(ctx context.Context, partner string) (_ context.Context, leave func(), err error) {
	connection, err := p.Ledger.Connection(ctx, partner)
	if err != nil {
		return nil, nil, err
	}
	b := p.budget(connection.Shop)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs == 0 || b.lease.Context().Err() != nil {
		// The lease outlives the run that took it when others came in meanwhile.
		if b.lease, err = p.Ledger.Acquire(context.WithoutCancel(ctx), "shop/"+connection.Shop); err != nil {
			return nil, nil, err
		}
	}
	b.runs++
	lease := b.lease
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(lease.Context(), func() { cancel(context.Cause(lease.Context())) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.runs--; b.runs == 0 {
			_ = b.lease.Release(context.WithoutCancel(ctx)) // what is not released expires
		}
	}, nil
}
