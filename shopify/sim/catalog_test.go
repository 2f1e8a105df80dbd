package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"aisles/shopify/schema"
)

// dig walks a decoded answer: object keys and list indexes, "data" left out.
func dig(t *testing.T, a *graphQLAnswer, path ...any) any {
	t.Helper()
	var v any = a.Data
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				t.Fatalf("no element %d at %v in %s", p, path, a.raw)
			}
			v = l[p]
		}
	}
	return v
}

const setDocument = `mutation($identifier: ProductSetIdentifiers, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input) {
    product { id handle variants(first: 10) { nodes { id title } } media(first: 10) { nodes { id } } }
    userErrors { field message code }
  }
}`

// setProduct creates a full product and gives its id.
func setProduct(t *testing.T, s *Server, title string) string {
	t.Helper()
	a := post(t, s, setDocument, map[string]any{"input": map[string]any{
		"title": title, "vendor": "Acme", "tags": []string{"x"}, "descriptionHtml": "<p>Some <b>text</b></p>", "category": "gid://shopify/TaxonomyCategory/aa-1-13-8",
		"productOptions": []any{map[string]any{"name": "Size", "values": []any{map[string]any{"name": "S"}, map[string]any{"name": "M"}}}},
		"variants": []any{
			map[string]any{"optionValues": []any{map[string]any{"optionName": "Size", "name": "S"}}, "sku": "S", "price": "5.00", "compareAtPrice": "6",
				"file": map[string]any{"originalSource": "https://example.com/1.jpg"}},
			map[string]any{"optionValues": []any{map[string]any{"optionName": "Size", "name": "M"}}, "sku": "M", "price": 7.5},
		},
		"files":      []any{map[string]any{"originalSource": "https://example.com/1.jpg", "alt": "front"}},
		"metafields": []any{map[string]any{"namespace": "custom", "key": "care", "type": "json", "value": `{"a":[1]}`}},
	}})
	id, ok := dig(t, a, "productSet", "product", "id").(string)
	if !ok {
		t.Fatalf("productSet: %s", a.raw)
	}
	return id
}

// selectAll writes a selection of every field of a type that needs no
// argument: one page of connections, and only the type of other objects.
func selectAll(s *ast.Schema, typ string) string {
	var b strings.Builder
	for _, f := range s.Types[typ].Fields {
		if slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool {
			return a.Type.NonNull && a.DefaultValue == nil && a.Name != "first"
		}) || strings.HasPrefix(f.Name, "__") || slices.Contains(unserved[typ], f.Name) {
			continue
		}
		below := s.Types[f.Type.Name()]
		b.WriteString(f.Name)
		if f.Arguments.ForName("first") != nil {
			b.WriteString("(first: 1)")
		}
		switch {
		case strings.HasSuffix(below.Name, "Connection"):
			nodes := "{ __typename }"
			if s.Types[below.Fields.ForName("nodes").Type.Name()].IsLeafType() {
				nodes = ""
			}
			fmt.Fprintf(&b, " { nodes %s edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }", nodes)
		case below.IsCompositeType():
			b.WriteString(" { __typename }")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestEveryFieldAnswers selects every field of the catalog's types; the server
// checks each answer against the schema.
func TestEveryFieldAnswers(t *testing.T) {
	t.Parallel()
	sch, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, func(shop *Shop) { shop.Plan = "enterprise" })
		id := setProduct(t, s, "Tee")
		post(t, s, `mutation { metafieldDefinitionCreate(definition: {ownerType: PRODUCT, namespace: "custom", key: "kind", name: "Kind", type: "id", pin: true}) { createdDefinition { id } userErrors { message } } }`, nil)
		time.Sleep(5 * time.Second) // pictures get ready
		paths := map[string]string{
			"Product":               "product(id: %q) { ... on Product { %s } }",
			"ProductOption":         "product(id: %q) { options { %s } }",
			"ProductOptionValue":    "product(id: %q) { options { optionValues { %s } } }",
			"ProductVariant":        "product(id: %q) { variants(first: 1) { nodes { %s } } }",
			"MediaImage":            "product(id: %q) { media(first: 1) { nodes { ... on MediaImage { %s } } } }",
			"Image":                 "product(id: %q) { featuredImage { %s } }",
			"Metafield":             "product(id: %q) { metafields(first: 1) { nodes { %s } } }",
			"TaxonomyCategory":      "product(id: %q) { category { %s } }",
			"InventoryItem":         "product(id: %q) { variants(first: 1) { nodes { inventoryItem { %s } } } }",
			"InventoryLevel":        "product(id: %q) { variants(first: 1) { nodes { inventoryItem { inventoryLevels(first: 1) { nodes { %s } } } } } }",
			"Location":              "product(id: %q) { id } locations(first: 1) { nodes { %s } }",
			"Publication":           "product(id: %q) { id } publications(first: 1) { nodes { %s } }",
			"MetafieldDefinition":   "product(id: %q) { id } metafieldDefinitions(first: 1, ownerType: PRODUCT) { nodes { %s } }",
			"ProductPriceRangeV2":   "product(id: %q) { priceRangeV2 { %s } }",
			"MetafieldCapabilities": "product(id: %q) { id } metafieldDefinitions(first: 1, ownerType: PRODUCT) { nodes { capabilities { %s } } }",
		}
		for typ, path := range paths {
			a := post(t, s, "{ "+fmt.Sprintf(path, id, selectAll(sch, typ))+" }", nil)
			if a.status != http.StatusOK || len(a.Errors) > 0 {
				t.Errorf("%s: %d %s", typ, a.status, a.raw)
			}
		}
	})
}

