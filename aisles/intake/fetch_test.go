package intake

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

// fetch reads a whole feed. No error may hold what is secret in a URL.
func fetch(t *testing.T, f *Fetcher, address string) (string, error) {
	t.Helper()
	feed, source, err := f.Open(t.Context(), address)
	if err != nil {
		if strings.Contains(err.Error(), "s3cret") {
			t.Errorf("told: %v", err)
		}
		return "", err
	}
	text, err := io.ReadAll(feed)
	if again, e := feed.Read(make([]byte, 1)); again != 0 || (err != nil && e != err) || (err == nil && e != io.EOF) {
		t.Errorf("read again: %v, was %v", e, err)
	}
	if e := feed.Close(); e != nil {
		t.Error(e)
	}
	if strings.Contains(source, "s3cret") || (err != nil && strings.Contains(err.Error(), "s3cret")) {
		t.Errorf("told: %q, %v", source, err)
	}
	return string(text), err
}

// near fetches from this machine.
func near(change ...func(*fetchLimits)) *Fetcher {
	within := usualFetch
	for _, c := range change {
		c(&within)
	}
	return newFetcher(FetchOptions{AllowNetworks: networks("127.0.0.0/8")}, within)
}

func web(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// raw answers every connection, once it has asked, with the text, and ends it.
func raw(t testing.TB, text string) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			_, _ = io.WriteString(c, text)
			_ = c.Close()
		}
	}()
	return "http://" + l.Addr().String()
}

// wants wants an error of a code that says something.
func wants(t *testing.T, err error, code aisles.Code, said string) {
	t.Helper()
	if aisles.CodeOf(err) != code || !strings.Contains(err.Error(), said) {
		t.Errorf("%v, want %s: %q", err, code, said)
	}
}

