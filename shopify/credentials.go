package shopify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// ClientCredentials are those of an app of the shop's own organization, which
// gets access tokens for them that last a day,
// https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant.
// All but Endpoint, Transport and AttemptTimeout is required.
type ClientCredentials struct {
	// Shop is the shop's own domain, acme.myshopify.com.
	Shop string
	// Endpoint is the URL before /admin/; https://SHOP when empty.
	Endpoint string
	// ID and Secret are the app's. Credentials print without the secret.
	ID     string
	Secret string `json:"-"`
	// Transport sends requests; nil is a transport of the source's own.
	Transport http.RoundTripper `json:"-"`
	// AttemptTimeout bounds one request for a token; 0 is DefaultAttemptTimeout.
	AttemptTimeout time.Duration
}

// Format prints the credentials without their secret, whatever the verb.
func (c ClientCredentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String gives the credentials without their secret.
func (c ClientCredentials) String() string {
	return fmt.Sprintf("shopify.ClientCredentials{Shop: %q, ID: %q}", c.Shop, c.ID)
}

// LogValue logs the credentials without their secret.
func (c ClientCredentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("shop", c.Shop), slog.String("client_id", c.ID))
}

// Source makes a source of tokens, to be shared by all Clients of the shop. It
// asks for a token when the first is needed, again before that expires, and
// once for all callers who name the same refused one. An error says what the
// credentials lack; nothing is sent.
func (c ClientCredentials) Source() (TokenSource, error) {
	endpoint, err := endpointOf(c.Shop, c.Endpoint)
	switch {
	case err != nil:
		return nil, err
	case !isToken(c.ID):
		return nil, fmt.Errorf("client id for shop %s is empty or none", c.Shop)
	case !isToken(c.Secret):
		return nil, fmt.Errorf("client secret for shop %s is empty or none", c.Shop)
	}
	g := &granter{
		url:     endpoint + "/admin/oauth/access_token",
		form:    url.Values{"client_id": {c.ID}, "client_secret": {c.Secret}, "grant_type": {"client_credentials"}}.Encode(),
		secret:  c.Secret,
		http:    httpClient(c.Transport),
		timeout: attemptTimeout(c.AttemptTimeout),
	}
	return g.token, nil
}

// When a token is renewed: this long before it expires, or when a tenth of its
// life is left. A renewal that fails then is tried again while it lasts.
const (
	renewBefore = 5 * time.Minute
	renewAgain  = 30 * time.Second
)

// defaultLifetime is what Shopify documents, for an answer that does not say.
const defaultLifetime = 86399

// granter holds the token a shop has granted, and renews it.
type granter struct {
	url, form, secret string
	http              *http.Client
	timeout           time.Duration

	mu     sync.Mutex
	held   grant    // zero when there is none, or the shop refused it
	flight *renewal // under way, or nil
}

// grant is a token and how long it lasts.
type grant struct {
	token          string
	renew, expires time.Time
}

// renewal is one request for a token, shared by all who wait for it.
type renewal struct {
	done  chan struct{}
	token string
	err   error
}

// token is the TokenSource.
func (g *granter) token(ctx context.Context, refused string) (string, error) {
	g.mu.Lock()
	if refused != "" && refused == g.held.token {
		g.held = grant{}
	}
	if g.held.token != "" && time.Now().Before(g.held.renew) {
		defer g.mu.Unlock()
		return g.held.token, nil
	}
	f := g.flight
	if f == nil {
		f = &renewal{done: make(chan struct{})}
		g.flight = f
		// It is not the first caller's alone, whose context may end early.
		go g.renew(context.WithoutCancel(ctx), f)
	}
	g.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", &unsentError{fmt.Errorf("wait for an access token: %w", context.Cause(ctx))}
	}
}

// renew asks for a token and tells those who wait. Until the one held expires
// it serves, whatever became of an early renewal.
func (g *granter) renew(ctx context.Context, f *renewal) {
	bounded, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	got, err := g.ask(bounded)
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	switch {
	case err == nil:
		g.held = got
	case now.Before(g.held.expires):
		g.held.renew, err = now.Add(renewAgain), nil
		if g.held.renew.After(g.held.expires) {
			g.held.renew = g.held.expires
		}
	default:
		g.held = grant{}
	}
	f.token, f.err = g.held.token, err
	g.flight = nil
	close(f.done)
}

