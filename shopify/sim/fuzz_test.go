package sim

import (
	"strings"
	"testing"

	"aisles/shopify/schema"
)

// FuzzPrepare: no document and no variables make the engine panic or hang,
// and what passes validation has a price.
func FuzzPrepare(f *testing.F) {
	official, err := schema.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []struct{ document, variables string }{
		{"{ shop { id } }", "{}"},
		{"query Q($n: Int = 3, $a: String) { products(first: $n, after: $a) { nodes { id ...F } } } fragment F on Product { variants(first: 2) { edges { node { id } } } }", `{"n":2}`},
		{`mutation($i: ProductSetInput!) { productSet(input: $i, identifier: {handle: "a"}) { userErrors { code } } }`, `{"i":{"handle":"a","tags":["x"],"metafields":[{"key":"k"}]}}`},
		{`{ nodes(ids: ["gid://shopify/Product/1"]) { ... on Product @include(if: true) { id } __typename } }`, "null"},
		{"{ a { ...A } } fragment A on QueryRoot { ...B } fragment B on QueryRoot { ...A }", "{}"},
		{"{ shop { metafield(key: \"\"\"block\"\"\") { jsonValue } } }", "[1]"},
	} {
		f.Add(seed.document, seed.variables)
	}
	f.Fuzz(func(t *testing.T, document, variables string) {
		v, err := decodeOrdered(strings.NewReader(variables))
		given, _ := v.(*ordered)
		if err != nil || given == nil {
			given = &ordered{}
		}
		p, errs := prepare(official, document, "", given)
		if len(errs) > 0 {
			for _, e := range errs {
				if e.Message == "" {
					t.Errorf("an error without a message: %+v", e)
				}
			}
			return
		}
		if p.requestedCost() < 1 {
			t.Error("a request without a price")
		}
		p.oversized()
		p.unpaged()
	})
}