// TestAddress: what is fetched from is called by what is not secret in it.
func TestAddress(t *testing.T) {
	t.Parallel()
	f := NewFetcher(FetchOptions{})
	for address, want := range map[string]string{
		"https://feeds.example/a/b.csv":                                   "https://feeds.example/a/b.csv",
		"HTTP://me:s3cret@Feeds.example:8443/a%20b.csv?key=s3cret#s3cret": "http://Feeds.example:8443/a%20b.csv",
		"https://feeds.example?s3cret":                                    "https://feeds.example",
		"https://feeds.example/?":                                         "https://feeds.example/",
	} {
		feed, source, err := f.Open(t.Context(), address)
		if err != nil || source != want {
			t.Errorf("%s: %q, %v", address, source, err)
			continue
		}
		if err := feed.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, address := range []string{
		"", "feed.csv", "/feed.csv", "//feeds.example/s3cret", "file:///etc/s3cret", "ftp://me:s3cret@feeds.example", "gopher://s3cret", "data:text/csv,s3cret", "http:s3cret", "https://", "http://:80/s3cret",
		"http:///s3cret", "http://[::1/s3cret", "http://127%2e0%2e0%2e1/s3cret", "http://a b/s3cret", "http://127.0.0.1\\@s3cret", "http://feeds.example:s3cret/", "http://feeds.example/s3cret\r\nHost: x", "unix:///s3cret", "jar:http://s3cret!/",
		"https://feeds.example/" + strings.Repeat("s3cret", 400),
	} {
		if _, err := fetch(t, f, address); aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestAnswers: each answer that is no feed says so.
func TestAnswers(t *testing.T) {
	t.Parallel()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(saysFeed))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of us
	secure.StartTLS()
	t.Cleanup(secure.Close)
	status := func(n int) string {
		return web(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) })
	}
	encoded := web(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		saysFeed(w, nil)
	})
	for name, tt := range map[string]struct {
		url  string
		code aisles.Code
		want string
	}{
		"not found":        {status(404), aisles.Invalid, `"127.0.0.1" answered 404 Not Found`},
		"no password":      {status(401), aisles.Invalid, "answered 401"},
		"slow down":        {status(429), aisles.Unavailable, "answered 429"},
		"down":             {status(503), aisles.Unavailable, "answered 503 Service Unavailable"},
		"nothing":          {status(204), aisles.Unavailable, "answered 204"},
		"part":             {status(206), aisles.Unavailable, "answered 206"},
		"not modified":     {status(304), aisles.Unavailable, "answered 304"},
		"redirect nowhere": {status(302), aisles.Invalid, "redirects to no http or https URL"},
		"other encoding":   {encoded, aisles.Unavailable, `Content-Encoding "br"`},
		"nobody there":     {"http://127.0.0.1:1", aisles.Unavailable, "connection refused"},
		"bad certificate":  {secure.URL, aisles.Unavailable, `the certificate of "127.0.0.1" is signed by nobody who is trusted here`},
		"http, not https":  {strings.Replace(status(200), "http:", "https:", 1), aisles.Unavailable, "no answer that is HTTP"},
		"no HTTP":          {raw(t, "SSH-2.0-s3cret\r\n"), aisles.Unavailable, "no answer that is HTTP"},
		"hangs up":         {raw(t, ""), aisles.Unavailable, "no answer that is HTTP"},
		"no length":        {raw(t, "HTTP/1.1 200 OK\r\n\r\nHandle,Title\n"), aisles.Unavailable, "does not say how long the feed is"},
		"cut off":          {raw(t, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHandle,Title\n"), aisles.Unavailable, `"127.0.0.1" broke off after 13 bytes`},
		"cut off, chunked": {raw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nHandle,Title\n\r\n"), aisles.Unavailable, "broke off after 13 bytes"},
		"long header":      {raw(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("s3cret", 1<<18)), aisles.Unavailable, "no answer that is HTTP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, near(), tt.url+"/feed.csv?key=s3cret")
			wants(t, err, tt.code, tt.want)
		})
	}
}

// TestLookUp: a name that leads nowhere, and one nobody answers for.
func TestLookUp(t *testing.T) {
	t.Parallel()
	f := near()
	_, f.dialer.Resolver = newNameServer(t, nil)
	_, err := fetch(t, f, "http://nobody.test/?s3cret")
	wants(t, err, aisles.Invalid, `there is no host "nobody.test"`)

	f = near(func(l *fetchLimits) { l.connect = 50 * time.Millisecond })
	silent, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	f.dialer.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", silent.LocalAddr().String())
	}}
	_, err = fetch(t, f, "http://nobody.test/?s3cret")
	wants(t, err, aisles.Unavailable, `the host "nobody.test" cannot be looked up now`)
}

// TestFetchLimits: a feed that is too large or too slow ends, and why.
func TestFetchLimits(t *testing.T) {
	t.Parallel()
	stalled := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Handle,Title\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = io.WriteString(w, strings.Repeat("a,b\n", 1000))
		}
	}
	const short = 50 * time.Millisecond
	for name, tt := range map[string]struct {
		h      http.HandlerFunc
		change func(*fetchLimits)
		code   aisles.Code
		want   string
	}{
		"stalls":         {stalled, func(l *fetchLimits) { l.stall = short }, aisles.Unavailable, `"127.0.0.1" sent nothing for 50ms, after 13 bytes of the feed`},
		"never begins":   {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, func(l *fetchLimits) { l.answer = short }, aisles.Unavailable, "did not answer within 50ms"},
		"takes too long": {endless, func(l *fetchLimits) { l.total = short }, aisles.Unavailable, "took more than 50ms, for "},
		"too large":      {endless, func(l *fetchLimits) { l.size = 1 << 20 }, aisles.TooLarge, `the feed at "127.0.0.1" has more than 1048576 bytes`},
		"says it is too large": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") },
			func(*fetchLimits) {}, aisles.TooLarge, "has more than 4294967296 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := fetch(t, near(tt.change), web(t, tt.h)+"?s3cret")
			wants(t, err, tt.code, tt.want)
		})
	}
	size := func(l *fetchLimits) { l.size = 13 }
	if text, err := fetch(t, near(size), web(t, saysFeed)); err != nil || len(text) != 13 {
		t.Errorf("a feed of exactly the limit: %q, %v", text, err)
	}
}

