package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"

	"aisles/aisles"
	"aisles/internal/db"

	"github.com/danielgtaylor/huma/v2"
)

// errNotReady is the error of a server that cannot serve for now.
var errNotReady = errors.New("not ready")

// Problem is the answer to a request that failed, a problem document of RFC
// 9457.
type Problem struct {
	Type   string      `json:"type" doc:"Always about:blank; read the code."`
	Title  string      `json:"title" doc:"The HTTP status in words."`
	Status int         `json:"status"`
	Detail string      `json:"detail" doc:"What is wrong, for people."`
	Code   aisles.Code `json:"code" doc:"What kind of error it is, for programs: conflict, gone, invalid, not_found, unauthorized, forbidden, too_large, unavailable or internal."`
	Field  string      `json:"field,omitempty" doc:"The place of the value at fault."`
	// Errors is every place at fault of a request whose form is wrong.
	Errors    []ProblemDetail `json:"errors,omitempty"`
	RequestID string          `json:"request_id" doc:"Find the request in the server's log by it."`
	// Import is the import whose feed was refused or stopped half-way.
	Import *aisles.Import `json:"import,omitempty"`
	header http.Header
}

// ProblemDetail is one thing wrong with a request.
type ProblemDetail struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty"`
}

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders gives the headers that go with the status.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of problem documents, whatever was asked for.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// statuses ties the catalog's codes to HTTP.
var statuses = map[aisles.Code]int{
	aisles.Conflict:     http.StatusConflict,
	aisles.Gone:         http.StatusGone,
	aisles.Invalid:      http.StatusUnprocessableEntity,
	aisles.NotFound:     http.StatusNotFound,
	aisles.Unauthorized: http.StatusUnauthorized,
	aisles.Forbidden:    http.StatusForbidden,
	aisles.TooLarge:     http.StatusRequestEntityTooLarge,
	aisles.Unavailable:  http.StatusServiceUnavailable,
	aisles.Internal:     http.StatusInternalServerError,
}

// codeOf gives the code of a status that came without one.
func codeOf(status int) aisles.Code {
	for code, s := range statuses {
		if s == status {
			return code
		}
	}
	switch {
	case status == http.StatusMethodNotAllowed:
		return aisles.NotFound
	case status == http.StatusPreconditionFailed:
		return aisles.Conflict
	case status == http.StatusRequestTimeout:
		return aisles.Unavailable
	case status >= 500:
		return aisles.Internal
	}
	return aisles.Invalid
}

// newProblem makes a problem of the request that ctx belongs to.
func newProblem(ctx context.Context, status int, detail string) *Problem {
	p := &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail,
		Code: codeOf(status), RequestID: requestOf(ctx).id, header: http.Header{},
	}
	switch status {
	case http.StatusServiceUnavailable: // with jitter: those refused together are not to return together
		p.header.Set("Retry-After", strconv.Itoa(1+rand.N(3)))
	case http.StatusUnauthorized:
		p.header.Set("WWW-Authenticate", `Bearer realm="aisles"`)
	}
	return p
}

// problemOf makes a problem of an error. What is not meant for the caller goes
// to the log instead, with the request.
func problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	var e *aisles.Error
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, db.ErrRefused), errors.Is(err, db.ErrBusy):
		requestOf(ctx).err = err
		return newProblem(ctx, http.StatusServiceUnavailable, "the database is busy; try again later")
	case errors.Is(err, db.ErrUnreachable), errors.Is(err, errNotReady):
		requestOf(ctx).err = err
		return newProblem(ctx, http.StatusServiceUnavailable, "the database cannot be reached; try again later")
	case errors.As(err, &e):
		p = newProblem(ctx, statuses[e.Code], e.Message)
		p.Code, p.Field = e.Code, e.Field
		if e.Code != aisles.Internal {
			return p
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		requestOf(ctx).err = err
		return newProblem(ctx, http.StatusServiceUnavailable, "the request was ended before its answer; try again later")
	}
	requestOf(ctx).err = err
	return newProblem(ctx, http.StatusInternalServerError, "an error that is not yours; the server's log has it under the request id "+requestOf(ctx).id)
}

// init makes problems of the errors that huma finds by itself. The hooks are
// the process's, and nobody else uses huma.
func init() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		return malformed(ctx.Context(), status, message, errs)
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return malformed(context.Background(), status, message, errs)
	}
}

// malformed makes a problem of a request whose form is wrong. Values are not
// repeated: one of them may be a secret.
func malformed(ctx context.Context, status int, message string, errs []error) *Problem {
	if status == http.StatusInternalServerError {
		// A body that breaks off is the caller's; anything else is caught
		// before it comes here.
		status = http.StatusBadRequest
	}
	p := newProblem(ctx, status, message)
	for _, err := range errs {
		d := ProblemDetail{Message: err.Error()}
		if detailer, ok := err.(huma.ErrorDetailer); ok {
			e := detailer.ErrorDetail()
			d = ProblemDetail{Message: e.Message, Location: e.Location}
		}
		p.Errors = append(p.Errors, d)
	}
	if len(p.Errors) > 0 {
		first := p.Errors[0]
		p.Field = first.Location
		p.Detail = fmt.Sprintf("%s: %s", message, first.Message)
		if n := len(p.Errors) - 1; n > 0 {
			p.Detail += fmt.Sprintf(" (and %d more)", n)
		}
	}
	return p
}

// writeProblem writes a problem outside huma.
func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a caller who has gone is told nothing
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
