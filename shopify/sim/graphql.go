package sim

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"aisles/shopify/schema"
)

// maxBody bounds a request's body, in bytes. Shopify's limit is not known.
const maxBody = 32 << 20

// incoming is a GraphQL request as it came in.
type incoming struct {
	document  string
	operation string
	variables *ordered
	raw       json.RawMessage // the variables
}

// readIncoming reads a request's body.
func readIncoming(r io.Reader) (*incoming, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxBody {
		return nil, fmt.Errorf("body of more than %d bytes", maxBody)
	}
	var body struct {
		Query         string          `json:"query"`
		OperationName string          `json:"operationName"`
		Variables     json.RawMessage `json:"variables"`
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	if strings.TrimSpace(body.Query) == "" {
		return nil, errors.New("no query")
	}
	in := &incoming{document: body.Query, operation: body.OperationName, variables: &ordered{}, raw: body.Variables}
	if len(body.Variables) == 0 {
		return in, nil
	}
	v, err := decodeOrdered(bytes.NewReader(body.Variables))
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *ordered:
		in.variables = v
	case nil:
	default:
		return nil, errors.New("variables are no object")
	}
	return in, nil
}

// reply is an answer's body, and what the log notes of it.
type reply struct {
	data       *ordered
	hasData    bool // there is a key data, if only for null
	errors     []*gqlError
	extensions map[string]any

	cost      costJSON
	costed    bool // there is extensions.cost
	throttled bool
	bugs      []error
}

// MarshalJSON writes data, errors and extensions, as far as they are there.
func (r *reply) MarshalJSON() ([]byte, error) {
	body := &ordered{}
	if r.hasData {
		body.set("data", r.data)
	}
	if len(r.errors) > 0 {
		body.set("errors", r.errors)
	}
	if r.costed {
		r.extend("cost", r.cost)
	}
	if len(r.extensions) > 0 {
		body.set("extensions", r.extensions)
	}
	return body.MarshalJSON()
}

func (r *reply) extend(key string, v any) {
	if r.extensions == nil {
		r.extensions = map[string]any{}
	}
	r.extensions[key] = v
}

// serveGraphQL answers one GraphQL request.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request, shop *hosted) {
	id := rand.Text()
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Shopify-API-Version", schema.Version)
	in, err := readIncoming(r.Body)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"errors": map[string]string{"query": "Required parameter missing or invalid"}})
		return
	}
	p, errs := prepare(s.schema, in.document, in.operation, in.variables)
	x := &exchange{Server: s, shop: shop, in: in, p: p, invalid: errs, id: id, call: newCall(in, p, shop, s.clock.now())}
	x.fault = s.pickFault(shop, x.call)
	defer s.calls.add(x.call)
	x.serve(w, r)
}

// exchange is one request on its way through the stages.
type exchange struct {
	*Server
	shop    *hosted
	in      *incoming
	p       *prepared // nil when the request is invalid
	invalid []*gqlError
	id      string
	fault   *fault
	call    *call
}