// maxGrant bounds an answer with a token, in bytes.
const maxGrant = 64 << 10

// ask sends one request for a token. What may pass is an unsentError: the call
// that needs the token was not sent, and is tried again as such calls are.
func (g *granter) ask(ctx context.Context) (grant, error) {
	began := time.Now()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, strings.NewReader(g.form))
	if err != nil {
		return grant{}, fmt.Errorf("ask for an access token: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "aisles")
	res, err := g.http.Do(r)
	if err != nil {
		return grant{}, g.failure(ctx, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxGrant))
	if err != nil {
		return grant{}, g.failure(ctx, err)
	}
	return g.read(res, raw, began)
}

// failure is that of a request for a token without an answer.
func (g *granter) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = fmt.Errorf("no answer within %s: %w", g.timeout, os.ErrDeadlineExceeded)
	} else {
		err = &networkError{hide(g.secret, err.Error()), err}
	}
	return &unsentError{fmt.Errorf("ask for an access token: %w", err)}
}

// oauthError is how Shopify words a refusal to those who want no JSON.
var oauthError = regexp.MustCompile(`(?i)oauth error ([a-z_]+)(?:: ([^<\n]*))?`)

// read makes a grant, or an error, of an answer. Of an answer with a token no
// part goes into an error.
func (g *granter) read(res *http.Response, raw []byte, began time.Time) (grant, error) {
	var got struct {
		Token       string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"` // seconds
		Error       string  `json:"error"`
		Description string  `json:"error_description"`
		Errors      json.RawMessage
	}
	err := json.Unmarshal(raw, &got)
	refused := &APIError{Status: res.StatusCode, RequestID: res.Header.Get("X-Request-Id")}
	switch {
	case res.StatusCode == http.StatusOK && err == nil && isToken(got.Token) && got.ExpiresIn >= 0:
		if got.ExpiresIn == 0 {
			got.ExpiresIn = defaultLifetime
		}
		life := seconds(got.ExpiresIn)
		return grant{got.Token, began.Add(life - min(life/10, renewBefore)), began.Add(life)}, nil
	case res.StatusCode == http.StatusOK:
		refused.Message, refused.broken = "answer without an access token", true
	case err == nil:
		_, words := describe(got.Errors)
		refused.Code, refused.Message = got.Error, cmp.Or(got.Description, words)
	default:
		if m := oauthError.FindSubmatch(raw); m != nil {
			refused.Code, refused.Message = string(m[1]), string(m[2])
		}
	}
	refused.Code, refused.Message = shorten(hide(g.secret, refused.Code)), shorten(hide(g.secret, refused.Message))
	if refused.temporary() {
		return grant{}, &unsentError{fmt.Errorf("ask for an access token: %w", refused)}
	}
	return grant{}, &GrantError{refused}
}

// GrantError says that Shopify gives the app no access token to the shop, for
// a reason that does not pass by itself.
type GrantError struct{ Err *APIError }

// grantReasons say in plain words what Shopify's codes mean.
var grantReasons = map[string]string{
	"shop_not_permitted":          "the app is not installed in the shop, or is not of the shop's own organization",
	"application_cannot_be_found": "no app has this client id",
	"invalid_client":              "the client secret is not this app's",
}

// Reason says in plain words why, and is empty where Shopify's own words have
// to do.
func (e *GrantError) Reason() string { return grantReasons[e.Err.Code] }

func (e *GrantError) Error() string {
	if reason := e.Reason(); reason != "" {
		return fmt.Sprintf("no access token for the app: %s (%v)", reason, e.Err)
	}
	return fmt.Sprintf("no access token for the app: %v", e.Err)
}

// Unwrap gives Shopify's answer.
func (e *GrantError) Unwrap() error { return e.Err }

// isGrant tells whether an error is a refused grant, which is about the shop
// whatever its status.
func isGrant(err error) bool {
	var e *GrantError
	return errors.As(err, &e)
}
