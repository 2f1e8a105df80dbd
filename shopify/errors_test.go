package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/shopify"
)

// TestClassify: whom each error concerns.
func TestClassify(t *testing.T) {
	t.Parallel()
	status := func(n int) error { return &shopify.APIError{Status: n} }
	code := func(c string) error { return &shopify.APIError{Status: 200, Code: c} }
	tests := []struct {
		err  error
		want shopify.Class
	}{
		{nil, shopify.ClassNone},
		{&shopify.UserErrors{Errors: []shopify.UserError{{Code: "INVALID_VARIANT"}}}, shopify.ClassProduct},
		{code("invalid_field"), shopify.ClassShop},
		{&shopify.UserErrors{Errors: []shopify.UserError{{Code: "GENERIC_ERROR"}}}, shopify.ClassProduct},
		{code("INVALID_VARIABLE"), shopify.ClassProduct},
		{code("MAX_INPUT_SIZE_EXCEEDED"), shopify.ClassProduct},
		{code("MAX_COST_EXCEEDED"), shopify.ClassProduct},
		{code("BAD_REQUEST"), shopify.ClassProduct},
		{code("RESOURCE_NOT_FOUND"), shopify.ClassProduct},
		{code("INVALID_PRODUCT_TAXONOMY_NODE_ID"), shopify.ClassProduct},
		{status(413), shopify.ClassProduct},
		{code("ACCESS_DENIED"), shopify.ClassShop},
		{code("undefinedField"), shopify.ClassShop},
		{code("PARSE_ERROR"), shopify.ClassShop},
		{code(""), shopify.ClassShop},
		{status(301), shopify.ClassShop},
		{status(400), shopify.ClassShop},
		{status(401), shopify.ClassShop},
		{status(402), shopify.ClassShop},
		{status(403), shopify.ClassShop},
		{status(404), shopify.ClassShop},
		{status(423), shopify.ClassShop},
		{status(408), shopify.ClassTemporary},
		{status(429), shopify.ClassTemporary},
		{status(430), shopify.ClassTemporary},
		{status(500), shopify.ClassTemporary},
		{status(502), shopify.ClassTemporary},
		{status(530), shopify.ClassTemporary},
		{code("INTERNAL_SERVER_ERROR"), shopify.ClassTemporary},
		{&shopify.ThrottledError{}, shopify.ClassTemporary},
		{context.Canceled, shopify.ClassTemporary},
		{context.DeadlineExceeded, shopify.ClassTemporary},
		{io.ErrUnexpectedEOF, shopify.ClassTemporary},
		{&shopify.UnknownOutcomeError{Operation: "ProductSet", Err: status(500)}, shopify.ClassUnknownOutcome},
		{&shopify.UnknownOutcomeError{Operation: "ProductSet", Err: status(404)}, shopify.ClassUnknownOutcome},
	}
	for _, tt := range tests {
		if got := shopify.Classify(tt.err); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, got, tt.want)
		}
		if tt.err == nil {
			continue
		}
		if got := shopify.Classify(fmt.Errorf("put tee: %w", tt.err)); got != tt.want {
			t.Errorf("wrapped %v: %s, want %s", tt.err, got, tt.want)
		}
	}
}

