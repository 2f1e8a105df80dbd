package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// call sends an operation and reads its root field. With an error the value is
// what came all the same: a mutation's payload beside its UserErrors, partial
// data beside an APIError.
func call[T any](ctx context.Context, c *Client, op *operation, variables any) (T, error) {
	var none T
	body, err := json.Marshal(request{op.document, op.name, variables})
	if err != nil {
		return none, fmt.Errorf("write variables of %s: %w", op.name, err)
	}
	s := &sending{client: c, op: op, body: body}
	if r, ok := variables.(repeatable); ok {
		s.again = r.repeatable()
	}
	if v, ok := variables.(sized); ok {
		s.points = v.points()
	}
	got, err := s.run(ctx)
	if got == nil || absent(got.Data[op.root]) {
		return none, err
	}
	value, problem := decode[T](got.Data[op.root], op)
	if err != nil {
		return value, err
	}
	return value, problem
}

// decode reads the root field of an answer, which is not null.
func decode[T any](raw json.RawMessage, op *operation) (T, error) {
	var value, none T
	if err := json.Unmarshal(raw, &value); err != nil {
		return none, fmt.Errorf("read answer to %s: %w", op.name, err)
	}
	if p, ok := any(value).(payload); ok {
		if refused := p.refusals(); len(refused) > 0 {
			return value, &UserErrors{op.name, refused}
		}
	}
	return value, nil
}

// request is the body of a GraphQL request.
type request struct {
	Query         string `json:"query"`
	OperationName string `json:"operationName"`
	Variables     any    `json:"variables,omitempty"`
}

// sending is one call on its way, through as many requests as it takes.
type sending struct {
	client *Client
	op     *operation
	body   []byte
	points float64
	again  bool // may be repeated, if it is a write

	attempt   int
	throttled bool      // the last request was refused for its cost
	lost      bool      // a request was sent, and its outcome is not known
	refused   string    // a token that the shop took for none, or ""
	refusal   *APIError // its words
	got       *answer   // of the last request
	err       error     // of the last request
}

// run sends the call until it is answered, or not to be sent again.
func (s *sending) run(ctx context.Context) (*answer, error) {
	// Of a context that ends, failsafe reports the end alone; the last request
	// says more, above all whether it may have run.
	_ = failsafe.With(retries, throttlings).WithContext(ctx).Run(func() error {
		s.got, s.err = s.send(ctx)
		return s.err
	})
	return s.got, s.final(ctx)
}

// final is the error a caller gets. A write of which one request was lost may
// be done, whatever became of the next ones.
func (s *sending) final(ctx context.Context) error {
	err := s.err
	if err == nil {
		return nil
	}
	var lost *unansweredError
	if errors.As(err, &lost) {
		err = lost.err
	}
	if ended := context.Cause(ctx); ended != nil && !errors.Is(err, ended) {
		err = fmt.Errorf("%w, after: %w", ended, err)
	}
	if s.op.write && s.lost {
		return &UnknownOutcomeError{s.op.name, s.again, err}
	}
	return fmt.Errorf("%s: %w", s.op.name, err)
}

// unansweredError says that a request was sent and that its outcome is not
// known; repeatable, that sending it again does no harm.
type unansweredError struct {
	err        error
	repeatable bool
}

func (e *unansweredError) Error() string { return e.err.Error() }
func (e *unansweredError) Unwrap() error { return e.err }

// unsentError says that a request never reached Shopify.
type unsentError struct{ err error }

func (e *unsentError) Error() string { return e.err.Error() }
func (e *unsentError) Unwrap() error { return e.err }

// How often, and after what time, a call is sent again.
const (
	maxRetries     = 4
	firstBackoff   = 500 * time.Millisecond
	longestBackoff = 8 * time.Second
	jitter         = 0.25
	maxThrottlings = 20
	// throttledBackoff is what Shopify advises when its figures say that the
	// points are there, https://shopify.dev/docs/api/usage/limits.
	throttledBackoff = time.Second
	// throttledSpread keeps apart those who compete for the same points; it
	// grows with each try.
	throttledSpread = 100 * time.Millisecond
	// longestHold bounds the Retry-After that is believed.
	longestHold = time.Minute
)

