package sim

import (
	"fmt"
	"strings"
	"testing"

	"aisles/shopify/schema"
)

// TestRequestedCost: prices measured at real shops.
func TestRequestedCost(t *testing.T) {
	t.Parallel()
	official, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	var owners, ids []string
	for i := range 25 {
		owners = append(owners, fmt.Sprintf(`{ownerId: "gid://shopify/Product/%d", key: "k", value: "v"}`, i+1))
		ids = append(ids, fmt.Sprintf(`"gid://shopify/Product/%d"`, i+1))
	}
	variants := strings.Repeat(`{optionValues: [{optionName: "T", name: "n"}]}`, 2049)
	tests := []struct {
		document string
		want     int
	}{
		{"{ shop { id } }", 1},
		{"{ products(first: 0) { nodes { id } } }", 2},
		{"{ customers(first: 1) { nodes { id } } }", 3},
		{"{ products(first: 2) { nodes { id } } }", 3},
		{"{ products(first: 3) { nodes { id } } }", 4},
		{"{ products(first: 5) { nodes { id } } }", 5},
		{"{ locations(first: 10) { nodes { id } } }", 6},
		{"{ products(last: 20) { nodes { id } } }", 7},
		{"{ products(first: 50) { nodes { id } } }", 9},
		{"{ products(first: 100) { nodes { id } pageInfo { endCursor } } }", 11},
		{"{ products(first: 250) { nodes { id } } }", 13},
		{"{ products(first: 250) { edges { node { id } } } }", 13},
		{"{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id } } } } }", 156},
		{"{ products(first: 250) { nodes { id options { name } variants(first: 250) { nodes { id } } } } }", 167},
		{"{ productsCount { count } }", 10},
		{"{ product(id: \"gid://shopify/Product/1\") { variantsCount { count } } }", 2},
		{"{ nodes(ids: [" + strings.Join(ids, " ") + "]) { id } }", 1},
		{"{ nodes(ids: [" + strings.Join(ids, " ") + "]) { ... on Product { id metafield(key: \"k\") { id } } ... on Shop { id } } }", 2},
		{"mutation { metafieldsSet(metafields: [" + strings.Join(owners, " ") + "]) { userErrors { message } } }", 110},
		{"mutation { a: metafieldsSet(metafields: [" + owners[0] + owners[0] + "]) { userErrors { message } } b: metafieldsSet(metafields: [" + owners[0] + "]) { userErrors { message } } }", 28},
		{"mutation { productSet(input: {variants: [" + variants + "]}) { product { id } userErrors { message } } }", 420},
		{"mutation { productSet(input: {title: \"x\", metafields: [{}{}{}], variants: [{optionValues: []}]}) { product { id } } }", 11},
		{"mutation { productSet(input: {files: [{}], metafields: [{}{}{}], variants: [{optionValues: [], file: {}, metafields: [{}]}]}) { product { id } } }", 14},
		{"mutation { stagedUploadsCreate(input: []) { stagedTargets { url parameters { name value } } } }", 11},
		{"mutation { tagsAdd(id: \"gid://shopify/Product/1\", tags: []) { node { id } } }", 10},
		{"mutation { productCreate(product: {}) @skip(if: true) { product { id } } }", 1},
	}
	for _, tt := range tests {
		name := tt.document
		if len(name) > 70 {
			name = name[:70]
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, errs := prepare(official, tt.document, "", &ordered{})
			if len(errs) > 0 {
				t.Fatal(errs[0].Message)
			}
			if got := p.requestedCost(); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

// TestActualCost: a page costs what it holds, and never more than was asked.
func TestActualCost(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for i := range 3 {
		created := post(t, s, `mutation($p: ProductCreateInput!) { productCreate(product: $p) { product { id } userErrors { message } } }`, map[string]any{"p": map[string]any{"title": fmt.Sprint("Tee ", i)}})
		if created.code() != "" {
			t.Fatal(created.raw)
		}
	}
	tests := []struct {
		document          string
		requested, actual int
	}{
		{"{ products(first: 250) { nodes { id } } }", 13, 4},
		{"{ products(first: 3) { edges { node { id } } } }", 4, 4},
		{"{ products(first: 250, query: \"title:nothing\") { nodes { id } } }", 13, 2},
		{"{ products(first: 250) { nodes { variants(first: 250) { nodes { id } } } } }", 156, 10},
		{"{ product(id: \"gid://shopify/Product/1\") { id category { id } } }", 2, 1},
		{"{ shop { id } }", 1, 1},
	}
	for _, tt := range tests {
		got := post(t, s, tt.document, nil)
		if c := got.Extensions.Cost; c == nil || c.Requested != tt.requested || *c.Actual != tt.actual {
			t.Errorf("%s: %s, want %d and %d", tt.document, got.raw, tt.requested, tt.actual)
		}
	}
}
