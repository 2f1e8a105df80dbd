// Package admin shows the state of the platform on one page: the mode, the
// partners with their shops, and the latest runs.
package admin

import (
	"cmp"
	"context"
	_ "embed"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/aisles/store"
)

// Sync is what the page asks of the sync's ledger.
type Sync interface {
	Mode(ctx context.Context) (aisles.ModeSetting, error)
	Connections(ctx context.Context) ([]aisles.Connection, error)
	Runs(ctx context.Context, partner, after string, limit int) ([]aisles.Run, error)
}

// Options are what the page shows, and to whom. Store and Sync are required.
type Options struct {
	Store *store.Store
	Sync  Sync
	// Operator reports whether a password is an operator's token, which callers
	// from other machines need; nil refuses them. A caller on the same machine
	// needs none to look.
	Operator func(ctx context.Context, token string) bool
	Version  string
	// Jobs serves pages about background jobs under /admin/jobs, to operators;
	// nil is none.
	Jobs http.Handler
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"when": func(t *time.Time) string {
		if t == nil {
			return "–"
		}
		return t.Local().Format("2006-01-02 15:04:05")
	},
}).Parse(pageText))

// New makes the page's handler.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/{$}", o.show)
	if o.Jobs != nil {
		mux.Handle(jobsPath, sameSite(o.Jobs))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.operator(r) && (strings.HasPrefix(r.URL.Path, jobsPath) || !local(r)) {
			w.Header().Set("WWW-Authenticate", `Basic realm="Aisles Admin: any user, an operator's token as password"`)
			http.Error(w, "An operator's token is required as password.", http.StatusUnauthorized)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy(r.URL.Path))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// jobsPath is where River's pages are.
const jobsPath = "/admin/jobs/"

// policy is what a page may load. River's pages are an application of their
// own: scripts, pictures and requests from here, and nothing from elsewhere.
func policy(path string) string {
	if strings.HasPrefix(path, jobsPath) {
		return "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
	}
	return "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
}

// sameSite refuses requests that change something on behalf of another site's
// page: browsers send a password once given with those, too.
func sameSite(h http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(h)
}

// operator reports whether the caller has an operator's token as password.
func (o Options) operator(r *http.Request) bool {
	_, password, ok := r.BasicAuth()
	return ok && o.Operator != nil && o.Operator(r.Context(), password)
}

// local reports whether the caller is on this machine. The name it calls by
// must be this machine's, too: a page elsewhere could have its own name resolve
// to it.
func local(r *http.Request) bool {
	caller, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !caller.Addr().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// row is one partner on the page.
type row struct {
	aisles.Partner
	Shop     string
	Paused   *aisles.Pause
	Products int
	Last     *aisles.Run
}

type view struct {
	Version string
	Jobs    bool
	Now     string
	Mode    aisles.ModeSetting
	Rows    []row
	Runs    []aisles.Run
}

// mostRows bounds what the page lists.
const mostRows = 100

func (o Options) show(w http.ResponseWriter, r *http.Request) {
	v, err := o.view(r.Context())
	if err != nil {
		http.Error(w, "The state cannot be read: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := page.Execute(w, v); err != nil {
		return // the reader has gone
	}
}

func (o Options) view(ctx context.Context) (view, error) {
	v := view{Version: o.Version, Jobs: o.Jobs != nil, Now: time.Now().Format("15:04:05")}
	var err error
	if v.Mode, err = o.Sync.Mode(ctx); err != nil {
		return v, err
	}
	partners, err := o.Store.Partners(ctx, "", mostRows)
	if err != nil {
		return v, err
	}
	counts, err := o.Store.Counts(ctx)
	if err != nil {
		return v, err
	}
	connections, err := o.Sync.Connections(ctx)
	if err != nil {
		return v, err
	}
	shops := map[string]aisles.Connection{}
	for _, c := range connections {
		shops[c.Partner] = c
	}
	if v.Runs, err = o.Sync.Runs(ctx, "", "", mostRows); err != nil {
		return v, err
	}
	last := map[string]*aisles.Run{}
	for i, run := range v.Runs {
		if last[run.Partner] == nil {
			last[run.Partner] = &v.Runs[i]
		}
	}
	for _, p := range partners {
		v.Rows = append(v.Rows, row{Partner: p, Shop: cmp.Or(shops[p.Key].Shop, "not connected"), Paused: shops[p.Key].Paused, Products: counts[p.Key], Last: last[p.Key]})
	}
	v.Runs = v.Runs[:min(len(v.Runs), 25)]
	return v, nil
}
