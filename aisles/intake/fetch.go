package intake

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"aisles/aisles"
)

// fetchLimits bound the fetch of one feed.
type fetchLimits struct {
	connect time.Duration // for looking a host up and connecting to it
	answer  time.Duration // from the request to the answer's header
	stall   time.Duration // without a byte
	total   time.Duration
	size    int64 // as sent; what is packed has bounds of its own
}

var usualFetch = fetchLimits{connect: 10 * time.Second, answer: 30 * time.Second, stall: time.Minute, total: 30 * time.Minute, size: 4 << 30}

const (
	maxRedirects = 5
	maxAddress   = 2000 // bytes of a feed's URL
)

// FetchOptions say where feeds may be fetched from.
type FetchOptions struct {
	// AllowNetworks are networks that are not public and may be connected to
	// all the same. Callers can find out who answers in them.
	AllowNetworks []netip.Prefix
}

// Fetcher fetches feeds over HTTP from public addresses. It takes no proxy from
// the environment, keeps no cookies and no connections.
type Fetcher struct {
	limits    fetchLimits
	guard     guard
	dialer    net.Dialer
	transport *http.Transport
}

// NewFetcher makes a fetcher, which needs no closing.
func NewFetcher(o FetchOptions) *Fetcher { return newFetcher(o, usualFetch) }

func newFetcher(o FetchOptions, within fetchLimits) *Fetcher {
	f := &Fetcher{limits: within, guard: newGuard(o.AllowNetworks)}
	f.dialer = net.Dialer{Timeout: within.connect, Control: f.guard.control}
	f.transport = &http.Transport{
		DialContext:            f.dial,
		DisableKeepAlives:      true, // each request is dialled, and so checked
		DisableCompression:     true, // [unpack] unpacks, within bounds
		TLSHandshakeTimeout:    within.connect,
		ResponseHeaderTimeout:  within.answer,
		MaxResponseHeaderBytes: 1 << 20,
	}
	return f
}

// Open gives the feed at an http or https URL, and what to call it: the URL
// without user, query and fragment, which may be secret and are in no error
// either. The feed is fetched when it is first read, until the context ends;
// close it after use.
//
// Open fails with [aisles.Invalid] when the URL is none to fetch from. Reading
// does so when the host is refused or says that there is no such feed, with
// [aisles.TooLarge] when the feed is larger than 4 GiB, and with
// [aisles.Unavailable] when another try may help: the host cannot be reached,
// does not begin to answer within 30 seconds, sends nothing for a minute, takes
// more than 30 minutes, or breaks off.
func (f *Fetcher) Open(ctx context.Context, address string) (feed io.ReadCloser, source string, err error) {
	u, err := parseAddress(address)
	if err != nil {
		return nil, "", err
	}
	named := *u
	named.User, named.RawQuery, named.ForceQuery, named.Fragment, named.RawFragment = nil, "", false, "", ""
	ctx, cancel := context.WithCancelCause(ctx)
	return &fetched{fetcher: f, ctx: ctx, cancel: cancel, first: u, host: u.Hostname()}, named.String(), nil
}

// parseAddress reads a feed's URL. Its errors do not repeat it.
func parseAddress(address string) (*url.URL, error) {
	if len(address) > maxAddress {
		return nil, aisles.Errorf(aisles.Invalid, "the feed's URL is longer than %d bytes", maxAddress)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, aisles.Errorf(aisles.Invalid, "the feed's URL is none")
	case u.Scheme == "":
		return nil, aisles.Errorf(aisles.Invalid, "the feed's URL has to begin with http:// or https://")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, aisles.Errorf(aisles.Invalid, "feeds are fetched over http and https, not %s", quote(u.Scheme))
	case u.Hostname() == "":
		return nil, aisles.Errorf(aisles.Invalid, "the feed's URL names no host")
	}
	return u, nil
}

