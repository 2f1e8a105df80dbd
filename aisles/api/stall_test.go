package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// wire is an answer on a connection that keeps deadlines.
type wire struct {
	*httptest.ResponseRecorder
	read, write []time.Time
}

func (w *wire) SetReadDeadline(t time.Time) error  { w.read = append(w.read, t); return nil }
func (w *wire) SetWriteDeadline(t time.Time) error { w.write = append(w.write, t); return nil }

// serve lets a handler answer a request with the body, behind the front.
func serve(t *testing.T, body string, handle http.HandlerFunc) *wire {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/x", handle)
	f := &front{api: &api{Options: Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}}, mux: mux}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/x", strings.NewReader(body))
	w := &wire{ResponseRecorder: httptest.NewRecorder()}
	f.ServeHTTP(w, r)
	return w
}

// within reports whether a deadline is that much from now, give or take the
// time a test takes.
func within(at time.Time, wait time.Duration) bool {
	left := time.Until(at)
	return left <= wait && left > wait-10*time.Second
}

// TestDeadlines: each answer and each body has its time, also an answer
// without a body on a connection whose last deadline is over.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	empty := serve(t, "", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if len(empty.write) != 1 || !within(empty.write[0], stall) {
		t.Errorf("an answer without a body has the deadlines %v", empty.write)
	}
	if len(empty.read) != 0 {
		t.Errorf("a request without a body has the deadlines %v: they would end it", empty.read)
	}
	unread := serve(t, "body", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	if len(unread.read) != 1 || !within(unread.read[0], stall) {
		t.Errorf("a body that nobody reads has the deadlines %v", unread.read)
	}
	read := serve(t, "body", func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	if n := len(read.read); n < 3 || !within(read.read[n-2], stall) || !read.read[n-1].IsZero() {
		t.Errorf("a body that is read has the deadlines %v, want none after its end", read.read)
	}
	bounded := serve(t, "body", func(_ http.ResponseWriter, r *http.Request) {
		requestOf(r.Context()).until = time.Now().Add(12 * time.Second)
		_, _ = r.Body.Read(make([]byte, 1))
	})
	if n := len(bounded.read); n != 2 || !within(bounded.read[n-1], 12*time.Second) {
		t.Errorf("a body that has to end has the deadlines %v", bounded.read)
	}
}
