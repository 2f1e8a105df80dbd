package shopify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds an answer, in bytes: a page of 250 products of 250 variants
// is within it.
const maxAnswer = 256 << 20

// maxText bounds the text an error takes over from an answer, in bytes.
const maxText = 500

// answer is a GraphQL answer.
type answer struct {
	Data       map[string]json.RawMessage `json:"data"`
	Errors     json.RawMessage            `json:"errors"`
	Extensions struct {
		Cost   *cost    `json:"cost"`
		Search []search `json:"search"`
	} `json:"extensions"`
}

// search is what Shopify has to say about a search query. It ignores terms it
// does not understand, and then finds more than was asked for,
// https://shopify.dev/docs/api/usage/search-syntax.
type search struct {
	Warnings []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
		Code    string `json:"code"`
	} `json:"warnings"`
}

// post sends one request, bounded in time, and reads the answer. The answer is
// there beside an error when it could be read.
func (c *Client) post(ctx context.Context, token string, body []byte, seen *Call) (*answer, error) {
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	res, raw, err := c.exchange(bounded, token, body)
	if err != nil {
		return nil, c.failure(ctx, bounded, token, err)
	}
	seen.Status, seen.RequestID = res.StatusCode, res.Header.Get("X-Request-Id")
	seen.Served, seen.Deprecated = res.Header.Get("X-Shopify-API-Version"), res.Header.Get("X-Shopify-API-Deprecated-Reason")
	return read(res, raw, func(text string) string { return shorten(hide(token, text)) })
}

// exchange sends a request and reads all of its answer.
func (c *Client) exchange(ctx context.Context, token string, body []byte) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, &unsentError{err}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "aisles")
	r.Header.Set("X-Shopify-Access-Token", token)
	res, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		err = fmt.Errorf("answer of more than %d bytes", maxAnswer)
	}
	return res, raw, err
}

// failure says what became of a request without an answer.
func (c *Client) failure(ctx, bounded context.Context, token string, err error) error {
	reached := !neverSent(err)
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case bounded.Err() != nil:
		err = fmt.Errorf("no answer within %s: %w", c.timeout, os.ErrDeadlineExceeded)
	default:
		err = &networkError{hide(token, err.Error()), err}
	}
	if reached {
		return &unansweredError{err: err}
	}
	return &unsentError{err}
}

// networkError keeps the token out of whatever a transport says.
type networkError struct {
	text string
	err  error
}

func (e *networkError) Error() string        { return e.text }
func (e *networkError) Is(target error) bool { return errors.Is(e.err, target) }

// neverSent tells whether no byte of a request can have reached Shopify.
func neverSent(err error) bool {
	var (
		op   *net.OpError
		dns  *net.DNSError
		cert *tls.CertificateVerificationError
		own  *unsentError
	)
	return (errors.As(err, &op) && op.Op == "dial") || errors.As(err, &dns) || errors.As(err, &cert) || errors.As(err, &own)
}

// read makes an answer, or an error, of a response. tell makes a text fit for
// an error.
func read(res *http.Response, raw []byte, tell func(string) string) (*answer, error) {
	refused := &APIError{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id"), retryAfter: retryAfter(res.Header)}
	var got answer
	if err := json.Unmarshal(raw, &got); err != nil {
		refused.Message = tell("no GraphQL answer: " + string(raw))
		refused.broken = res.StatusCode == http.StatusOK
		return nil, refused.lasting()
	}
	refused.Code, refused.Message = describe(got.Errors)
	refused.Message = tell(refused.Message)
	switch {
	case res.StatusCode != http.StatusOK:
		return nil, refused.lasting()
	case refused.Code == throttledCode:
		var t ThrottledError
		if k := got.Extensions.Cost; k != nil {
			t = ThrottledError{k.Requested, k.Status.Available, k.Status.Restore}
		}
		return &got, &t
	case !absent(got.Errors):
		return &got, refused.lasting()
	case got.Data == nil:
		refused.Message, refused.broken = "answer without data and without errors", true
		return nil, refused.lasting()
	}
	for _, s := range got.Extensions.Search {
		for _, w := range s.Warnings {
			refused.Code, refused.Message = w.Code, tell("search by "+w.Field+" is ignored: "+w.Message)
			return &got, refused
		}
	}
	return &got, nil
}

// lasting is the error itself when Shopify refused, and that of a lost answer
// when it failed: then the request may have run.
func (e *APIError) lasting() error {
	if e.temporary() && !e.refused() {
		return &unansweredError{err: e}
	}
	return e
}

// absent tells whether a JSON value is left out or null.
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// describe reads an answer's errors: a list of GraphQL errors, or a text, or
// an object of texts. The code is that of the first error that has one.
func describe(raw json.RawMessage) (code, message string) {
	var list []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	}
	if json.Unmarshal(raw, &list) == nil {
		texts := make([]string, len(list))
		for i, e := range list {
			texts[i] = e.Message
			if code == "" {
				code = e.Extensions.Code
			}
		}
		return code, strings.Join(texts, "; ")
	}
	if json.Unmarshal(raw, &message) == nil {
		return "", message
	}
	return "", string(raw)
}

// shorten makes a text of others fit for an error: one line, not too long.
func shorten(s string) string {
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

// retryAfter reads Retry-After, which Shopify writes as decimal seconds.
func retryAfter(h http.Header) time.Duration {
	s, err := strconv.ParseFloat(h.Get("Retry-After"), 64)
	if err != nil || !(s > 0) {
		return 0
	}
	return seconds(s)
}