// dial connects to an address that the guard lets pass.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err == nil {
		err = f.guard.name(host)
	}
	if err != nil {
		return nil, f.unreached(host, err)
	}
	conn, err := f.dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, f.unreached(host, err)
	}
	return conn, nil
}

// unreached says why there is no connection to a host, without its address.
func (f *Fetcher) unreached(host string, err error) error {
	if why, ok := errors.AsType[refused](err); ok {
		return aisles.Errorf(aisles.Invalid, "no feed is fetched from %s: %s", quote(host), why)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return aisles.Errorf(aisles.Invalid, "there is no host %s", quote(host))
		}
		return aisles.Errorf(aisles.Unavailable, "the host %s cannot be looked up now", quote(host))
	}
	if timedOut(err) {
		return aisles.Errorf(aisles.Unavailable, "%s did not take a connection within %v", quote(host), f.limits.connect)
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		return aisles.Errorf(aisles.Unavailable, "%s cannot be connected to: %v", quote(host), no)
	}
	return aisles.Errorf(aisles.Unavailable, "%s cannot be connected to", quote(host))
}

func timedOut(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout()
}

// The causes for which a fetch is ended.
var (
	errStalled = errors.New("stalled")
	errTooSlow = errors.New("too slow")
)

// fetched is a feed that is fetched while it is read.
type fetched struct {
	fetcher *Fetcher
	ctx     context.Context
	cancel  context.CancelCauseFunc
	bounds  []*time.Timer // of the whole, and of a silence
	first   *url.URL
	host    string // that was asked last
	body    io.ReadCloser
	n       int64
	err     error // sticks
}

// Read gives what has come of the feed.
func (f *fetched) Read(p []byte) (int, error) {
	if f.err == nil && f.body == nil {
		f.err = f.connect()
	}
	if f.err != nil {
		return 0, f.err
	}
	silence, most := f.bounds[1], f.fetcher.limits.size
	silence.Reset(f.fetcher.limits.stall) // it counts only while somebody waits
	n, err := f.body.Read(p)
	silence.Stop()
	switch f.n += int64(n); {
	case f.n > most:
		n, f.err = 0, f.tooLarge()
	case err == io.EOF:
		f.err = io.EOF
	case err != nil:
		f.err = f.brokenOff()
	}
	return n, f.err
}

// Close ends the fetch.
func (f *fetched) Close() error {
	for _, t := range f.bounds {
		t.Stop()
	}
	f.cancel(context.Canceled)
	if f.body == nil {
		return nil
	}
	return f.body.Close()
}

// connect asks for the feed, and goes where it is sent.
func (f *fetched) connect() error {
	within := f.fetcher.limits
	f.bounds = []*time.Timer{
		time.AfterFunc(within.total, func() { f.cancel(errTooSlow) }),
		time.AfterFunc(within.stall, func() { f.cancel(errStalled) }),
	}
	f.bounds[1].Stop()
	at := f.first
	for range maxRedirects + 1 {
		f.host = at.Hostname()
		res, err := f.fetcher.transport.RoundTrip(f.request(at))
		if err != nil {
			return f.unanswered(err)
		}
		if !slices.Contains(redirects, res.StatusCode) {
			f.body = res.Body
			return f.judge(res)
		}
		_ = res.Body.Close() // nobody reads it
		if at, err = f.redirected(at, res.Header.Get("Location")); err != nil {
			return err
		}
	}
	return aisles.Errorf(aisles.Invalid, "%s redirects more than %d times", quote(f.first.Hostname()), maxRedirects)
}

var redirects = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}

// request makes a request, with the user only for the host that the URL gave
// it for, and with no word of where the request comes from.
func (f *fetched) request(at *url.URL) *http.Request {
	r := (&http.Request{Method: http.MethodGet, URL: at, Header: http.Header{
		"User-Agent":      {"aisles"},
		"Accept":          {"*/*"},
		"Accept-Encoding": {"gzip"},
	}}).WithContext(f.ctx)
	if u := f.first.User; u != nil && at.Scheme == f.first.Scheme && strings.EqualFold(at.Host, f.first.Host) {
		password, _ := u.Password()
		r.SetBasicAuth(u.Username(), password)
	}
	return r
}

