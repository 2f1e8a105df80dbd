package sim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	for _, in := range []input{
		{"title": "Red Wool Hat", "vendor": "Acme", "tags": []any{"warm", "big sale"}, "status": "ACTIVE"},
		{"title": "Red Cap", "vendor": "Other Co", "status": "DRAFT"},
		{"title": "Blue Hat", "vendor": "Acme", "tags": []any{"cold"}, "status": "ARCHIVED"},
	} {
		mustSet(t, s, nil, in)
	}
	tests := map[string][]string{
		"":                                   {"red-wool-hat", "red-cap", "blue-hat"},
		"title:red":                          {"red-wool-hat", "red-cap"},
		"title:'red wool'":                   {"red-wool-hat"},
		"title:woo*":                         {"red-wool-hat"},
		"title:woo":                          nil,
		"vendor:acme":                        {"red-wool-hat", "blue-hat"},
		"vendor:'other co'":                  {"red-cap"},
		"tag:'big sale'":                     {"red-wool-hat"},
		"tag_not:warm":                       {"red-cap", "blue-hat"},
		"status:active,draft":                {"red-wool-hat", "red-cap"},
		"handle:red-cap":                     {"red-cap"},
		"hat -vendor:x":                      {"red-wool-hat", "blue-hat"},
		"hat NOT tag:cold":                   {"red-wool-hat"},
		"title:cap OR title:blue":            {"red-cap", "blue-hat"},
		"(title:cap OR title:hat) AND acme":  {"red-wool-hat", "blue-hat"},
		"-status:active":                     {"red-cap", "blue-hat"},
		"created_at:>'2001-01-01T00:00:00Z'": {"red-wool-hat", "red-cap", "blue-hat"},
		"created_at:<2001-01-01":             nil,
		"nonsense:1":                         {"red-wool-hat", "red-cap", "blue-hat"},
		"NOT nonsense:1 title:cap":           {"red-cap"},
		"id:" + tail(s.products[1].gid()):    {"red-cap"},
		"id:>" + tail(s.products[1].gid()):   {"blue-hat"},
	}
	for q, want := range tests {
		found, _ := search(s, s.products, q, productSearch)
		var got []string
		for _, p := range found {
			got = append(got, p.handle)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", q, diff)
		}
	}
}

func tail(id string) string { return id[len("gid://shopify/Product/"):] }

func TestSearchWarnsOfUnknownFields(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	_, unknown := search(s, s.products, "titel:x title:y colour:>3", productSearch)
	want := []term{{field: "titel", value: "x"}, {field: "colour", op: ">", value: "3"}}
	if diff := cmp.Diff(want, unknown, cmp.AllowUnexported(term{})); diff != "" {
		t.Errorf("unknown terms (-want +got):\n%s", diff)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"a", "title:'x y' OR -b:>=2", "((a", "a) b", "NOT", "-", ":x", `"`, `a\`, "NOT NOT a", "OR OR"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := parseQuery(s)
		q.matches(func(t term) bool {
			return t.inText("Red Wool Hat") || t.isKeyword("x-1") || t.isTime(time.Time{}, time.Time{})
		})
		q.without(func(t term) bool { return t.field != "" })
	})
}