// TestTexts: errors say what happened, where.
func TestTexts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  error
		want string
	}{
		{&shopify.UserErrors{Operation: "ProductSet", Errors: []shopify.UserError{{Field: []string{"input", "title"}, Message: "is too long", Code: "INVALID_INPUT"}, {Message: "No."}}}, "ProductSet refused: input.title: is too long (INVALID_INPUT); No."},
		{&shopify.ThrottledError{Cost: 862, Available: 572, RestoreRate: 200}, "throttled: 862 points asked for, 572 there, 200 restored a second"},
		{&shopify.APIError{Status: 200, Code: "ACCESS_DENIED", Message: "Access denied", RequestID: "1-2"}, "shopify answered 200 ACCESS_DENIED: Access denied (request 1-2)"},
		{&shopify.APIError{Status: 502}, "shopify answered 502: Bad Gateway"},
		{&shopify.APIError{Status: 540}, "shopify answered 540: no text"},
		{&shopify.UnknownOutcomeError{Operation: "ProductDelete", Err: io.ErrUnexpectedEOF}, "ProductDelete may or may not be done: unexpected EOF"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
	if !errors.Is(tests[5].err, io.ErrUnexpectedEOF) {
		t.Error("the reason is not in the chain")
	}
	if got := (&shopify.ThrottledError{Cost: 862, Available: 572, RestoreRate: 200}).Wait(); got != 1450*time.Millisecond {
		t.Errorf("wait of %s", got)
	}
	if got := (&shopify.ThrottledError{Cost: 10, Available: 20, RestoreRate: 200}).Wait(); got != 0 {
		t.Errorf("wait of %s for what is there", got)
	}
}

// TestEntries: which entries of a list errors are about, and which are about
// none of them.
func TestEntries(t *testing.T) {
	t.Parallel()
	about := func(path string) shopify.UserError {
		return shopify.UserError{Field: strings.Fields(path), Message: path}
	}
	e := shopify.UserErrors{Errors: []shopify.UserError{
		about("input variants 4"), about("input variants 0 price"), about("input variants 4 sku"),
		about("input variants"), about("input title"), about("variants 1"), about("input variants many"), about("input variants -1"), {Message: "nothing"},
	}}
	named, rest := e.Entries("input", "variants")
	want := map[int][]shopify.UserError{4: {e.Errors[0], e.Errors[2]}, 0: {e.Errors[1]}}
	if d := cmp.Diff(want, named); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(e.Errors[3:], rest); d != "" {
		t.Error(d)
	}
}

// TestDropNamed: a call that is refused whole says which entries are at fault,
// in a form a caller can use; the others then pass.
func TestDropNamed(t *testing.T) {
	t.Parallel()
	_, c := newShop(t)
	made, err := c.ProductSet(t.Context(), tee())
	if err != nil {
		t.Fatal(err)
	}
	id := made.Product.ID
	field := func(owner, key string) shopify.MetafieldsSetInput {
		return shopify.MetafieldsSetInput{OwnerID: owner, Namespace: shopify.Value("custom"), Key: key, Type: shopify.Value("number_integer"), Value: "7"}
	}
	list := []shopify.MetafieldsSetInput{field(id, "size"), field(id, "weight"), field("gid://shopify/Product/999", "size")}
	list[1].Value = "heavy"
	_, err = c.MetafieldsSet(t.Context(), shopify.MetafieldsSetVariables{Metafields: list})
	var refused *shopify.UserErrors
	if !errors.As(err, &refused) {
		t.Fatalf("metafields: %v", err)
	}
	named, rest := refused.Entries("metafields")
	if got := slices.Sorted(maps.Keys(named)); !slices.Equal(got, []int{1, 2}) || rest != nil {
		t.Errorf("named %v, rest %v, of %v", got, rest, err)
	}
	if _, err := c.MetafieldsSet(t.Context(), shopify.MetafieldsSetVariables{Metafields: list[:1]}); err != nil {
		t.Errorf("the rest: %v", err)
	}

	publications, err := c.Publications(t.Context(), shopify.PublicationsVariables{})
	if err != nil {
		t.Fatal(err)
	}
	gone := id + "0" // of which the id is a part
	_, err = c.PublicationUpdate(t.Context(), shopify.PublicationUpdateVariables{
		ID: publications.Nodes[0].ID, Input: shopify.PublicationUpdateInput{PublishablesToAdd: shopify.Value([]string{id, gone})},
	})
	var api *shopify.APIError
	if !errors.As(err, &api) || shopify.Classify(err) != shopify.ClassProduct || !api.Names(gone) || api.Names(id) || api.Names("") {
		t.Errorf("publication: %v", err)
	}
}

// TestIgnoredSearch: a search that Shopify does not understand finds
// everything; it is an error instead.
func TestIgnoredSearch(t *testing.T) {
	t.Parallel()
	_, c := newShop(t)
	if _, err := c.ProductSet(t.Context(), tee()); err != nil {
		t.Fatal(err)
	}
	owned := func(query string) (int, error) {
		page, err := c.OwnedProducts(t.Context(), shopify.OwnedProductsVariables{Query: shopify.Value(query), Namespace: customNamespace, Key: customKey})
		return len(page.Nodes), err
	}
	if n, err := owned("title:Tee"); n != 1 || err != nil {
		t.Errorf("understood: %d products, %v", n, err)
	}
	var api *shopify.APIError
	if _, err := owned("titel:Tee"); !errors.As(err, &api) || api.Code != "invalid_field" || !strings.Contains(api.Message, "titel") || shopify.Classify(err) != shopify.ClassShop {
		t.Errorf("not understood: %v", err)
	}
}

// TestTemporaryUserErrors: what another try may not meet.
func TestTemporaryUserErrors(t *testing.T) {
	t.Parallel()
	for codes, want := range map[string]bool{
		"GENERIC_ERROR": true, "JOB_ERROR OPERATION_IN_PROGRESS": true, "PRODUCT_CONCURRENT_MODIFICATION": true, "PRODUCT_LOCK_ERROR PUBLICATION_LOCKED INTERNAL_ERROR": true,
		"INVALID_INPUT": false, "GENERIC_ERROR INVALID_INPUT": false,
	} {
		var e shopify.UserErrors
		for _, code := range strings.Fields(codes) {
			e.Errors = append(e.Errors, shopify.UserError{Code: code})
		}
		if e.Temporary() != want {
			t.Errorf("%s: temporary is %t", codes, !want)
		}
	}
}
