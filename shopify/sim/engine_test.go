package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

const testDomain = "acme.myshopify.com"

// testServer is a server with one shop; an answer that breaks the schema
// fails the test.
func testServer(t testing.TB, change ...func(*Shop)) *Server {
	t.Helper()
	shop := Shop{Domain: testDomain, AccessToken: "shpat_test"}
	for _, c := range change {
		c(&shop)
	}
	s := New(Options{Shops: []Shop{shop}, Seed: 1, OnFailure: func(err error) { t.Error(err) }})
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return s
}

// graphQLAnswer is an answer's body.
type graphQLAnswer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	Extensions struct {
		Cost *struct {
			Requested int  `json:"requestedQueryCost"`
			Actual    *int `json:"actualQueryCost"`
			Throttle  struct {
				Maximum   float64 `json:"maximumAvailable"`
				Available float64 `json:"currentlyAvailable"`
				Rate      float64 `json:"restoreRate"`
			} `json:"throttleStatus"`
		} `json:"cost"`
		Search []searchWarning `json:"search"`
	} `json:"extensions"`

	status int
	raw    string
}

// code is that of the first error, "" without.
func (a *graphQLAnswer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// post sends a document to the test's shop, in memory.
func post(t testing.TB, s *Server, document string, variables any) *graphQLAnswer {
	t.Helper()
	answer, err := tryPost(t, s, document, variables)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func tryPost(t testing.TB, s *Server, document string, variables any) (*graphQLAnswer, error) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return send(t, s, body)
}

func send(t testing.TB, s *Server, body []byte) (*graphQLAnswer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://"+testDomain+"/admin/api/2026-10/graphql.json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Shopify-Access-Token", "shpat_test")
	res, err := s.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer := &graphQLAnswer{status: res.StatusCode, raw: string(raw)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(raw, answer); err != nil && res.StatusCode == http.StatusOK {
			t.Fatalf("answer %s: %v", raw, err)
		}
	}
	return answer, nil
}

// control calls a control endpoint and wants a status.
func control(t testing.TB, s *Server, method, path, body string, want int) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://sim"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != want {
		t.Fatalf("%s %s: %d %s, want %d", method, path, res.StatusCode, raw, want)
	}
	return string(raw)
}
