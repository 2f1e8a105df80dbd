package api_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/intake"
	"aisles/internal/db/dbtest"
)

// nearby lets feeds be fetched from this machine.
func nearby(o *api.Options) {
	o.Feeds = intake.NewFetcher(intake.FetchOptions{AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

const (
	urlFeed = feedHead + "tee,Tee,Size,S,T-S,19.90\ntee,,,M,T-M,19.90\ncap,Cap,Title,Default Title,C,9.90\n"
	urlXML  = `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel>
<item><g:id>cap</g:id><title>Cap</title><g:price>9.90 EUR</g:price></item></channel></rss>`
	urlLines = `{"key":"cap","title":"Cap"}` + "\n"
)

func packed(t testing.TB, text string) string {
	t.Helper()
	var b strings.Builder
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// feeds serves feeds to who knows the key and the password.
func feeds(t testing.TB) string {
	t.Helper()
	many := packed(t, strings.Repeat("a", 1<<20))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if r.URL.Query().Get("key") != "s3cret" || user != "me" || password != "s3cret" || r.Header.Get("Feed-Url") != "" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		text, cut := urlFeed, false
		switch path := r.URL.Path; path {
		case "/feed.csv":
		case "/encoded.csv":
			w.Header().Set("Content-Encoding", "gzip")
			text = packed(t, urlFeed)
		case "/feed.csv.gz":
			text = packed(t, urlFeed)
		case "/bomb.csv":
			w.Header().Set("Content-Encoding", "gzip")
			text = packed(t, feedHead) + strings.Repeat(many, 80)
		case "/cut.csv", "/cut.xml", "/cut.jsonl", "/cut.csv.gz":
			cut, text = true, map[string]string{"/cut.csv": feedHead + "cap,Cap,Title,Default Title,C,9.90\n", "/cut.xml": urlXML, "/cut.jsonl": urlLines, "/cut.csv.gz": packed(t, urlFeed)}[path]
		default:
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if cut {
			w.Header().Set("Content-Length", fmt.Sprint(len(text)+1000))
		}
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http://", "http://me:s3cret@", 1)
}

// TestFeedURL: a feed is fetched, packed ones too, and nothing secret of its
// URL is told to anybody.
func TestFeedURL(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, nearby)
		base := feeds(t)
		named := strings.Replace(base, "me:s3cret@", "", 1)
		load := func(status int, as, query, path string) reply {
			return w.want(status, as, "POST", "/v1/partners/acme/imports"+query, "", "Feed-Url", base+path+"?key=s3cret#s3cret")
		}
		load(401, "", "", "/feed.csv").problem(t)
		load(403, "sync", "", "/feed.csv").problem(t)
		load(404, "beta", "", "/feed.csv").problem(t)
		dry := decode[aisles.Import](t, load(201, "acme", "?dry_run=true", "/feed.csv"))
		if !dry.DryRun || dry.Report.Created != 2 || dry.Source != named+"/feed.csv" {
			t.Errorf("dry run = %+v", dry)
		}
		for i, path := range []string{"/encoded.csv", "/feed.csv.gz", "/feed.csv"} {
			got := decode[aisles.Import](t, load(201, "acme", "?full=true", path))
			if r := got.Report; r.Created+r.Unchanged != 2 || (r.Created == 2) != (i == 0) || got.Source != named+path {
				t.Errorf("%s: %+v", path, got)
			}
		}
		if got := decode[aisles.Import](t, load(201, "operator", "?source=night", "/feed.csv")); got.Source != "night" {
			t.Errorf("source = %q", got.Source)
		}
		refused := load(422, "acme", "?full=true", "/nothing.csv").problem(t)
		if refused.Code != aisles.Invalid || refused.Detail != `"127.0.0.1" answered 404 Not Found` || refused.Import == nil || refused.Import.Status != aisles.ImportFailed || refused.Import.Source != named+"/nothing.csv" {
			t.Errorf("refused = %+v", refused)
		}
		all := string(w.want(200, "acme", "GET", "/v1/partners/acme/imports", "").body)
		if told := all + w.lines.all(); strings.Contains(told, "s3cret") || !strings.Contains(told, "/nothing.csv") {
			t.Errorf("told: %s", told)
		}
	})
}

// TestFeedURLBad: what breaks off removes nothing, whatever it looks like
// until there, and a bomb neither.
func TestFeedURLBad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t), nearby)
	w.want(201, "acme", "POST", "/v1/partners/acme/imports", urlFeed, "Content-Type", "text/csv")
	base := feeds(t)
	for _, path := range []string{"/cut.csv", "/cut.xml", "/cut.jsonl", "/cut.csv.gz"} {
		p := w.want(503, "acme", "POST", "/v1/partners/acme/imports?full=true", "", "Feed-Url", base+path+"?key=s3cret").problem(t)
		if p.Code != aisles.Unavailable || !strings.Contains(p.Detail, `"127.0.0.1" broke off after `) || p.Import == nil || p.Import.Report.Removed > 0 || !strings.Contains(p.Import.Error, "nothing was written") {
			t.Errorf("%s: %+v %+v", path, p, p.Import)
		}
	}
	bomb := w.want(422, "acme", "POST", "/v1/partners/acme/imports?full=true", "", "Feed-Url", base+"/bomb.csv?key=s3cret").problem(t)
	if !strings.Contains(bomb.Detail, "more than 200 times its size") || bomb.Import == nil || bomb.Import.Report.Removed > 0 {
		t.Errorf("bomb: %+v", bomb)
	}
	for _, key := range []string{"tee", "cap"} {
		w.want(200, "acme", "GET", "/v1/partners/acme/products/"+key, "")
	}
}

// TestFeedURLRefused: by itself a server fetches from public addresses only,
// and a request is for one feed.
func TestFeedURLRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	base := feeds(t)
	load := func(status int, address, body string) api.Problem {
		return w.want(status, "acme", "POST", "/v1/partners/acme/imports?full=true", body, "Feed-Url", address).problem(t)
	}
	if p := load(422, base+"/feed.csv?key=s3cret", ""); p.Code != aisles.Invalid || p.Detail != `no feed is fetched from "127.0.0.1": it has a loopback address` || p.Import == nil || p.Import.Status != aisles.ImportFailed {
		t.Errorf("%+v", p)
	}
	if p := load(422, base+"/feed.csv?key=s3cret", urlFeed); !strings.Contains(p.Detail, "the body has to be empty") || p.Import != nil {
		t.Errorf("with a body: %+v", p)
	}
	for address, want := range map[string]string{
		"ftp://me:s3cret@feeds.example/":                         `feeds are fetched over http and https, not "ftp"`,
		"https://me:s3cret@":                                     "names no host",
		"https://feeds.example:s3cret/":                          "the feed's URL is none",
		"https://feeds.example/" + strings.Repeat("s3cret", 400): "Feed-Url",
	} {
		p := load(422, address, "")
		if told := fmt.Sprintf("%+v", p); strings.Contains(told, "s3cret") || !strings.Contains(told, want) || p.Import != nil {
			t.Errorf("%q: %s", want, told)
		}
	}
	if strings.Contains(w.lines.all(), "s3cret") {
		t.Errorf("logged: %s", w.lines.all())
	}
}
