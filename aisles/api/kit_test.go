package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/aisles/api"
	"aisles/aisles/store"
	"aisles/internal/db/dbtest"
	"aisles/internal/secret"
)

var update = flag.Bool("update", false, "rewrite golden files")

// testKey is any key, always the same one.
func testKey(t testing.TB) secret.Key {
	t.Helper()
	k, err := secret.ParseKey(strings.Repeat("5e", secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// world is an API over a real store, and the tokens to call it with.
type world struct {
	t       testing.TB
	store   *store.Store
	handler http.Handler
	server  *httptest.Server
	lines   *lines
	tokens  map[string]string // operator, sync, acme, beta
}

// newWorld makes a world with the partners acme and beta.
func newWorld(t testing.TB, h *dbtest.Home, change ...func(*api.Options)) *world {
	t.Helper()
	ctx := context.Background()
	if _, err := store.Migrate(ctx, h.URL("aisles"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(ctx, h.URL("aisles"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, store: st, lines: &lines{}, tokens: map[string]string{}}
	o := api.Options{Store: st, Key: testKey(t), TempDir: t.TempDir(), Version: "test", Log: slog.New(w.lines)}
	for _, f := range change {
		f(&o)
	}
	w.handler, err = api.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.server = httptest.NewServer(w.handler)
	w.server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(w.server.Close)
	for _, p := range []string{"acme", "beta"} {
		if _, err := st.CreatePartner(ctx, aisles.Partner{Key: p, Name: strings.ToUpper(p)}); err != nil {
			t.Fatal(err)
		}
	}
	w.tokens["operator"] = w.token(api.Operator, "")
	w.tokens["sync"] = w.token(api.Sync, "")
	w.tokens["acme"] = w.token(api.Partner, "acme")
	w.tokens["beta"] = w.token(api.Partner, "beta")
	return w
}

func (w *world) token(class api.Class, partner string) string {
	w.t.Helper()
	text, token, hash, err := api.NewToken(testKey(w.t), class, partner, "", time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.PutToken(context.Background(), token, hash); err != nil {
		w.t.Fatal(err)
	}
	return text
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// problem reads the answer as a problem document.
func (r reply) problem(t testing.TB) api.Problem {
	t.Helper()
	var p api.Problem
	if got := r.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q, want a problem; body %s", got, r.body)
	}
	if err := json.Unmarshal(r.body, &p); err != nil {
		t.Errorf("read problem: %v: %s", err, r.body)
	}
	if p.Status != r.status || p.Code == "" || p.Title == "" || p.Detail == "" || p.RequestID == "" || p.RequestID != r.header.Get("X-Request-Id") {
		t.Errorf("problem is incomplete for status %d: %s", r.status, r.body)
	}
	return p
}

func decode[T any](t testing.TB, r reply) T {
	t.Helper()
	var out T
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("read answer %d: %v: %s", r.status, err, r.body)
	}
	return out
}

// call makes a request as one of the callers; the body is JSON unless headers
// say otherwise. Headers are pairs.
func (w *world) call(as, method, path, body string, headers ...string) reply {
	w.t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, w.server.URL+path, in)
	if err != nil {
		w.t.Fatal(err)
	}
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+w.tokens[as])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := w.server.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, b}
}

// want calls and expects a status.
func (w *world) want(status int, as, method, path, body string, headers ...string) reply {
	w.t.Helper()
	r := w.call(as, method, path, body, headers...)
	if r.status != status {
		w.t.Errorf("%s %s as %q = %d, want %d: %s", method, path, as, r.status, status, bytes.TrimSpace(r.body))
	}
	return r
}

// statements gives the number of statements of a request, but for the look-up
// of its token.
func (w *world) statements(as, method, path, body string) int64 {
	w.t.Helper()
	w.call(as, method, path, body)
	r := w.want(http.StatusOK, as, method, path, body)
	n, _ := w.lines.of(w.t, r.header.Get("X-Request-Id"))["statements"].(int64)
	if n == 0 {
		w.t.Errorf("%s %s: no statements counted", method, path)
	}
	return n
}

// lines keeps log records.
type lines struct {
	mu      sync.Mutex
	records []map[string]any
	text    strings.Builder
}

func (*lines) Enabled(context.Context, slog.Level) bool { return true }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l *lines) WithGroup(string) slog.Handler          { return l }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	attrs := map[string]any{"level": r.Level.String()}
	r.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value.Any()
		l.text.WriteString(a.String() + " ")
		return true
	})
	l.records = append(l.records, attrs)
	return nil
}

// of waits for the record of a request, which is written after its answer.
func (l *lines) of(t testing.TB, id string) map[string]any {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		l.mu.Lock()
		for _, r := range l.records {
			if r["request_id"] == id {
				l.mu.Unlock()
				return r
			}
		}
		l.mu.Unlock()
	}
	t.Fatalf("no log line for the request %s", id)
	return nil
}

func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
