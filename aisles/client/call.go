package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	randv2 "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"aisles/aisles"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

const (
	maxAttempts = 4
	firstWait   = 200 * time.Millisecond
	// maxWait is the longest wait between two attempts. When Aisles asks for
	// more, the error is given at once, for its caller has something better to
	// do.
	maxWait = 30 * time.Second
	// maxAnswer bounds an answer, in bytes: 250 products with long texts are
	// within it. A refusal is shorter, with the report of an import in it.
	maxAnswer  = 256 << 20
	maxRefusal = 16 << 20
)

// call is one request to make. Repeat says that it may be sent again; a POST
// then carries an Idempotency-Key unless it only reads.
type call struct {
	method, path string
	query        url.Values
	body         any // sent as JSON; nil sends none
	repeat       bool
	key          bool // make an Idempotency-Key
}

// do makes the call and decodes the answer into out, which may be nil.
func (c *Client) do(ctx context.Context, in call, out any) error {
	raw, err := c.send(ctx, in)
	if err == nil && out != nil && raw != nil {
		err = decode(raw, out)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", in.method, in.path, err)
	}
	return nil
}

func decode(raw []byte, out any) error {
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// send makes the attempts of a call and gives the answer; nil when there is
// none to be had, because an attempt without an answer removed what was to be
// removed.
func (c *Client) send(ctx context.Context, in call) ([]byte, error) {
	var body []byte
	if in.body != nil {
		var err error
		if body, err = json.Marshal(in.body); err != nil {
			return nil, err
		}
	}
	header := http.Header{}
	if in.body != nil {
		header.Set("Content-Type", "application/json")
	}
	if in.key {
		header.Set("Idempotency-Key", rand.Text())
	}
	unanswered := false
	attempt := func() ([]byte, error) {
		bounded, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		r, err := c.request(bounded, in, bytes.NewReader(body), header)
		if err != nil {
			return nil, err
		}
		raw, err := c.exchange(r)
		if unanswered && in.method == http.MethodDelete && aisles.CodeOf(err) == aisles.NotFound {
			return nil, nil
		}
		unanswered = unanswered || errors.Is(err, ErrUnreachable)
		return raw, c.judge(ctx, err)
	}
	if !in.repeat {
		return attempt()
	}
	return failsafe.With(failsafe.Policy[[]byte](retries)).WithContext(ctx).Get(attempt)
}

// retries repeats what [passing] errors ended.
var retries = retrypolicy.NewBuilder[[]byte]().
	HandleIf(func(_ []byte, err error) bool { return errors.As(err, new(*passing)) }).
	WithMaxAttempts(maxAttempts).
	WithDelayFunc(delay).
	ReturnLastFailure().
	Build()

// delay is the wait Aisles asked for, else one that doubles; with up to half
// more, so that many who were refused at once do not come back at once.
func delay(e failsafe.ExecutionAttempt[[]byte]) time.Duration {
	wait := firstWait << max(e.Attempts()-1, 0)
	if p, ok := errors.AsType[*passing](e.LastError()); ok && p.after > 0 {
		wait = p.after
	}
	return wait + randv2.N(wait/2+1)
}

// passing marks an error that may be gone at the next attempt.
type passing struct {
	err   error
	after time.Duration // how long to wait, when Aisles said so
}

func (p *passing) Error() string { return p.err.Error() }
func (p *passing) Unwrap() error { return p.err }

// judge says whether an attempt's error is worth another one.
func (c *Client) judge(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		if err != nil {
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return nil
	}
	p, ok := errors.AsType[*passing](err)
	if !ok {
		return err
	}
	ends, bounded := ctx.Deadline()
	if p.after > maxWait || (bounded && time.Until(ends) < p.after) {
		return p.err // there is no time for the wait
	}
	return err
}

// request makes a request with the token and all that every request carries.
func (c *Client) request(ctx context.Context, in call, body io.Reader, header http.Header) (*http.Request, error) {
	address := c.base + in.path
	if len(in.query) > 0 {
		address += "?" + in.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, in.method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header = header.Clone()
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", c.userAgent)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return r, nil
}

// exchange sends a request and reads its answer; a refusal is an error, and
// the answer beside it.
func (c *Client) exchange(r *http.Request) ([]byte, error) {
	for _, n := range c.counters {
		n.Add(1)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, &passing{err: unreachable(err)}
	}
	defer res.Body.Close()
	done := res.StatusCode >= 200 && res.StatusCode < 300
	limit := maxRefusal
	if done {
		limit = maxAnswer
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, &passing{err: unreachable(err)}
	case len(raw) > limit:
		return nil, fmt.Errorf("answer of more than %d bytes, status %d", limit, res.StatusCode)
	case done:
		return raw, nil
	}
	err = refusal(res, raw)
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		err = &passing{err: err, after: retryAfter(res.Header)}
	}
	return raw, err
}

// unreachable is an ErrUnreachable that keeps the cause, without the URL that
// net/http puts in front of it.
func unreachable(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// retryAfter reads Retry-After, in seconds or as a date; 0 when there is none.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s > 0 {
		return min(time.Duration(s), 24*60*60) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
