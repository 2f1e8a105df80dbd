package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"aisles/internal/db"
)

const (
	// stall is how long a body may bring nothing, or an answer be taken by
	// nobody. A feed is not bounded as a whole: it takes as long as it takes.
	stall = 30 * time.Second
	// patience bounds a request that is no feed, its body included.
	patience = time.Minute
)

// request is what is known of a request under way; the log line of its end
// tells it.
type request struct {
	id             string
	route          string
	class, tokenID string
	until          time.Time // when the whole body must have come; zero is never
	err            error     // what the caller is not told
}

type requestKey struct{}

// requestOf gives the request that ctx belongs to, never nil.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// front is the outermost handler: ids, log, panics, deadlines, and problems
// for what has no route.
type front struct {
	*api
	mux *http.ServeMux
}

var goodID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// ServeHTTP serves one request.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begin := f.Now()
	q := &request{id: r.Header.Get("X-Request-Id")}
	if !goodID.MatchString(q.id) {
		q.id = rand.Text()
	}
	ctx, statements := db.WithCounter(context.WithValue(r.Context(), requestKey{}, q))
	out := &answer{ResponseWriter: w, control: http.NewResponseController(w)}
	out.Header().Set("X-Request-Id", q.id)
	r = r.WithContext(ctx)
	body := &patientBody{ReadCloser: r.Body, control: out.control, request: q}
	if r.ContentLength != 0 {
		// The server throws away a body that nobody reads, and waits for it.
		body.extend()
	}
	r.Body = body
	defer func() {
		f.log(r, q, out, f.Now().Sub(begin), statements.Total())
	}()
	defer f.recover(out, r)
	f.route(out, r)
}

// route finds the route, or says in a problem that there is none.
func (f *front) route(w http.ResponseWriter, r *http.Request) {
	escaped := r.URL.EscapedPath()
	api := strings.HasPrefix(escaped, "/v1")
	if api && path.Clean(escaped) != escaped {
		writeProblem(w, newProblem(r.Context(), http.StatusNotFound, "there is nothing at "+r.URL.Path))
		return
	}
	handler, pattern := f.mux.Handler(r)
	if pattern == "" {
		absent(w, r, handler)
		return
	}
	requestOf(r.Context()).route = pattern
	f.mux.ServeHTTP(w, r)
}

// absent answers a request without a route. The mux knows whether another
// method has one.
func absent(w http.ResponseWriter, r *http.Request, mux http.Handler) {
	said := &silent{header: http.Header{}, status: http.StatusNotFound}
	mux.ServeHTTP(said, r)
	if said.status != http.StatusMethodNotAllowed {
		writeProblem(w, newProblem(r.Context(), http.StatusNotFound, "there is nothing at "+r.URL.Path))
		return
	}
	allow := said.header.Get("Allow")
	p := newProblem(r.Context(), http.StatusMethodNotAllowed, fmt.Sprintf("%s is not for %s, only %s", r.Method, r.URL.Path, allow))
	p.header.Set("Allow", allow)
	writeProblem(w, p)
}

// recover makes a problem of a panic. One that says the answer is to be broken
// off goes on.
func (f *front) recover(w *answer, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(v)
	}
	err := fmt.Errorf("panic: %v\n%s", v, debug.Stack())
	if w.status != 0 { // too late to say so
		requestOf(r.Context()).err = err
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, problemOf(r.Context(), err))
}

func (f *front) log(r *http.Request, q *request, w *answer, took time.Duration, statements int) {
	level := slog.LevelInfo
	switch {
	case w.status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	case w.status >= 500 || (w.status == 0 && q.err != nil):
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request_id", q.id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("route", q.route), slog.Int("status", w.status), slog.Int64("bytes", w.bytes),
		slog.Duration("took", took), slog.Int("statements", statements),
	}
	if q.class != "" {
		attrs = append(attrs, slog.String("class", q.class), slog.String("token_id", q.tokenID))
	}
	if q.err != nil {
		attrs = append(attrs, slog.Any("error", q.err))
	}
	f.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// answer notes what was answered, and gives each write its time.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	bytes   int64
}

// WriteHeader notes the first final status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.extend() // an answer without a body is written too, and the last one's deadline may be over
	a.ResponseWriter.WriteHeader(status)
}

// Write gives the caller time to take what is written.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.extend()
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// extend gives the caller time to take what is written next.
func (a *answer) extend() {
	_ = a.control.SetWriteDeadline(time.Now().Add(stall)) // a writer without deadlines has none to keep
}

// Flush sends what is written, for pages that go on.
func (a *answer) Flush() { _ = a.control.Flush() }

// Unwrap gives the writer beneath, for [http.ResponseController].
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// patientBody gives each read of a body its time. Once the body has ended
// there is no deadline: the server reads on to notice that the caller has gone.
type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	request *request
}

// extend gives the caller time to send what is read next.
func (p *patientBody) extend() {
	until := time.Now().Add(stall)
	if end := p.request.until; !end.IsZero() && end.Before(until) {
		until = end
	}
	_ = p.control.SetReadDeadline(until) // a reader without deadlines has none to keep
}

// Read waits at most [stall] for something to come.
func (p *patientBody) Read(b []byte) (int, error) {
	p.extend()
	n, err := p.ReadCloser.Read(b)
	if err != nil {
		_ = p.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// silent takes an answer that nobody gets.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) Write(b []byte) (int, error) { return len(b), nil }
func (s *silent) WriteHeader(status int)      { s.status = status }