func TestNodesAndIdentifiers(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	id := setProduct(t, s, "Tee")
	a := post(t, s, `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Product { handle } } }`, map[string]any{"ids": []string{id, "gid://shopify/Product/1", id}})
	want := []any{map[string]any{"__typename": "Product", "id": id, "handle": "tee"}, nil, map[string]any{"__typename": "Product", "id": id, "handle": "tee"}}
	if diff := cmp.Diff(want, dig(t, a, "nodes")); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	a = post(t, s, `{ byHandle: productByIdentifier(identifier: {handle: "tee"}) { id } none: productByIdentifier(identifier: {handle: "x"}) { id } }`, nil)
	if dig(t, a, "byHandle", "id") != id || dig(t, a, "none") != nil {
		t.Errorf("productByIdentifier: %s", a.raw)
	}
	a = post(t, s, `{ productByIdentifier(identifier: {customId: {namespace: "custom", key: "key", value: "1"}}) { id } }`, nil)
	if a.code() != "NOT_FOUND" {
		t.Errorf("a custom id without its definition: %s", a.raw)
	}
	a = post(t, s, `{ product(id: "gid://shopify/Collection/1") { id } }`, nil)
	if a.code() != "RESOURCE_NOT_FOUND" {
		t.Errorf("an id of another type: %s", a.raw)
	}
}

