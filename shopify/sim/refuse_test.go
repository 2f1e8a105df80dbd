package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWrongOperations is the list of what the simulator refuses, with
// Shopify's messages and codes.
func TestWrongOperations(t *testing.T) {
	t.Parallel()
	vars := func(pairs ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i+1 < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		return m
	}
	list := func(n int) []any {
		l := make([]any, n)
		for i := range l {
			l[i] = fmt.Sprintf("tag-%d", i)
		}
		return l
	}
	const set = `mutation M($input: ProductSetInput!, $identifier: ProductSetIdentifiers) { productSet(input: $input, identifier: $identifier) { product { id } userErrors { field message code } } }`
	tests := []struct {
		name, document string
		variables      map[string]any
		code, message  string
		path           string
	}{
		{"unclosed", "query Q {\n  shop {\n    id\n }", nil, "PARSE_ERROR", "syntax error, unexpected end of file at [4, 2]", ""},
		{"stray token", "query Q { shop { id } } }", nil, "PARSE_ERROR", `syntax error, unexpected RCURLY ("}") at [1, 25]`, ""},
		{"unknown field", "query Q { products(first: 1) { nodes { id colour } } }", nil, "undefinedField", "Field 'colour' doesn't exist on type 'Product'", "[query Q products nodes colour]"},
		{"no code on UserError", `mutation M { tagsAdd(id: "gid://shopify/Product/1", tags: ["a"]) { userErrors { code } } }`, nil, "undefinedField", "Field 'code' doesn't exist on type 'UserError'", "[mutation M tagsAdd userErrors code]"},
		{"no selection", "query Q { shop }", nil, "selectionMismatch", "Field must have selections (field 'shop' returns Shop but has no selections. Did you mean 'shop { ... }'?)", "[query Q shop]"},
		{"selection on scalar", "{ shop { name { id } } }", nil, "selectionMismatch", `Selections can't be made on scalars (field 'name' returns String but has selections ["id"])`, "[query shop name]"},
		{"unknown argument", "{ shop(id: 1) { id } }", nil, "argumentNotAccepted", "Field 'shop' doesn't accept argument 'id'", "[query shop id]"},
		{"missing argument", "{ product { id } }", nil, "missingRequiredArguments", "Field 'product' is missing required arguments: id", "[query product]"},
		{"wrong literal", `{ products(first: "one") { nodes { id } } }`, nil, "argumentLiteralsIncompatible", `Argument 'first' on Field 'products' has an invalid value ("one"). Expected type 'Int'.`, "[query products first]"},
		{"unknown enum literal", `mutation { productCreate(product: {title: "x", status: PUBLISHED}) { product { id } } }`, nil, "argumentLiteralsIncompatible", "Argument 'status' on InputObject 'ProductCreateInput' has an invalid value (PUBLISHED). Expected type 'ProductStatus'.", "[mutation productCreate product status]"},
		{"null literal", "mutation { productDelete(input: {id: null}) { deletedProductId } }", nil, "argumentLiteralsIncompatible", "Argument 'id' on InputObject 'ProductDeleteInput' has an invalid value (null). Expected type 'ID!'.", "[mutation productDelete input id]"},
		{"missing input field", "mutation { productDelete(input: {}) { deletedProductId } }", nil, "missingRequiredInputObjectAttribute", "Argument 'id' on InputObject 'ProductDeleteInput' is required. Expected type ID!", "[mutation productDelete input id]"},
		{"unknown input field", `mutation { productDelete(input: {id: "gid://shopify/Product/1", force: true}) { deletedProductId } }`, nil, "argumentNotAccepted", "InputObject 'ProductDeleteInput' doesn't accept argument 'force'", "[mutation productDelete input force]"},
		{"malformed id", `{ node(id: "gid://shopify/Product") { id } }`, nil, "argumentLiteralsIncompatible", "Invalid global id 'gid://shopify/Product'", "[query node id]"},
		{"malformed id in a list of objects", `mutation { publishablePublish(id: "gid://shopify/Product/1", input: [{publicationId: "gid://shopify/Publication/1"}, {publicationId: ""}]) { userErrors { message } } }`, nil, "argumentLiteralsIncompatible", "Invalid global id ''", "[mutation publishablePublish input 1 publicationId]"},
		{"two keys of @oneOf", `{ productByIdentifier(identifier: {handle: "a", id: "gid://shopify/Product/1"}) { id } }`, nil, "invalidOneOfInputObject", "OneOf Input Object 'ProductIdentifierInput' must specify exactly one key.", "[query productByIdentifier identifier]"},
		{"unused variable", "query Q($id: ID!) { shop { id } }", vars("id", "gid://shopify/Product/1"), "variableNotUsed", "Variable $id is declared by Q but not used", "[query Q]"},
		{"undeclared variable", "query Q { product(id: $id) { id } }", nil, "variableNotDefined", "Variable $id is used by Q but not declared", "[query Q product id]"},
		{"nullable variable", "query Q($id: ID) { product(id: $id) { id } }", nil, "variableMismatch", "Nullability mismatch on variable $id and argument id (ID / ID!)", "[query Q product id]"},
		{"variable of another type", "query Q($id: String!) { product(id: $id) { id } }", nil, "variableMismatch", "Type mismatch on variable $id and argument id (String! / ID!)", "[query Q product id]"},
		{"variable of another depth", "query Q($id: ID!) { nodes(ids: $id) { id } }", nil, "variableMismatch", "List dimension mismatch on variable $id and argument ids (ID! / [ID!]!)", "[query Q nodes ids]"},
		{"unknown variable type", "query Q($id: Key!) { product(id: $id) { id } }", nil, "variableRequiresValidType", "Key isn't a defined input type (on $id)", "[query Q]"},
		{"unknown fragment", "{ shop { ...F } }", nil, "useAndDefineFragment", "Fragment F was used, but not defined", "[query shop]"},
		{"unused fragment", "{ shop { id } } fragment F on Shop { id }", nil, "useAndDefineFragment", "Fragment F was defined, but not used", "[fragment F]"},
		{"fragment cycle", "{ shop { ...F } } fragment F on Shop { ...F }", nil, "infiniteLoop", "Fragment F contains an infinite loop", "[fragment F]"},
		{"impossible fragment", "{ shop { ... on Product { id } } }", nil, "cannotSpreadFragment", "Inline fragment on Product can't be spread inside Shop", "[query shop]"},
		{"conflicting fields", "{ shop { a: id a: name } }", nil, "fieldConflict", "Field 'a' has a field conflict: id or name?", ""},
		{"unknown directive", "{ shop @now { id } }", nil, "undefinedDirective", "Directive @now is not defined", "[query shop]"},
		{"idempotent without key", `mutation { inventoryActivate(inventoryItemId: "gid://shopify/InventoryItem/1", locationId: "gid://shopify/Location/1") @idempotent { userErrors { message } } }`, nil, "missingRequiredArguments", "Directive 'idempotent' is missing required arguments: key", "[mutation inventoryActivate]"},

		{"missing variable", set, vars(), "INVALID_VARIABLE", "Variable $input of type ProductSetInput! was provided invalid value", ""},
		{"unknown input field in a variable", set, vars("input", vars("titel", "x")), "INVALID_VARIABLE", "Variable $input of type ProductSetInput! was provided invalid value for titel (Field is not defined on ProductSetInput)", ""},
		{"missing input field in a variable", set, vars("input", vars("metafields", []any{vars("key", "a")}, "variants", []any{vars()})), "INVALID_VARIABLE", "Variable $input of type ProductSetInput! was provided invalid value for variants.0.optionValues (Expected value to not be null)", ""},
		{"unknown enum in a variable", "mutation M($media: [CreateMediaInput!]!) { productCreateMedia(productId: \"gid://shopify/Product/1\", media: $media) { media { id } } }", vars("media", []any{vars("mediaContentType", "FILE", "originalSource", "https://x/y.png")}), "INVALID_VARIABLE", `Variable $media of type [CreateMediaInput!]! was provided invalid value for 0.mediaContentType (Expected "FILE" to be one of: VIDEO, EXTERNAL_VIDEO, MODEL_3D, IMAGE)`, ""},
		{"malformed id in a variable", "query Q($id: ID!) { product(id: $id) { id } }", vars("id", "1"), "INVALID_VARIABLE", "Variable $id of type ID! was provided invalid value", ""},
		{"wrong scalar in a variable", "query Q($n: Int) { products(first: $n) { nodes { id } } }", vars("n", "ten"), "INVALID_VARIABLE", "Variable $n of type Int was provided invalid value", ""},
		{"no object in a variable", set, vars("input", "title"), "INVALID_VARIABLE", "Variable $input of type ProductSetInput! was provided invalid value", ""},
		{"two keys of @oneOf in a variable", set, vars("input", vars(), "identifier", vars("handle", "a", "id", "gid://shopify/Product/1")), "INVALID_VARIABLE", "Variable $identifier of type ProductSetIdentifiers was provided invalid value", ""},
		{"no key of @oneOf in a variable", set, vars("input", vars(), "identifier", vars()), "INVALID_VARIABLE", "Variable $identifier of type ProductSetIdentifiers was provided invalid value", ""},

		{"no page", "{ products { nodes { id } } }", nil, "BAD_REQUEST", "you must provide one of first or last", "[products]"},
		{"two pages", "{ products(first: 1, last: 1) { nodes { id } } }", nil, "BAD_REQUEST", "providing both first and last is not supported", "[products]"},
		{"page too long", "{ products(first: 251) { nodes { id } } }", nil, "BAD_REQUEST", "first cannot exceed 250. To query larger amounts of data with fewer limits, bulk operations should be used instead.", "[products]"},
		{"page too long below", "{ products(first: 2) { nodes { variants(first: 251) { nodes { id } } } } }", nil, "BAD_REQUEST", "first cannot exceed 250. To query larger amounts of data with fewer limits, bulk operations should be used instead.", "[products nodes variants]"},
		{"array too long", "mutation M($tags: [String!]!) { tagsAdd(id: \"gid://shopify/Product/1\", tags: $tags) { userErrors { message } } }", vars("tags", list(251)), "MAX_INPUT_SIZE_EXCEEDED", "The input array size of 251 is greater than the maximum allowed of 250.", "[tagsAdd tags]"},
		{"too many variants", set, vars("input", vars("variants", variantsOf(2049))), "MAX_INPUT_SIZE_EXCEEDED", "The input array size of 2049 is greater than the maximum allowed of 2048.", "[productSet input variants]"},
		{"no idempotency key", `mutation M($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) { userErrors { message } } }`, vars("input", vars("name", "available", "reason", "correction", "quantities", []any{})), "BAD_REQUEST", "The @idempotent directive is required for this mutation but was not provided.", "[inventorySetQuantities]"},
		{"unserved", `{ orders(first: 1) { nodes { id } } }`, nil, "NOT_SIMULATED", "The simulator does not serve the field 'orders' of type 'QueryRoot'.", "[orders]"},
	}
	s := testServer(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := post(t, s, tt.document, tt.variables)
			if len(got.Errors) == 0 {
				t.Fatalf("not refused: %s", got.raw)
			}
			path := ""
			if len(got.Errors[0].Path) > 0 {
				path = fmt.Sprint(got.Errors[0].Path)
			}
			want := []string{tt.code, tt.message, tt.path}
			if diff := cmp.Diff(want, []string{got.code(), got.Errors[0].Message, path}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func variantsOf(n int) []any {
	variants := make([]any, n)
	for i := range variants {
		variants[i] = map[string]any{"optionValues": []any{map[string]any{"optionName": "Title", "name": fmt.Sprint(i)}}}
	}
	return variants
}

// TestOneOfProblems: the problems of @oneOf in a variable name the key.
func TestOneOfProblems(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	for variables, want := range map[string]string{
		`{"handle":null}`:           "'ProductIdentifierInput' requires exactly one argument, but 'handle' was `null`.",
		`{}`:                        "'ProductIdentifierInput' requires exactly one argument, but 0 were provided.",
		`{"handle":"a","id":null}`:  "'ProductIdentifierInput' requires exactly one argument, but 2 were provided.",
		`{"handle":"a","colour":1}`: "Field is not defined on ProductIdentifierInput",
	} {
		body := `{"query":"query Q($i: ProductIdentifierInput!) { productByIdentifier(identifier: $i) { id } }","variables":{"i":` + variables + `}}`
		got, err := send(t, s, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got.code() != "INVALID_VARIABLE" || !strings.Contains(got.raw, want) {
			t.Errorf("%s: %s, want %s", variables, got.raw, want)
		}
	}
}

// TestMaxCost: a query above 1000 points is refused on every plan, with no
// data and no cost.
func TestMaxCost(t *testing.T) {
	t.Parallel()
	s := testServer(t, func(shop *Shop) { shop.Plan = "enterprise" })
	got := post(t, s, `{ products(first: 250) { nodes { variants(first: 250) { nodes { metafields(first: 250) { nodes { id } } } } } } }`, nil)
	if got.code() != "MAX_COST_EXCEEDED" || got.Extensions.Cost != nil || got.Data != nil {
		t.Errorf("got %s", got.raw)
	}
	if want := "Query cost is 1729, which exceeds the single query max cost limit (1000)."; !strings.HasPrefix(got.Errors[0].Message, want) {
		t.Errorf("got %q, want %q", got.Errors[0].Message, want)
	}
}
