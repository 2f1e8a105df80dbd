package phido

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/phido/ledger"
)

// Options are what Phido works with. Aisles and Ledger are required.
type Options struct {
	Aisles *client.Client
	Ledger *ledger.Ledger
	// Transport sends requests to Shopify; nil is one transport for all shops.
	Transport http.RoundTripper
	// Log is told of passes and runs; nil is slog's default.
	Log *slog.Logger
	// Writers is about how many products of a shop are written at once; 0
	// means 250, a whole batch. The shop's budget paces them: so many are
	// needed to use up the largest while an answer takes half a second.
	Writers int
	// Slice is the time after which a run lets the runs that wait go on, and
	// then waits behind them; 0 means ten seconds.
	Slice time.Duration
	// Tick is the time between two looks for something to do; 0 means half a second.
	Tick time.Duration
	// Jobs work in the mode queued. Without them the mode is as sequential.
	Jobs Jobs
}

// Jobs run claimed runs in the background, in this process and in others. Each
// job calls [Phido.Work].
type Jobs interface {
	// Start begins to work jobs, Stop ends it when those under way have ended.
	// Both may be called again.
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	// Offer adds a job for each ticket that has none.
	Offer(ctx context.Context, tickets []ledger.Ticket) error
}

// Phido syncs. Several may run on one ledger, whose leases let one of them read
// the feed, run a partner's routine, or call a shop at a time. It needs no
// closing; [Phido.Run] returns when its context ends.
type Phido struct {
	Options
	mode     atomic.Pointer[aisles.ModeSetting] // as last seen; nil at first
	stopping atomic.Bool                        // jobs are to hand back what they have
	mu       sync.Mutex
	budgets  map[string]*budget // by shop
	sources  map[string]source  // by shop
}

// New makes a Phido; it starts nothing.
func New(o Options) *Phido {
	o.Writers = cmp.Or(o.Writers, batchSize)
	o.Slice = cmp.Or(o.Slice, 10*time.Second)
	o.Tick = cmp.Or(o.Tick, 500*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost, t.MaxIdleConns = o.Writers, 0
		o.Transport = t
	}
	return &Phido{Options: o, budgets: map[string]*budget{}, sources: map[string]source{}}
}
