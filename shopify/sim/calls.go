package sim

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// call is an entry of the log of calls, a line of GET /_sim/calls.
type call struct {
	N         int64           `json:"n"` // from 1, without gaps
	At        time.Time       `json:"at"`
	Shop      string          `json:"shop"`
	Kind      string          `json:"kind"`      // graphql or oauth
	Operation string          `json:"operation"` // root fields, joined by commas; "" when the document is invalid; accessToken of oauth
	Name      string          `json:"name"`      // the operation's own name
	Document  string          `json:"document"`
	Variables json.RawMessage `json:"variables"`
	Requested *int            `json:"requestedCost"`
	Actual    *int            `json:"actualCost"`
	Status    int             `json:"status"` // 0 when the answer was dropped
	Throttled bool            `json:"throttled"`
	Bulk      bool            `json:"bulk"` // a line of a bulk operation

	roots    []string
	mutation bool
}

// The kinds of calls.
const (
	graphQLCall = "graphql"
	oauthCall   = "oauth"
)

// newCall notes a request. p is nil when it is invalid.
func newCall(in *incoming, p *prepared, shop *hosted, now time.Time) *call {
	c := &call{At: now, Shop: shop.state.info.domain, Kind: graphQLCall, Name: in.operation, Document: in.document, Variables: in.raw}
	if p == nil {
		return c
	}
	c.Name, c.mutation = p.op.Name, p.op.Operation == ast.Mutation
	for _, s := range p.roots() {
		c.roots = append(c.roots, s.field.Name)
	}
	c.Operation = strings.Join(c.roots, ",")
	return c
}

// is tells whether the call is of an operation, by root field or name.
func (c *call) is(operation string) bool {
	if c.Name == operation {
		return true
	}
	for _, r := range c.roots {
		if r == operation {
			return true
		}
	}
	return false
}

// note adds what the answer cost.
func (c *call) note(r *reply) {
	c.Throttled = r.throttled
	if r.costed {
		requested := r.cost.RequestedQueryCost
		c.Requested, c.Actual = &requested, r.cost.ActualQueryCost
	}
}

// callLog remembers calls, as many as fit its limit. Its zero value is ready.
type callLog struct {
	mu    sync.Mutex
	limit int // bytes
	size  int
	last  int64
	calls []*call
}

const (
	defaultLogBytes = 64 << 20
	callOverhead    = 300 // bytes of an entry beside its texts
)

func (c *call) size() int { return len(c.Document) + len(c.Variables) + callOverhead }

// add numbers and keeps a call, and forgets the oldest beyond the limit.
func (l *callLog) add(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	c.N = l.last
	l.calls = append(l.calls, c)
	l.size += c.size()
	limit := l.limit
	if limit <= 0 {
		limit = defaultLogBytes
	}
	for l.size > limit && len(l.calls) > 1 {
		l.size -= l.calls[0].size()
		l.calls[0] = nil
		l.calls = l.calls[1:]
	}
}

// after lists the calls with a number above n, of one shop or of all ("").
func (l *callLog) after(n int64, shop string) []*call {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*call
	for _, c := range l.calls {
		if c.N > n && (shop == "" || strings.EqualFold(c.Shop, shop)) {
			out = append(out, c)
		}
	}
	return out
}

// clear forgets all calls; numbers go on.
func (l *callLog) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.size = nil, 0
}
