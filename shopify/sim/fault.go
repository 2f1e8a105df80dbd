package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// fault is a rule by which requests go wrong.
type fault struct {
	Shop      string  `json:"shop,omitempty"`       // "" is any
	Operation string  `json:"operation,omitempty"`  // a root field, an operation's name, or accessToken; "" is any
	Kind      string  `json:"kind"`                 // one of faultKinds
	Rate      float64 `json:"rate,omitempty"`       // the chance of each request, 0 stands for 1
	Count     int     `json:"count,omitempty"`      // how often in all, 0 is without end
	LatencyMS int     `json:"latency_ms,omitempty"` // for slow, timeout and hang

	fired int
}

// httpFault is a fault that answers with a status before anything happened.
type httpFault struct {
	status int
	body   string // JSON when it starts with a brace, else HTML
	retry  string // Retry-After
}

// httpFaults: Shopify's bodies for 402, 423 and 5xx of the Admin API are not
// known; a client must not depend on them.
var httpFaults = map[string]httpFault{
	"http_401": {status: http.StatusUnauthorized, body: `{"errors":"` + badToken + `"}`},
	"http_402": {status: http.StatusPaymentRequired, body: `{"errors":"Unavailable Shop"}`},
	"http_423": {status: http.StatusLocked, body: `{"errors":"Locked"}`},
	"http_429": {status: http.StatusTooManyRequests, body: `{"errors":"Exceeded 4 calls per second for api client. Reduce request rates to resume uninterrupted service."}`, retry: "2.0"},
	"http_500": {status: http.StatusInternalServerError, body: "<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"},
	"http_503": {status: http.StatusServiceUnavailable, body: "<!DOCTYPE html><html><body><h1>Service Unavailable</h1></body></html>"},
	"html_502": {status: http.StatusBadGateway, body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>"},
	"timeout":  {status: http.StatusGatewayTimeout, body: "<html><head><title>504 Gateway Time-out</title></head><body></body></html>"},
}

// faultKinds are the kinds there are:
// throttle answers THROTTLED; timeout answers 504 after 10 s (or latency_ms),
// hang never (or breaks off after latency_ms), both without doing anything;
// slow does all after latency_ms (1 s by default); drop_after_commit does all
// and breaks the connection off; user_error refuses mutations in userErrors.
var faultKinds = []string{
	"throttle", "http_401", "http_402", "http_423", "http_429", "http_500", "http_503", "html_502",
	"timeout", "hang", "slow", "drop_after_commit", "user_error",
}

func (f *fault) check() error {
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("fault kind %q is not one of %s", f.Kind, strings.Join(faultKinds, ", "))
	case f.Rate < 0 || f.Rate > 1:
		return fmt.Errorf("fault rate %g is not from 0 to 1", f.Rate)
	case f.Count < 0 || f.LatencyMS < 0:
		return fmt.Errorf("fault count and latency_ms cannot be negative")
	}
	return nil
}

// is tells whether the fault is there and of a kind.
func (f *fault) is(kind string) bool { return f != nil && f.Kind == kind }

// latency is how long the fault lasts, in real time.
func (f *fault) latency(otherwise time.Duration) time.Duration {
	if f.LatencyMS > 0 {
		return time.Duration(f.LatencyMS) * time.Millisecond
	}
	return otherwise
}

// concerns tells whether the fault's kind can happen to the call.
func (f *fault) concerns(c *call) bool {
	switch f.Kind {
	case "user_error":
		return c.mutation
	case "throttle":
		return c.Kind == graphQLCall
	}
	return true
}

// pickFault decides whether a call goes wrong, and how: the first rule that
// fits it and whose chance comes. The rule is a copy.
func (s *Server) pickFault(shop *hosted, c *call) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		fits := (f.Shop == "" || strings.EqualFold(f.Shop, shop.state.info.domain)) && (f.Operation == "" || c.is(f.Operation)) &&
			(f.Count == 0 || f.fired < f.Count) && f.concerns(c)
		if fits && (f.Rate == 0 || s.random.Float64() < f.Rate) {
			f.fired++
			picked := *f
			return &picked
		}
	}
	return nil
}

// answers lets the fault answer in the shop's place.
func (f *fault) answers(x *exchange, w http.ResponseWriter, r *http.Request) bool {
	if f == nil {
		return false
	}
	if f.Kind == "hang" {
		limit := 365 * 24 * time.Hour
		_ = wait(r.Context(), f.latency(limit)) // ends with the client
		panic(http.ErrAbortHandler)
	}
	h, ok := httpFaults[f.Kind]
	if !ok {
		return false
	}
	if f.Kind == "timeout" && wait(r.Context(), f.latency(10*time.Second)) != nil {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if strings.HasPrefix(h.body, "{") {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	if h.retry != "" {
		w.Header().Set("Retry-After", h.retry)
	}
	x.call.Status = h.status
	w.WriteHeader(h.status)
	_, _ = w.Write([]byte(h.body)) // a client that is gone needs no answer
	return true
}

// refusal is the payload of a mutation that a user_error fault refuses: its
// objects are null, its lists empty.
func (x *execution) refusal(payload *ast.Definition) object {
	values := map[string]any{}
	for _, f := range payload.Fields {
		errs := x.schema.Types[f.Type.Name()]
		switch {
		case f.Name == "userErrors":
			values[f.Name] = []object{answer(map[string]any{"field": nil, "message": "Refused by the simulator.", "code": x.genericCode(errs), "elementIndex": nil})}
		case f.Type.Elem != nil && f.Type.NonNull:
			values[f.Name] = []object{}
		default:
			values[f.Name] = nil
		}
	}
	return answer(values)
}

// genericCode is the most general code the user errors of a type can have.
func (x *execution) genericCode(errs *ast.Definition) any {
	code := errs.Fields.ForName("code")
	if code == nil {
		return nil
	}
	enum := x.schema.Types[code.Type.Name()]
	for _, name := range []string{"GENERIC_ERROR", "INVALID", "INVALID_INPUT"} {
		if enum.EnumValues.ForName(name) != nil {
			return name
		}
	}
	return nil
}
