package sim

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"aisles/shopify/schema"
)

// Options shape a Server. The zero value serves no shop until one is added.
type Options struct {
	// Shops are there from the start.
	Shops []Shop
	// Seed makes the chances of faults repeatable.
	Seed uint64
	// LogBytes bounds the documents and variables the log of calls keeps; the
	// oldest calls go first. 0 stands for 64 MiB.
	LogBytes int
	// OnFailure is told of each answer the simulator got wrong: one that
	// Shopify's schema does not allow, or a resolver's error. The answer is
	// then HTTP 500. nil is off.
	OnFailure func(error)
}

// Server is a set of simulated shops. It is an http.Handler and, for programs
// without sockets, an http.RoundTripper; both are safe for concurrent use.
// Everything is in memory and ends with it.
type Server struct {
	options Options
	schema  *ast.Schema
	err     error // why the server cannot serve
	tables  map[string]table
	control *http.ServeMux
	clock   clock
	calls   callLog

	mu     sync.Mutex
	shops  []*hosted // in the order they were added
	faults []*fault
	random *rand.Rand
}

// New makes a server. A shop of the options that cannot be, or a schema the
// simulator has no rules for, makes it answer every request with HTTP 500 and
// the reason, which Err gives too.
func New(o Options) *Server {
	s := &Server{options: o, tables: tables(), random: rand.New(rand.NewPCG(o.Seed, 0x5309))}
	s.calls.limit = o.LogBytes
	if s.schema, s.err = schema.Load(); s.err == nil {
		s.err = checkScalars(s.schema)
	}
	for _, shop := range o.Shops {
		if err := s.AddShop(shop); err != nil && s.err == nil {
			s.err = err
		}
	}
	s.control = s.controlRoutes()
	return s
}

// Err says why the server cannot serve, nil when it can.
func (s *Server) Err() error { return s.err }

// ServeHTTP answers for the shop named by the Host header, or by the first
// part of the path (/{shop domain}/admin/…), and control requests (/_sim/…).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.err != nil:
		writeJSON(w, http.StatusInternalServerError, map[string]any{"errors": s.err.Error()})
	case strings.HasPrefix(r.URL.Path, "/_sim/"):
		s.control.ServeHTTP(w, r)
	default:
		shop, path := s.route(r)
		if shop == nil {
			writeJSON(w, http.StatusNotFound, map[string]any{"errors": "Not Found"})
			return
		}
		s.serveShop(w, r, shop, path)
	}
}

// route finds the shop of a request, and the path inside it.
func (s *Server) route(r *http.Request) (*hosted, string) {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if shop := s.shop(host); shop != nil {
		return shop, r.URL.Path
	}
	domain, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return s.shop(domain), "/" + rest
}

// serveShop answers inside a shop: /admin/api/{version}/graphql.json, the same
// without a version, and /admin/oauth/access_token.
func (s *Server) serveShop(w http.ResponseWriter, r *http.Request, shop *hosted, path string) {
	grant := path == "/admin/oauth/access_token"
	switch {
	case !grant && path != "/admin/api/"+schema.Version+"/graphql.json" && path != "/admin/api/graphql.json":
		writeJSON(w, http.StatusNotFound, map[string]any{"errors": "Not Found"})
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		writeJSON(w, http.StatusMethodNotAllowed, map[string]any{"errors": "Method Not Allowed"})
	case grant:
		s.serveGrant(w, r, shop)
	case !shop.admits(r.Header.Get("X-Shopify-Access-Token"), s.clock.now()):
		writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": badToken})
	default:
		s.serveGraphQL(w, r, shop)
	}
}

const badToken = "[API] Invalid API key or access token (unrecognized login or wrong password)"

// writeJSON answers with a JSON body.
func writeJSON(w http.ResponseWriter, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		status, raw = http.StatusInternalServerError, fmt.Appendf(nil, `{"errors":%q}`, err.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // a client that is gone needs no answer
}
