package shopify

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DefaultAttemptTimeout bounds one HTTP request when Options do not. Shopify
// gives up after about ten seconds,
// https://shopify.dev/docs/api/usage/response-codes.
const DefaultAttemptTimeout = 15 * time.Second

// Options describe a shop and how to call it. Shop and a token are required.
type Options struct {
	// Shop is the shop's own domain, acme.myshopify.com.
	Shop string
	// Endpoint is the URL before /admin/; https://SHOP when empty.
	Endpoint string
	// Token is the app's access token in the shop, where it does not expire.
	// Options print without it.
	Token string `json:"-"`
	// Tokens gives the token where it does; either it or Token is required.
	Tokens TokenSource `json:"-"`
	// Transport sends requests; nil is a transport of the client's own.
	Transport http.RoundTripper `json:"-"`
	// AttemptTimeout bounds one HTTP request; 0 is DefaultAttemptTimeout. A
	// context's own deadline holds when it is earlier.
	AttemptTimeout time.Duration
	// Throttle is the shop's budget, to be shared by all Clients of one app in
	// one shop; nil is one of the client's own.
	Throttle *Throttle `json:"-"`
	// Observe is told of each HTTP request when it has ended, from the calls'
	// own goroutines; nil is off.
	Observe func(Call) `json:"-"`
}

// Format prints the options without their token, whatever the verb.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// String gives the options without their token.
func (o Options) String() string {
	return fmt.Sprintf("shopify.Options{Shop: %q, Endpoint: %q}", o.Shop, o.Endpoint)
}

// LogValue logs the options without their token.
func (o Options) LogValue() slog.Value {
	return slog.GroupValue(slog.String("shop", o.Shop), slog.String("endpoint", o.Endpoint))
}

// Client calls the Admin API of one shop. It is safe for concurrent use and
// needs no closing.
type Client struct {
	shop     string
	url      string
	tokens   TokenSource // nothing prints what a function holds
	http     *http.Client
	timeout  time.Duration
	throttle *Throttle
	observe  func(Call)
}

// New makes a client. It sends nothing; an error says what Options lack.
func New(o Options) (*Client, error) {
	endpoint, err := endpointOf(o.Shop, o.Endpoint)
	switch {
	case err != nil:
		return nil, err
	case o.Tokens != nil && o.Token != "":
		return nil, fmt.Errorf("shop %s has both a token and a source of tokens", o.Shop)
	case o.Tokens == nil && !isToken(o.Token):
		return nil, fmt.Errorf("token of shop %s is empty or no token", o.Shop)
	}
	tokens := o.Tokens
	if tokens == nil {
		tokens = static(o.Token)
	}
	return &Client{
		shop:     o.Shop,
		url:      endpoint + "/admin/api/" + Version + "/graphql.json",
		tokens:   tokens,
		http:     httpClient(o.Transport),
		timeout:  attemptTimeout(o.AttemptTimeout),
		throttle: cmp.Or(o.Throttle, NewThrottle()),
		observe:  o.Observe,
	}, nil
}

// endpointOf gives the URL before /admin/, without a slash at its end.
func endpointOf(shop, endpoint string) (string, error) {
	endpoint = strings.TrimSuffix(cmp.Or(endpoint, "https://"+shop), "/")
	u, err := url.Parse(endpoint)
	switch {
	case shop == "" || strings.ContainsAny(shop, "/:?#@ "):
		return "", fmt.Errorf("shop %q is no domain", shop)
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "", fmt.Errorf("endpoint of shop %s is no URL of a host", shop)
	}
	return endpoint, nil
}

func attemptTimeout(d time.Duration) time.Duration { return cmp.Or(d, DefaultAttemptTimeout) }

// httpClient sends by the transport, or by one of its own.
func httpClient(transport http.RoundTripper) *http.Client {
	if transport == nil {
		transport = newTransport()
	}
	return &http.Client{Transport: transport, CheckRedirect: stay}
}

// idleConns is how many connections to a shop are kept open; they matter with
// HTTP/1.1 alone, Shopify speaks HTTP/2.
const idleConns = 32

func newTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = idleConns
	return t
}

// stay follows no redirect: tokens and secrets are for the shop alone.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Format prints the shop alone, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String names the shop alone.
func (c *Client) String() string { return "shopify.Client(" + c.shop + ")" }

// LogValue logs the shop alone.
func (c *Client) LogValue() slog.Value { return slog.GroupValue(slog.String("shop", c.shop)) }

// Call is one HTTP request as it ended: a call that is sent again is several.
type Call struct {
	Shop      string
	Operation string
	Write     bool
	Attempt   int // from 1
	Started   time.Time
	Waited    time.Duration // for the budget, before it was sent
	Took      time.Duration // from sending it to the end of the answer
	Status    int           // of HTTP; 0 when there was no answer
	RequestID string
	// Requested and Actual are points; both are 0 when the answer named none.
	Requested, Actual float64
	Throttled         bool // refused by cost (THROTTLED) or rate (429, 430)
	// Served is the API version that answered; not Version when Shopify has
	// retired that. "" when there was no answer.
	Served string
	// Deprecated is Shopify's word on what the document should no longer ask.
	Deprecated string
	// Err is why the request failed, nil when it did not. UserErrors are no
	// failure of the request.
	Err error
}

// operation is a document and what is to be known of it.
type operation struct {
	name     string
	root     string // the field of data
	write    bool
	document string
}

// payload is what a mutation answers.
type payload interface{ refusals() []UserError }
