package sim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// errDropped is what a client sees of a connection that breaks off.
var errDropped = fmt.Errorf("simulated connection dropped: %w", io.ErrUnexpectedEOF)

// RoundTrip answers a request in memory, so that a client needs no socket and
// virtual time works: &http.Client{Transport: server}. The shop is that of
// the URL's host. A dropped connection is an error; a request goes on when its
// client gives up.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := r.Clone(r.Context())
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	if inner.Host == "" {
		inner.Host = inner.URL.Host
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	done := make(chan error, 1)
	go func() {
		defer func() {
			switch p := recover(); p {
			case nil:
				done <- nil
			case http.ErrAbortHandler:
				done <- errDropped
			default:
				done <- fmt.Errorf("simulator panicked: %v", p)
			}
		}()
		s.ServeHTTP(w, inner)
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }

func (w *recorder) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}
}
