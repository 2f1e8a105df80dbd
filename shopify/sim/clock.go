package sim

import (
	"context"
	"sync"
	"time"
)

// clock is the time in all shops. It runs speed times as fast as the real one
// and never backwards; its zero value runs at real speed.
type clock struct {
	mu    sync.Mutex
	speed float64 // 0 stands for 1
	real  time.Time
	shown time.Time
}

// now gives the shops' time.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.locked(time.Now())
}

func (c *clock) locked(real time.Time) time.Time {
	if c.speed == 0 {
		return real
	}
	return c.shown.Add(time.Duration(float64(real.Sub(c.real)) * c.speed))
}

// setSpeed changes how fast time passes from now on.
func (c *clock) setSpeed(speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.shown = c.locked(now)
	c.real, c.speed = now, speed
}

// wait pauses for a span of real time, or until the context ends.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