func TestProductPages(t *testing.T) {
	t.Parallel()
	s := testServer(t, func(shop *Shop) { shop.Plan = "enterprise" })
	for _, title := range []string{"Delta", "alpha", "Charlie", "bravo", "Echo"} {
		setProduct(t, s, title)
	}
	tests := map[string][]string{
		`sortKey: ID`:                            {"Delta", "alpha", "Charlie", "bravo", "Echo"},
		`sortKey: TITLE`:                         {"alpha", "bravo", "Charlie", "Delta", "Echo"},
		`sortKey: TITLE, reverse: true`:          {"Echo", "Delta", "Charlie", "bravo", "alpha"},
		`sortKey: UPDATED_AT, query: "title:e*"`: {"Echo"},
		`query: "title:delta OR title:echo"`:     {"Delta", "Echo"},
	}
	for args, want := range tests {
		var got []string
		cursor := ""
		for {
			document := fmt.Sprintf(`{ products(first: 2, %s%s) { nodes { title } pageInfo { hasNextPage endCursor } } }`, args, cursor)
			a := post(t, s, document, nil)
			nodes, _ := dig(t, a, "products", "nodes").([]any)
			for i := range nodes {
				got = append(got, dig(t, a, "products", "nodes", i, "title").(string))
			}
			if dig(t, a, "products", "pageInfo", "hasNextPage") != true || len(got) > 10 {
				break
			}
			cursor = fmt.Sprintf(", after: %q", dig(t, a, "products", "pageInfo", "endCursor"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", args, diff)
		}
	}
	a := post(t, s, `{ all: productsCount { count precision } some: productsCount(query: "title:echo") { count } capped: productsCount(limit: 2) { count precision } }`, nil)
	want := map[string]any{
		"all": map[string]any{"count": 5.0, "precision": "EXACT"}, "some": map[string]any{"count": 1.0}, "capped": map[string]any{"count": 2.0, "precision": "AT_LEAST"},
	}
	if diff := cmp.Diff(want, a.Data); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestSearchFailsOpenWithAWarning(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	setProduct(t, s, "Tee")
	a := post(t, s, `{ products(first: 5, query: "titel:x") { nodes { id } } }`, nil)
	nodes, _ := dig(t, a, "products", "nodes").([]any)
	if len(nodes) != 1 || len(a.Extensions.Search) != 1 || a.Extensions.Search[0].Warnings[0].Field != "titel" {
		t.Errorf("an unknown field must be ignored with a warning: %s", a.raw)
	}
	if a = post(t, s, `{ products(first: 5, query: "updated_at:>yesterday") { nodes { id } } }`, nil); a.code() != "BAD_REQUEST" {
		t.Errorf("a time that is none: %s", a.raw)
	}
}

func TestRefusedMutations(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	id := setProduct(t, s, "Tee")
	tests := []struct{ name, document, code string }{
		{"unknown category", `mutation { productSet(input: {title: "x", category: "gid://shopify/TaxonomyCategory/zz-1"}) { product { id } } }`, "INVALID_PRODUCT_TAXONOMY_NODE_ID"},
		{"both products", `mutation { productCreate(product: {title: "x"}, input: {title: "x"}) { product { id } } }`, "INVALID_FIELD_ARGUMENTS"},
		{"no idempotency", `mutation { inventorySetQuantities(input: {name: "available", reason: "correction", quantities: []}) { userErrors { message } } }`, "BAD_REQUEST"},
		{"no change from", `mutation { inventorySetQuantities(input: {name: "available", reason: "correction", quantities: [
			{inventoryItemId: "gid://shopify/InventoryItem/1", locationId: "gid://shopify/Location/1", quantity: 1}]}) @idempotent(key: "k") { userErrors { message } } }`, "INVALID_FIELD_ARGUMENTS"},
		{"tags of an order", `mutation { tagsAdd(id: "gid://shopify/Order/1", tags: ["x"]) { userErrors { message } } }`, "RESOURCE_NOT_FOUND"},
		{"reserved definition", `mutation { metafieldDefinitionCreate(definition: {ownerType: PRODUCT, namespace: "shopify", key: "kind", name: "x", type: "id"}) { userErrors { message } } }`, "ACCESS_DENIED"},
	}
	for _, tt := range tests {
		if a := post(t, s, tt.document, nil); a.code() != tt.code {
			t.Errorf("%s: %s, want code %s", tt.name, a.raw, tt.code)
		}
	}
	a := post(t, s, `{ product(id: "`+id+`") { tags } productsCount { count } }`, nil)
	if dig(t, a, "productsCount", "count") != 1.0 {
		t.Errorf("refused mutations changed the shop: %s", a.raw)
	}
}

func TestPublicationsOverGraphQL(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	id := setProduct(t, s, "Tee")
	a := post(t, s, `{ publications(first: 5) { nodes { id name autoPublish catalog { title } } } }`, nil)
	store := dig(t, a, "publications", "nodes", 0, "id")
	if dig(t, a, "publications", "nodes", 0, "catalog", "title") != "Online Store" || dig(t, a, "publications", "nodes", 0, "autoPublish") != false {
		t.Fatalf("publications: %s", a.raw)
	}
	on := func() any {
		a := post(t, s, `query($id: ID!, $pub: ID!) { product(id: $id) { publishedOnPublication(publicationId: $pub) onlineStoreUrl } }`, map[string]any{"id": id, "pub": store})
		return dig(t, a, "product", "publishedOnPublication")
	}
	change := func(field string) {
		a := post(t, s, `mutation($id: ID!, $input: PublicationUpdateInput!) { publicationUpdate(id: $id, input: $input) { publication { id } userErrors { code message } } }`,
			map[string]any{"id": store, "input": map[string]any{field: []any{id}}})
		if errs, _ := dig(t, a, "publicationUpdate", "userErrors").([]any); len(errs) > 0 || len(a.Errors) > 0 {
			t.Fatal(a.raw)
		}
	}
	for _, step := range []struct {
		field string
		want  bool
	}{{"", false}, {"publishablesToAdd", true}, {"publishablesToAdd", true}, {"publishablesToRemove", false}} {
		if step.field != "" {
			change(step.field)
		}
		if got := on(); got != step.want {
			t.Errorf("after %q: published %v, want %v", step.field, got, step.want)
		}
	}
}

func TestAsynchronousProductSet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t)
		a := post(t, s, `mutation { productSet(synchronous: false, input: {title: "Late"}) { product { id } productSetOperation { id status } userErrors { message } } }`, nil)
		operation := dig(t, a, "productSet", "productSetOperation", "id")
		poll := func() (status, title any) {
			a := post(t, s, `query($id: ID!) { productOperation(id: $id) { status product { title } } node(id: $id) { id } }`, map[string]any{"id": operation})
			if dig(t, a, "node", "id") != operation {
				t.Errorf("the operation is no node: %s", a.raw)
			}
			return dig(t, a, "productOperation", "status"), dig(t, a, "productOperation", "product", "title")
		}
		if status, title := poll(); status != "CREATED" || title != nil {
			t.Errorf("at once: %v %v", status, title)
		}
		time.Sleep(time.Second)
		if status, title := poll(); status != "COMPLETE" || title != "Late" {
			t.Errorf("a second later: %v %v", status, title)
		}
	})
}

func TestEditAndState(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	id := setProduct(t, s, "Tee")
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/edit", `{"handle":"tee","add_tags":["theirs"],"metafields":[{"namespace":"theirs","key":"kind","type":"boolean","value":"true"}]}`, http.StatusOK)
	state := control(t, s, "GET", "/_sim/shops/"+testDomain+"/state", "", http.StatusOK)
	for _, want := range []string{`"id":"` + id + `"`, `"tags":["theirs","x"]`, `"namespace":"theirs"`, `"url":"https://example.com/1.jpg"`, `"publishedOn":[]`, `"orders":[]`, `"selectedOptions":[{"name":"Size","value":"S"}]`, `"price":"7.50"`} {
		if !strings.Contains(state, want) {
			t.Errorf("the state lacks %s:\n%s", want, state)
		}
	}
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/edit", `{"id":"`+id+`","delete":true}`, http.StatusOK)
	control(t, s, "POST", "/_sim/shops/"+testDomain+"/edit", `{"id":"`+id+`","title":"x"}`, http.StatusUnprocessableEntity)
}
