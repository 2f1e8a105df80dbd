package phido

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"aisles/aisles/client"
	"aisles/phido/ledger"
	"aisles/shopify"
)

// Options are what Phido works with. Aisles and Ledger are required.
type Options struct {
	Aisles *client.Client
	Ledger *ledger.Ledger
	// Transport sends requests to Shopify; nil is one transport for all shops.
	Transport http.RoundTripper
	// Log is told of passes and runs; nil is slog's default.
	Log *slog.Logger
	// Writers is the most products of a shop that are written at once; 0 means 8. The
	// shop's budget paces them.
	Writers int
	// Slice is the time after which a run lets other partners go on; 0 means
	// five minutes.
	Slice time.Duration
	// Tick is the time between two looks for something to do; 0 means half a second.
	Tick time.Duration
}

// Phido syncs. Several may run on one ledger: the sequential lease lets one of
// them work at a time. It needs no closing; [Phido.Run] returns when its
// context ends.
type Phido struct {
	Options
	mu        sync.Mutex
	throttles map[string]*shopify.Throttle // by shop: the budget is the shop's, whoever calls
	sources   map[string]source            // by shop
}

// New makes a Phido; it starts nothing.
func New(o Options) *Phido {
	o.Writers = cmp.Or(o.Writers, 8)
	o.Slice = cmp.Or(o.Slice, 5*time.Minute)
	o.Tick = cmp.Or(o.Tick, 500*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Phido{Options: o, throttles: map[string]*shopify.Throttle{}, sources: map[string]source{}}
}

// sequential is the lease of the mode in which one partner runs at a time.
const sequential = "sequential"

// Run looks for something to do until the context ends. Errors are logged and
// followed by a growing wait, for the ledger or Aisles may be away.
func (p *Phido) Run(ctx context.Context) {
	wait := p.Tick
	for {
		err := p.turn(ctx)
		var held *ledger.HeldError
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			wait = p.Tick
		case errors.As(err, &held): // another process works
			wait = 2 * time.Second
		default:
			p.Log.LogAttrs(ctx, slog.LevelError, "pass failed", slog.Any("error", err))
			wait = min(2*wait, 30*time.Second)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// turn makes passes as long as something is due.
func (p *Phido) turn(ctx context.Context) error {
	for {
		due, err := p.Ledger.Due(ctx)
		if err != nil || !due {
			return err
		}
		if _, err := p.Pass(ctx); err != nil {
			return err
		}
	}
}

// throttle gives the budget of a shop.
func (p *Phido) throttle(shop string) *shopify.Throttle {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.throttles[shop]
	if t == nil {
		t = shopify.NewThrottle()
		p.throttles[shop] = t
	}
	return t
}
