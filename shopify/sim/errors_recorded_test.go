package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// errorRow is a recorded refusal.
type errorRow struct {
	ID        string          `json:"id"`
	Document  string          `json:"document"`
	Variables json.RawMessage `json:"variables"`
	Needs     json.RawMessage `json:"needs"`
	Setup     json.RawMessage `json:"setup"`
	Body      struct {
		Errors []struct {
			Message    string         `json:"message"`
			Path       []any          `json:"path"`
			Extensions map[string]any `json:"extensions"`
		} `json:"errors"`
	} `json:"body"`
}

// outdated are refusals whose text names a set that has grown since they were
// recorded.
var outdated = []string{
	"product-status-enum-validation-validation-productcreateinvalidvariable",
	"webhook-subscription-topic-enum-validation-validation-createbogusvariabletopicrejected",
}

// TestRecordedRefusals replays the recorded refusals that no shop's data bear
// on: message, code and path must be Shopify's.
func TestRecordedRefusals(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	type refusal struct {
		Message string
		Code    any
		Path    []any
	}
	for _, row := range recorded[errorRow](t, "errors.jsonl") {
		if len(row.Body.Errors) == 0 || len(row.Setup) > 0 || slices.Contains(outdated, row.ID) {
			continue
		}
		t.Run(row.ID, func(t *testing.T) {
			got := post(t, s, row.Document, row.Variables)
			if got.code() == "NOT_SIMULATED" {
				t.Logf("not served: %s", row.Body.Errors[0].Message)
				return
			}
			var want, have []refusal
			for _, e := range row.Body.Errors {
				want = append(want, refusal{e.Message, e.Extensions["code"], e.Path})
			}
			for _, e := range got.Errors {
				have = append(have, refusal{e.Message, e.Extensions["code"], e.Path})
			}
			order := func(a, b refusal) int { return strings.Compare(a.Message, b.Message) }
			slices.SortFunc(want, order)
			slices.SortFunc(have, order)
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