// TestFetchInterrupted: who asked and goes away ends it.
func TestFetchInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan struct{})
	feed, _, err := near().Open(ctx, web(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done(); close(left) }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := feed.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	if err := feed.Close(); err != nil {
		t.Error(err)
	}
	<-left
}

// TestRedirects follows five and no more, and takes the user along to where
// the URL named it, and nowhere else.
func TestRedirects(t *testing.T) {
	t.Parallel()
	f := near()
	var hops atomic.Int64
	loop := web(t, func(w http.ResponseWriter, r *http.Request) {
		hops.Add(1)
		http.Redirect(w, r, "/s3cret", http.StatusFound)
	})
	_, err := fetch(t, f, loop)
	if wants(t, err, aisles.Invalid, `"127.0.0.1" redirects more than 5 times`); hops.Load() != 1+maxRedirects {
		t.Errorf("asked %d times", hops.Load())
	}

	const user = "Basic bWU6czNjcmV0" // me:s3cret
	elsewhere := web(t, func(w http.ResponseWriter, r *http.Request) {
		if h := r.Header; h.Get("Authorization") != "" || h.Get("Referer") != "" || h.Get("Cookie") != "" {
			t.Errorf("told elsewhere: %v", h)
		}
		saysFeed(w, r)
	})
	home := web(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != user || r.Header.Get("Referer") != "" {
			t.Errorf("%s: %v", r.URL, r.Header)
		}
		w.Header().Set("Set-Cookie", "a=s3cret")
		switch r.URL.Path {
		case "/a":
			w.Header().Set("Location", "b?x=1")
		case "/b":
			w.Header().Set("Location", "http://"+r.Host+"/c")
		case "/c":
			w.Header().Set("Location", strings.Replace(elsewhere, "http://", "http://evil:twin@", 1)+"/d")
		}
		w.WriteHeader(http.StatusSeeOther)
	})
	if text, err := fetch(t, f, strings.Replace(home, "http://", "http://me:s3cret@", 1)+"/a?key=s3cret"); err != nil || text != "Handle,Title\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestHTTPS fetches over TLS, and does not go back to what has none.
func TestHTTPS(t *testing.T) {
	t.Parallel()
	plain := web(t, saysFeed)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			http.Redirect(w, r, plain, http.StatusMovedPermanently)
			return
		}
		saysFeed(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of us
	s.StartTLS()
	t.Cleanup(s.Close)
	f := near()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	f.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	if text, err := fetch(t, f, s.URL); err != nil || text != "Handle,Title\n" {
		t.Errorf("%q, %v", text, err)
	}
	_, err := fetch(t, f, s.URL+"/back")
	wants(t, err, aisles.Invalid, "redirects from https to http")
	_, err = fetch(t, f, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)) // which the certificate does not name
	wants(t, err, aisles.Unavailable, `the certificate of "localhost" is for another host`)
	// To https one may go.
	if text, err := fetch(t, f, web(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, s.URL, http.StatusFound) })); err != nil || text == "" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestNoProxy: no proxy is taken, whatever the environment says: it would
// resolve names itself.
func TestNoProxy(t *testing.T) {
	t.Parallel()
	if f := NewFetcher(FetchOptions{}); f.transport.Proxy != nil {
		t.Error("takes a proxy")
	}
}

// TestFetchPacked: what only the answer's header says is packed is unpacked
// like a packed file.
func TestFetchPacked(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	packed := gzipped(t, catalog(50))
	feed, source, err := near().Open(t.Context(), web(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("asked for %v", r.Header)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, packed)
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	i, err := Load(t.Context(), s, feed, Options{Partner: "acme", Source: source, TempDir: t.TempDir()})
	if err != nil || i.Report.Created != 50 {
		t.Errorf("%+v, %v", i, err)
	}
}
