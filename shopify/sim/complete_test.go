package sim

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// TestAnswersAreValidated: a resolver that answers what the schema does not
// allow makes the answer an HTTP 500 that names the field, and is reported.
func TestAnswersAreValidated(t *testing.T) {
	t.Parallel()
	text := "text"
	tests := []struct {
		name  string
		value any
		err   error
		want  string // part of the failure, "" when the answer is good
	}{
		{"null", nil, nil, "Shop.name at [shop name]: null where the schema says String!"},
		{"number", 1, nil, "int 1 where the schema says String!"},
		{"list", []string{"a"}, nil, "where the schema says String!"},
		{"object", answer(nil), nil, "where the schema says String!"},
		{"error", nil, errors.New("no name"), "Shop.name: no name"},
		{"nil pointer", (*string)(nil), nil, "null where the schema says String!"},
		{"pointer", &text, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var failures []string
			s := New(Options{Shops: []Shop{{Domain: testDomain, AccessToken: "shpat_test"}}, OnFailure: func(err error) { failures = append(failures, err.Error()) }})
			s.tables["Shop"] = table{"name": func(*request, object, input) (any, error) { return tt.value, tt.err }}
			got := post(t, s, "{ shop { name } }", nil)
			if tt.want == "" {
				if got.status != 200 || len(failures) > 0 {
					t.Errorf("%d %v", got.status, failures)
				}
				return
			}
			if got.status != 500 || len(failures) != 1 || !strings.Contains(failures[0], tt.want) || !strings.Contains(got.Errors[0].Message, tt.want) {
				t.Errorf("%d %q, want %q", got.status, failures, tt.want)
			}
		})
	}
}

// TestLeafValues: enums, ids, times and the other scalars are checked.
func TestLeafValues(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	day := time.Date(2026, 11, 23, 1, 2, 3, 4, time.FixedZone("", 3600))
	tests := []struct {
		typ   string
		value any
		want  any
		fits  bool
	}{
		{"ProductStatus", "ACTIVE", "ACTIVE", true},
		{"ProductStatus", "active", nil, false},
		{"ID", "gid://shopify/Product/1", "gid://shopify/Product/1", true},
		{"ID", "1", nil, false},
		{"DateTime", day, "2026-11-23T00:02:03Z", true},
		{"DateTime", "2026-11-23", nil, false},
		{"Int", 3, int64(3), true},
		{"Int", int64(1) << 40, nil, false},
		{"Int", 1.5, nil, false},
		{"Float", 1.5, 1.5, true},
		{"Money", "1.50", "1.50", true},
		{"Money", "1.5.0", nil, false},
		{"Decimal", "0.5", "0.5", true},
		{"URL", "https://x", "https://x", true},
		{"URL", "x", nil, false},
		{"Boolean", "true", nil, false},
		{"UnsignedInt64", "12", "12", true},
		{"UnsignedInt64", "-12", nil, false},
		{"String", []string{"a"}, nil, false},
	}
	for _, tt := range tests {
		got, fits := leafValue(s.schema.Types[tt.typ], tt.value)
		if fits != tt.fits || fits && got != tt.want {
			t.Errorf("%s %v: %v %t, want %v %t", tt.typ, tt.value, got, fits, tt.want, tt.fits)
		}
	}
}

// TestNulls: a refused field is null alone when it may be, and takes the
// object around it along when it may not.
func TestNulls(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	refuse := func(*request, object, input) (any, error) { return nil, &topError{message: "no", code: "NO"} }
	s.tables["Shop"] = table{"description": refuse, "name": refuse, "id": constant("gid://shopify/Shop/1")}
	if got := post(t, s, "{ shop { id description } }", nil); !strings.HasPrefix(got.raw, `{"data":{"shop":{"id":"gid://shopify/Shop/1","description":null}},"errors":[{"message":"no","locations":[{"line":1,"column":13}],"path":["shop","description"],"extensions":{"code":"NO"}}]`) {
		t.Errorf("nullable: %s", got.raw)
	}
	if got := post(t, s, "{ shop { id name } }", nil); !strings.HasPrefix(got.raw, `{"data":null,"errors":[{"message":"no","locations":[{"line":1,"column":13}],"path":["shop","name"]`) {
		t.Errorf("not nullable: %s", got.raw)
	}
}

// TestPanickingResolver: a panic is a failure of the simulator, not of the
// program.
func TestPanickingResolver(t *testing.T) {
	t.Parallel()
	s := New(Options{Shops: []Shop{{Domain: testDomain, AccessToken: "shpat_test"}}})
	s.tables["Shop"] = table{"name": func(*request, object, input) (any, error) { panic("broken") }}
	if got := post(t, s, "{ shop { name } }", nil); got.status != 500 || !strings.Contains(got.raw, "broken") {
		t.Errorf("%d %s", got.status, got.raw)
	}
	if got := post(t, s, "{ productsCount { count } }", nil); got.status != 200 {
		t.Errorf("the shop stayed locked: %d", got.status)
	}
}
