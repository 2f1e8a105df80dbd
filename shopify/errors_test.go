package shopify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

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

// TestTemporaryUserErrors: what another try may not meet.
func TestTemporaryUserErrors(t *testing.T) {
	t.Parallel()
	for codes, want := range map[string]bool{
		"GENERIC_ERROR": true, "JOB_ERROR OPERATION_IN_PROGRESS": true, "PRODUCT_CONCURRENT_MODIFICATION": true,
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
