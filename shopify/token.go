package shopify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// TokenSource gives the access token of each request, where tokens expire.
// refused is the token the shop has answered 401 to in this call, "" mostly:
// when the source then gives another, the call is sent once more. It is called
// by many at once, who may all name the same refused token; the context ends
// with the time of an attempt. An error ends the call, and must not tell a
// token.
type TokenSource func(ctx context.Context, refused string) (string, error)

// static is the source of a token that does not expire.
func static(token string) TokenSource {
	return func(context.Context, string) (string, error) { return token, nil }
}

// isToken tells whether a text can be sent as one.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// token asks the source, bounded in time as an attempt is.
func (c *Client) token(ctx context.Context, refused string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	token, err := c.tokens(bounded, refused)
	switch {
	case err != nil:
		return "", fmt.Errorf("token of shop %s: %w", c.shop, err)
	case !isToken(token):
		return "", fmt.Errorf("token of shop %s is empty or no token", c.shop)
	}
	return token, nil
}

// hide takes a token out of a text that others wrote.
func hide(token, text string) string { return strings.ReplaceAll(text, token, "[token]") }

// expiredError is an answer that says the token is none, where the source may
// have another.
type expiredError struct{ err *APIError }

func (e *expiredError) Error() string { return e.err.Error() }
func (e *expiredError) Unwrap() error { return e.err }

// expired marks the first refusal of a token in a call.
func (s *sending) expired(token string, err error) error {
	var api *APIError
	if s.refusal != nil || !errors.As(err, &api) || api.Status != http.StatusUnauthorized {
		return err
	}
	s.refused, s.refusal = token, api
	return &expiredError{api}
}
