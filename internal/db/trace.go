package db

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Statement is one executed statement.
type Statement struct {
	Class Class
	Name  string        // from the leading comment, such as "store.Products"
	Rows  int64         // read or affected
	Took  time.Duration // from sending to the last row
	Err   error         // as the caller gets it
}

// Tracer is told of every statement after it ran, with the context it ran
// under. It is called on the caller's goroutine, by many at once, and should
// take microseconds.
type Tracer func(context.Context, Statement)

// Counter counts statements by name. Its methods may be called by many
// goroutines; its zero value is ready.
type Counter struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add counts one statement.
func (c *Counter) Add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	c.counts[name]++
}

// Counts returns a copy of the number of statements by name.
func (c *Counter) Counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

// Total returns the number of all statements.
func (c *Counter) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for _, n := range c.counts {
		total += n
	}
	return total
}

type counterKey struct{}

// WithCounter returns a context under which every statement is counted, on
// whichever DB. A counter further out no longer sees them.
func WithCounter(ctx context.Context) (context.Context, *Counter) {
	c := new(Counter)
	return context.WithValue(ctx, counterKey{}, c), c
}

// traced reports a finished statement to the context's counter and the DB's
// tracer.
func (d *DB) traced(ctx context.Context, s Statement) {
	if c, ok := ctx.Value(counterKey{}).(*Counter); ok {
		c.Add(s.Name)
	}
	if d.tracer != nil {
		s.Class = d.class
		d.tracer(ctx, s)
	}
}
