package sim

import (
	"fmt"
	"testing"
)

// BenchmarkProductSet is one product of ten variants through the whole engine,
// and the reading of a page of them.
func BenchmarkProductSet(b *testing.B) {
	s := New(Options{Shops: []Shop{{Domain: testDomain, AccessToken: "shpat_test", Plan: "enterprise"}}})
	const document = `mutation Set($input: ProductSetInput!) { productSet(input: $input) { product { id } userErrors { field message code } } }`
	values := make([]any, 10)
	for i := range values {
		values[i] = map[string]any{"name": fmt.Sprint("S", i)}
	}
	for i := 0; b.Loop(); i++ {
		variants := make([]any, 10)
		for v := range variants {
			variants[v] = map[string]any{"price": "9.90", "sku": fmt.Sprint(i, "-", v), "optionValues": []any{map[string]any{"optionName": "Size", "name": fmt.Sprint("S", v)}}}
		}
		in := map[string]any{"title": fmt.Sprint("Tee ", i), "descriptionHtml": "<p>Soft.</p>", "productOptions": []any{map[string]any{"name": "Size", "values": values}}, "variants": variants}
		if got := post(b, s, document, map[string]any{"input": in}); got.code() == "THROTTLED" {
			drain(s, -20000)
		} else if got.code() != "" {
			b.Fatal(got.raw)
		}
	}
}