// redirected gives where an answer sends to. From https there is no way back:
// who listens in on http could send any catalog.
func (f *fetched) redirected(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err == nil {
		to, err = parseAddress(to.String())
	}
	switch {
	case location == "" || err != nil:
		return nil, aisles.Errorf(aisles.Invalid, "%s redirects to no http or https URL", quote(f.host))
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, aisles.Errorf(aisles.Invalid, "%s redirects from https to http", quote(f.host))
	}
	return to, nil
}

// unanswered says why there is no answer. What the host sent is not repeated.
func (f *fetched) unanswered(err error) error {
	if ended := f.ended(); ended != nil {
		return ended
	}
	if known, ok := errors.AsType[*aisles.Error](err); ok {
		return known
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return aisles.Errorf(aisles.Unavailable, "the certificate of %s %s", quote(f.host), distrust(bad.Err))
	}
	if timedOut(err) {
		return aisles.Errorf(aisles.Unavailable, "%s did not answer within %v", quote(f.host), f.fetcher.limits.answer)
	}
	return aisles.Errorf(aisles.Unavailable, "%s gave no answer that is HTTP", quote(f.host))
}

// distrust says why a certificate is not taken, without the names in it.
func distrust(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "is for another host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "is signed by nobody who is trusted here"
	}
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok && bad.Reason == x509.Expired {
		return "has expired, or is not valid yet"
	}
	return "is not valid"
}

// judge refuses an answer that is no feed, or whose end could not be told from
// a broken connection: half a catalog would pass for a whole one.
func (f *fetched) judge(res *http.Response) error {
	packed := strings.ToLower(cmp.Or(res.Header.Get("Content-Encoding"), "identity"))
	switch status := res.StatusCode; {
	case status >= 400 && status < 500 && !slices.Contains(passing, status):
		return aisles.Errorf(aisles.Invalid, "%s answered %d %s", quote(f.host), status, http.StatusText(status))
	case status != http.StatusOK:
		return aisles.Errorf(aisles.Unavailable, "%s answered %d %s", quote(f.host), status, http.StatusText(status))
	case res.ContentLength > f.fetcher.limits.size:
		return f.tooLarge()
	case res.ContentLength < 0 && len(res.TransferEncoding) == 0:
		return aisles.Errorf(aisles.Unavailable, "%s does not say how long the feed is, so that nobody could tell whether all of it came", quote(f.host))
	case !slices.Contains([]string{"identity", "gzip", "x-gzip"}, packed):
		return aisles.Errorf(aisles.Unavailable, "%s sends the feed with the Content-Encoding %s, which it was not asked for", quote(f.host), quote(packed))
	}
	return nil
}

// passing are the statuses of 4xx that may be others at the next try.
var passing = []int{http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}

func (f *fetched) tooLarge() error {
	return aisles.Errorf(aisles.TooLarge, "the feed at %s has more than %d bytes", quote(f.host), f.fetcher.limits.size)
}

// brokenOff says why a feed ends before its end.
func (f *fetched) brokenOff() error {
	if ended := f.ended(); ended != nil {
		return ended
	}
	return aisles.Errorf(aisles.Unavailable, "%s broke off after %d bytes of the feed", quote(f.host), f.n)
}

// ended says by what bound a fetch was ended, or by whom; nil when it was not.
func (f *fetched) ended() error {
	switch cause := context.Cause(f.ctx); cause {
	case errStalled:
		return aisles.Errorf(aisles.Unavailable, "%s sent nothing for %v, after %d bytes of the feed", quote(f.host), f.fetcher.limits.stall, f.n)
	case errTooSlow:
		return aisles.Errorf(aisles.Unavailable, "%s took more than %v, for %d bytes of the feed until then", quote(f.host), f.fetcher.limits.total, f.n)
	default:
		return cause
	}
}
