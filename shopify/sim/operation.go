package sim

import "time"

// How long an asynchronous mutation waits and runs; Shopify publishes no
// figures.
const (
	operationCreated = 100 * time.Millisecond
	operationActive  = 200 * time.Millisecond
)

// operation is an asynchronous productSet or productDelete. It takes effect
// when it is complete.
type operation struct {
	id      int64
	kind    string // ProductSetOperation or ProductDeleteOperation
	started time.Time
	run     func() (productID int64, errs []userError)

	done      bool
	productID int64
	errs      []userError
}

func (o *operation) gid() string { return gid(o.kind, o.id) }

func (o *operation) status(now time.Time) string {
	switch age := now.Sub(o.started); {
	case o.done:
		return "COMPLETE"
	case age < operationCreated:
		return "CREATED"
	}
	return "ACTIVE"
}

// start queues an asynchronous mutation.
func (s *state) start(kind string, run func() (int64, []userError)) *operation {
	o := &operation{id: s.newID(), kind: kind, started: s.now(), run: run}
	s.operations[o.id] = o
	s.running = append(s.running, o)
	return o
}

// settle completes the operations that are due, oldest first. Every request
// settles the shop before it reads or writes.
func (s *state) settle() {
	for len(s.running) > 0 {
		o := s.running[0]
		if s.now().Sub(o.started) < operationCreated+operationActive {
			return
		}
		s.running = s.running[1:]
		o.productID, o.errs = o.run()
		o.done = true
	}
}

// busy tells whether an operation of the kind runs on the product.
func (s *state) busy(kind string, productID int64) bool {
	for _, o := range s.running {
		if o.kind == kind && o.productID == productID {
			return true
		}
	}
	return false
}
