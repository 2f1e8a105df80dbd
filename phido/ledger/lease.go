package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"aisles/internal/db"
)

// A lease lasts leaseTerm from the beginning of its last heartbeat.
const (
	leaseTerm = 15 * time.Second
	heartbeat = 5 * time.Second
)

// ErrLeaseLost: another process has the lease now; what its holder wanted to
// write was not written.
var ErrLeaseLost = errors.New("lease lost")

// HeldError says who has a lease, and until when.
type HeldError struct {
	Name, Holder string
	Until        time.Time
}

// Error says who has it.
func (e *HeldError) Error() string {
	return fmt.Sprintf("lease %s is held by %s", e.Name, e.Holder)
}

// Lease is the right to run something. Release it after use.
type Lease struct {
	Name  string
	Fence int64

	ledger *Ledger
	ctx    context.Context
	cancel context.CancelCauseFunc
	mu     sync.Mutex
	until  time.Time // by this process's monotonic clock
	done   chan struct{}
}

// Acquire takes the lease with the name, also one that has expired, or says
// with a [*HeldError] who has it. It is kept by a heartbeat until Release.
func (l *Ledger) Acquire(ctx context.Context, name string) (*Lease, error) {
	began := time.Now()
	lease := &Lease{Name: name, ledger: l, done: make(chan struct{})}
	err := l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := l.clock(ctx, tx)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `/*ledger.Acquire*/ INSERT INTO leases (name, holder, fence, expires_at) VALUES ($1, $2, 1, $3) ON CONFLICT (name) DO UPDATE
			SET holder = excluded.holder, fence = leases.fence + 1, expires_at = excluded.expires_at WHERE leases.expires_at <= $4`,
			name, l.Holder, now+leaseTerm.Microseconds(), now)
		if err != nil {
			return err
		}
		held := HeldError{Name: name}
		var until int64
		_, err = db.One(ctx, tx, func(r db.Row) (any, error) { return nil, r.Scan(&held.Holder, &lease.Fence, &until) },
			`/*ledger.Acquire*/ SELECT holder, fence, expires_at FROM leases WHERE name = $1`, name)
		if err == nil && n == 0 {
			held.Until = at(until)
			return &held
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("acquire lease %s: %w", name, err)
	}
	lease.until = began.Add(leaseTerm)
	lease.ctx, lease.cancel = context.WithCancelCause(ctx)
	go lease.keep()
	return lease, nil
}

// clock gives the time by which leases expire.
func (l *Ledger) clock(ctx context.Context, tx *db.Tx) (int64, error) {
	if tx.Dialect() == db.SQLite {
		return l.now(), nil
	}
	return db.Value[int64](ctx, tx, `/*ledger.clock*/ SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`)
}

// Context ends when the context given to Acquire does, or when the lease is
// lost; its cause is then [ErrLeaseLost].
func (l *Lease) Context() context.Context { return l.ctx }

// Left is how long the lease lasts without another heartbeat, by this
// process's own clock; 0 or less when it is over.
func (l *Lease) Left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return 0
	}
	return time.Until(l.until)
}

// keep sends heartbeats until the lease ends.
func (l *Lease) keep() {
	defer close(l.done)
	for {
		wait := min(heartbeat, l.Left())
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(wait):
		}
		if l.Left() <= 0 {
			l.cancel(ErrLeaseLost)
			return
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(l.ctx, l.Left())
		ok, err := l.beat(ctx)
		cancel()
		if err == nil && !ok {
			l.cancel(ErrLeaseLost)
			return
		}
		if err == nil {
			l.mu.Lock()
			l.until = began.Add(leaseTerm)
			l.mu.Unlock()
		}
	}
}

// beat prolongs the lease, unless somebody else has it.
func (l *Lease) beat(ctx context.Context) (ok bool, err error) {
	err = l.ledger.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now, err := l.ledger.clock(ctx, tx)
		if err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `/*ledger.beat*/ UPDATE leases SET expires_at = $1 WHERE name = $2 AND fence = $3 AND holder = $4`,
			now+leaseTerm.Microseconds(), l.Name, l.Fence, l.ledger.Holder)
		ok = n == 1
		return err
	})
	return ok, err
}

// Release gives the lease back at once. It may be called again.
func (l *Lease) Release(ctx context.Context) error {
	l.cancel(context.Canceled)
	<-l.done
	_, err := l.ledger.db.Exec(ctx, `/*ledger.Release*/ UPDATE leases SET expires_at = 0 WHERE name = $1 AND fence = $2 AND holder = $3`, l.Name, l.Fence, l.ledger.Holder)
	if err != nil {
		return fmt.Errorf("release lease %s: %w", l.Name, err)
	}
	return nil
}

// FreeAll ends all leases: for a process that has just locked the data folder,
// so that their holders are known to be dead.
func (l *Ledger) FreeAll(ctx context.Context) error {
	_, err := l.db.Exec(ctx, `/*ledger.FreeAll*/ UPDATE leases SET expires_at = 0, fence = fence + 1`)
	return err
}