// serve answers, unless a fault does, or drops the answer.
func (x *exchange) serve(w http.ResponseWriter, r *http.Request) {
	if x.fault.answers(x, w, r) {
		return
	}
	answer := x.answer()
	x.call.note(answer)
	if x.fault.is("drop_after_commit") {
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	if len(answer.bugs) > 0 {
		x.failed(w, answer.bugs)
		return
	}
	x.call.Status = http.StatusOK
	writeJSON(w, http.StatusOK, answer)
}

// failed reports answers that Shopify's schema does not allow.
func (x *exchange) failed(w http.ResponseWriter, bugs []error) {
	for _, bug := range bugs {
		if x.options.OnFailure != nil {
			x.options.OnFailure(fmt.Errorf("answer %s: %w", x.call.Operation, bug))
		}
	}
	x.call.Status = http.StatusInternalServerError
	e := internalError(x.id)
	e.Message = "The simulator failed: " + errors.Join(bugs...).Error()
	writeJSON(w, x.call.Status, &reply{errors: []*gqlError{e}})
}

// internalError is what Shopify says when it fails.
func internalError(id string) *gqlError {
	return &gqlError{
		Message:    "Internal error. Looks like something went wrong on our end.\nRequest ID: " + id + " (include this in support requests).",
		Extensions: map[string]any{"code": "INTERNAL_SERVER_ERROR", "requestId": id},
	}
}

// answer takes a request through cost, bucket and execution.
func (x *exchange) answer() *reply {
	if len(x.invalid) > 0 {
		return &reply{errors: x.invalid}
	}
	cost := x.p.requestedCost()
	if cost > maxQueryCost {
		return &reply{errors: []*gqlError{tooCostly(cost)}}
	}
	ok, status, latency := x.reserve(cost)
	if !ok {
		return throttled(cost, status)
	}
	time.Sleep(latency) // a client that gives up does not undo what it asked for
	answer := x.execute()
	actual := x.p.actualCost(answer.data, cost)
	answer.cost, answer.costed = costJSON{cost, &actual, x.refund(cost - actual)}, true
	return answer
}

// reserve takes the cost from the shop's bucket.
func (x *exchange) reserve(cost int) (ok bool, status throttleStatus, latency time.Duration) {
	x.shop.mu.Lock()
	defer x.shop.mu.Unlock()
	now := x.clock.now()
	ok = !x.fault.is("throttle") && x.shop.bucket.reserve(cost, now)
	latency = time.Duration(x.shop.config.LatencyMS) * time.Millisecond
	if x.fault.is("slow") {
		latency += x.fault.latency(time.Second)
	}
	return ok, x.shop.bucket.status(now), latency
}

func (x *exchange) refund(points int) throttleStatus {
	x.shop.mu.Lock()
	defer x.shop.mu.Unlock()
	now := x.clock.now()
	x.shop.bucket.refund(points, now)
	return x.shop.bucket.status(now)
}

// execute runs the operation under the shop's lock.
func (x *exchange) execute() *reply {
	if errs := x.p.oversized(); len(errs) > 0 {
		return &reply{errors: errs}
	}
	if errs := x.p.unpaged(); len(errs) > 0 {
		return &reply{hasData: true, errors: errs}
	}
	x.shop.mu.Lock()
	defer x.shop.mu.Unlock()
	x.shop.state.settle()
	run := &execution{prepared: x.p, request: &request{state: x.shop.state}, tables: x.tables, scopes: x.shop.config.Scopes}
	if x.fault.is("user_error") {
		run.userError = x.fault
	}
	out := &reply{hasData: true, data: run.run(), errors: run.errs, bugs: run.bugs}
	if len(run.request.warnings) > 0 {
		out.extend("search", run.request.warnings)
	}
	for _, e := range run.errs {
		if e.whole {
			out.hasData = false
		}
	}
	return out
}

const limitsPage = "https://shopify.dev/api/usage/rate-limits"

func tooCostly(cost int) *gqlError {
	return &gqlError{
		Message:    fmt.Sprintf("Query cost is %d, which exceeds the single query max cost limit (%d).\n\nSee %s for more information on how the cost of a query is calculated.\n\nTo query larger amounts of data with fewer limits, bulk operations should be used instead.\nSee https://shopify.dev/api/usage/bulk-operations/queries for usage details.\n", cost, maxQueryCost, limitsPage),
		Extensions: map[string]any{"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": maxQueryCost, "documentation": limitsPage},
	}
}

func throttled(cost int, status throttleStatus) *reply {
	return &reply{
		errors:    []*gqlError{{Message: "Throttled", Extensions: map[string]any{"code": "THROTTLED", "documentation": limitsPage}}},
		cost:      costJSON{RequestedQueryCost: cost, ThrottleStatus: status},
		costed:    true,
		throttled: true,
	}
}
