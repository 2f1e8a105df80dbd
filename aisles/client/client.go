package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// ErrUnreachable is the error of a request that got no answer: nobody listens,
// the network is away, or the connection broke.
var ErrUnreachable = errors.New("cannot reach Aisles")

// attemptTimeout bounds one request that is not a feed, until its answer is read.
const attemptTimeout = time.Minute

// Options say where Aisles is and who calls. URL is required.
type Options struct {
	// URL is what stands before /v1/, such as http://127.0.0.1:8080.
	URL string
	// Token is the API token. Options print without it when encoded.
	Token string `json:"-"`
	// Transport sends requests; nil is a transport of the client's own.
	Transport http.RoundTripper
	UserAgent string // default "aisles"
	// Requests counts the HTTP requests, repeated ones too; nil counts nowhere.
	Requests *atomic.Int64
}

// Client calls one Aisles. Its methods may be called by many goroutines. It
// needs no closing.
type Client struct {
	base      string
	token     string
	userAgent string
	http      *http.Client
	counters  []*atomic.Int64
}

// New makes a client. It sends nothing.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("address of Aisles: want http://HOST:PORT or https://HOST") // it may hold a password
	}
	if u.User != nil {
		return nil, errors.New("address of Aisles: credentials do not belong into it, use a token")
	}
	if strings.ContainsFunc(o.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("API token: holds characters no token has")
	}
	transport := o.Transport
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxIdleConnsPerHost = 16 // all requests go to one host
		transport = own
	}
	c := &Client{
		base: strings.TrimSuffix(u.String(), "/"), token: o.Token, userAgent: cmp.Or(o.UserAgent, "aisles"),
		// A redirect is never followed: it would take the token elsewhere.
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	return c.Counting(o.Requests), nil
}

// Counting gives a copy of the client that counts its HTTP requests there too.
// It shares the connections.
func (c *Client) Counting(requests *atomic.Int64) *Client {
	if requests == nil {
		return c
	}
	out := *c
	out.counters = append(c.counters[:len(c.counters):len(c.counters)], requests)
	return &out
}

// String names the client by its address.
func (c *Client) String() string { return "Aisles at " + c.base }

// GoString keeps the token out of what is printed.
func (c *Client) GoString() string { return fmt.Sprintf("client.Client{%q}", c.base) }