// retries sends a call again that failed for a reason that may pass; at once
// where there may be another token.
var retries = retrypolicy.NewBuilder[any]().
	HandleIf(func(_ any, err error) bool { return passes(err) }).
	WithMaxRetries(maxRetries).
	WithBackoff(firstBackoff, longestBackoff).
	WithJitterFactor(jitter).
	WithDelayFunc(func(e failsafe.ExecutionAttempt[any]) time.Duration {
		var (
			api     *APIError
			expired *expiredError
		)
		switch {
		case errors.As(e.LastError(), &expired):
			return 0
		case errors.As(e.LastError(), &api) && api.refused() && api.retryAfter > 0:
			return 0 // the throttle holds all calls that long
		}
		return -1 // back off
	}).
	ReturnLastFailure().
	Build()

// throttlings sends a call again whose points were not there. The throttle
// knows how long to wait, unless Shopify's figures contradict its answer. A
// second refusal means that somebody else spends the budget too.
var throttlings = retrypolicy.NewBuilder[any]().
	HandleIf(func(_ any, err error) bool {
		var t *ThrottledError
		return errors.As(err, &t)
	}).
	WithMaxRetries(maxThrottlings).
	WithDelayFunc(func(e failsafe.ExecutionAttempt[any]) time.Duration {
		var t *ThrottledError
		if !errors.As(e.LastError(), &t) || t.Wait() == 0 {
			return throttledBackoff
		}
		spread := min(time.Duration(e.Retries())*throttledSpread, throttledBackoff)
		return time.Duration(rand.Float64() * float64(spread))
	}).
	ReturnLastFailure().
	Build()

// passes tells whether a request that failed so is to be sent again.
func passes(err error) bool {
	var (
		lost    *unansweredError
		unsent  *unsentError
		expired *expiredError
		api     *APIError
	)
	switch {
	case errors.As(err, &lost):
		return lost.repeatable
	case errors.As(err, &unsent), errors.As(err, &expired):
		return true
	}
	return errors.As(err, &api) && api.refused()
}

// send waits for the budget and sends one request.
func (s *sending) send(ctx context.Context) (*answer, error) {
	c := s.client
	token, err := c.token(ctx, s.refused)
	if err != nil {
		return nil, err
	}
	if token == s.refused {
		return nil, s.refusal // the source has no other
	}
	s.attempt++
	seen := Call{Shop: c.shop, Operation: s.op.name, Write: s.op.write, Attempt: s.attempt, Started: time.Now()}
	turn, err := c.throttle.take(ctx, s.op.name, s.points, s.throttled)
	if err != nil {
		return nil, err
	}
	sent := time.Now()
	seen.Waited = sent.Sub(seen.Started)
	got, err := c.post(ctx, token, s.body, &seen)
	if err == nil && s.op.write && absent(got.Data[s.op.root]) {
		err = &unansweredError{err: &APIError{Status: seen.Status, RequestID: seen.RequestID, Message: "answer without payload", broken: true}}
	}
	seen.Took, seen.Err = time.Since(sent), err
	o := judge(got, err)
	c.throttle.settle(turn, o)
	s.throttled = o.throttled
	seen.count(o)
	if c.observe != nil {
		c.observe(seen)
	}
	var lost *unansweredError
	if errors.As(err, &lost) {
		s.lost, lost.repeatable = true, !s.op.write || s.again
	}
	return got, s.expired(token, err)
}

// judge says what a request tells the throttle.
func judge(got *answer, err error) outcome {
	var (
		o         outcome
		throttled *ThrottledError
		api       *APIError
		unsent    *unsentError
	)
	if got != nil {
		o.cost = got.Extensions.Cost
	}
	switch {
	case errors.As(err, &throttled):
		o.throttled = true
	case errors.As(err, &unsent):
		o.unsent = true
	case errors.As(err, &api) && api.refused():
		o.unsent, o.refused, o.hold = true, true, min(api.retryAfter, longestHold)
	}
	return o
}

// count notes what a request cost.
func (c *Call) count(o outcome) {
	c.Throttled = o.throttled || o.refused
	if o.cost == nil {
		return
	}
	c.Requested = o.cost.Requested
	if o.cost.Actual != nil {
		c.Actual = *o.cost.Actual
	}
}
