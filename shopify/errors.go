package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// UserError is what Shopify finds wrong with a mutation's input.
type UserError struct {
	// Field is the path of the input concerned, list positions as decimals;
	// nil when it is none in particular.
	Field   []string `json:"field"`
	Message string   `json:"message"`
	// Code is a value of the mutation's own enum of codes; "" when it has none.
	Code string `json:"code"`
}

func (e UserError) String() string {
	var b strings.Builder
	if len(e.Field) > 0 {
		b.WriteString(strings.Join(e.Field, ".") + ": ")
	}
	b.WriteString(e.Message)
	if e.Code != "" {
		b.WriteString(" (" + e.Code + ")")
	}
	return b.String()
}

// UserErrors says that Shopify refused a mutation because of its input. What
// it changed all the same is said by the mutation; those used here change all
// or nothing, productVariantsBulkUpdate with allowPartialUpdates excepted.
type UserErrors struct {
	Operation string
	Errors    []UserError // at least one
}

func (e *UserErrors) Error() string {
	texts := make([]string, len(e.Errors))
	for i, u := range e.Errors {
		texts[i] = u.String()
	}
	return e.Operation + " refused: " + strings.Join(texts, "; ")
}

// temporaryCodes are the codes that another try may not meet.
var temporaryCodes = []string{
	"GENERIC_ERROR", "INTERNAL_ERROR", "JOB_ERROR", "OPERATION_IN_PROGRESS", "PRODUCT_LOCK_ERROR", "PUBLICATION_LOCKED",
}

// Temporary tells whether every error may be gone at another try: something
// else is at work on the product, or Shopify failed.
func (e *UserErrors) Temporary() bool {
	return !slices.ContainsFunc(e.Errors, func(u UserError) bool {
		return !slices.Contains(temporaryCodes, u.Code) && !strings.Contains(u.Code, "CONCURRENT")
	})
}

// Index is the position in a list of the input that the error is about, as
// Index("input", "variants") is of input.variants.4.price. ok is false when
// the error is about something else, or about the list as a whole.
func (e UserError) Index(list ...string) (i int, ok bool) {
	if len(e.Field) <= len(list) || !slices.Equal(e.Field[:len(list)], list) {
		return 0, false
	}
	i, err := strconv.Atoi(e.Field[len(list)])
	return i, err == nil && i >= 0
}

// Entries sorts the errors by the position in a list of the input they are
// about. rest are those about no entry: while there is one, sending the list
// without the entries named is of no use.
func (e *UserErrors) Entries(list ...string) (named map[int][]UserError, rest []UserError) {
	named = map[int][]UserError{}
	for _, u := range e.Errors {
		if i, ok := u.Index(list...); ok {
			named[i] = append(named[i], u)
		} else {
			rest = append(rest, u)
		}
	}
	return named, rest
}

// ThrottledError says that the shop's budget had too few points, again and
// again. Nothing was done.
type ThrottledError struct {
	Cost        float64 // points the call asks for
	Available   float64 // points that were there
	RestoreRate float64 // points a second
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("throttled: %g points asked for, %g there, %g restored a second", e.Cost, e.Available, e.RestoreRate)
}

// Wait is how long the budget takes to restore what was missing.
func (e *ThrottledError) Wait() time.Duration {
	if e.RestoreRate <= 0 || e.Cost <= e.Available {
		return 0
	}
	return seconds((e.Cost - e.Available) / e.RestoreRate)
}

// APIError is a refusal or a failure of Shopify that is not about one input:
// an HTTP status, or an entry of an answer's errors.
type APIError struct {
	Status    int    // of HTTP; GraphQL errors come with 200
	Code      string // of the GraphQL error, like ACCESS_DENIED; "" when it has none
	Message   string
	RequestID string // for Shopify's support; "" when the answer named none

	retryAfter time.Duration
	broken     bool // no answer that Shopify's application gives
}

func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "shopify answered %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	b.WriteString(": " + cmp.Or(e.Message, http.StatusText(e.Status), "no text"))
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	return b.String()
}

// Names tells whether the message names a global id, as that of a call that
// is refused whole for one id that is none: "Invalid id: gid://…".
func (e *APIError) Names(id string) bool {
	for rest := e.Message; id != ""; {
		_, after, found := strings.Cut(rest, id)
		if !found {
			return false
		}
		if after == "" || after[0] < '0' || after[0] > '9' {
			return true
		}
		rest = after
	}
	return false
}

// UnknownOutcomeError says that a write was sent, and that nobody knows
// whether it was done. Look before going on.
type UnknownOutcomeError struct {
	Operation string
	// Repeatable says that sending the very same again does no harm. The
	// client did so, in vain. False, it could be done twice.
	Repeatable bool
	Err        error // why there was no answer to the last request
}

func (e *UnknownOutcomeError) Error() string {
	return e.Operation + " may or may not be done: " + e.Err.Error()
}

// Unwrap gives the reason.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }

// Class says whom an error concerns, and so what to do about it.
type Class int

// The classes of errors.
const (
	// ClassNone is that of nil.
	ClassNone Class = iota
	// ClassProduct: this input is refused; others may go on.
	ClassProduct
	// ClassShop: the shop refuses this app, or this version of it; nothing
	// else will work there until a person acts.
	ClassShop
	// ClassTemporary: Shopify, the network or the budget; try later. So are a
	// call that was cancelled and errors of other packages.
	ClassTemporary
	// ClassUnknownOutcome: a write that may have been done; look first, once
	// the shop answers again.
	ClassUnknownOutcome
)

func (c Class) String() string {
	switch c {
	case ClassNone:
		return "none"
	case ClassProduct:
		return "product"
	case ClassShop:
		return "shop"
	case ClassTemporary:
		return "temporary"
	case ClassUnknownOutcome:
		return "unknown outcome"
	}
	return fmt.Sprintf("Class(%d)", int(c))
}

// Classify says whom an error of a call concerns.
func Classify(err error) Class {
	var (
		unknown *UnknownOutcomeError
		user    *UserErrors
		api     *APIError
	)
	switch {
	case err == nil:
		return ClassNone
	case errors.As(err, &unknown):
		return ClassUnknownOutcome
	case isGrant(err):
		return ClassShop
	case errors.As(err, &user):
		return ClassProduct
	case errors.As(err, &api):
		return api.class()
	}
	return ClassTemporary
}

// productCodes are the GraphQL errors that come from a call's variables.
var productCodes = []string{
	"INVALID_VARIABLE", "MAX_INPUT_SIZE_EXCEEDED", "MAX_COST_EXCEEDED", "BAD_REQUEST", "RESOURCE_NOT_FOUND",
	"INVALID_PRODUCT_TAXONOMY_NODE_ID",
}

// class: what Shopify may answer differently next time is temporary, and a
// document it does not accept is refused for every product alike.
func (e *APIError) class() Class {
	switch {
	case e.Status == http.StatusRequestEntityTooLarge, slices.Contains(productCodes, e.Code):
		return ClassProduct
	case e.temporary():
		return ClassTemporary
	}
	return ClassShop
}

// temporary tells whether another try may succeed.
func (e *APIError) temporary() bool {
	return e.refused() || e.broken || e.Status >= 500 || e.Status == http.StatusRequestTimeout || e.Code == internalCode
}

// refused tells whether Shopify turned the request away before it ran, for
// coming too fast. 430 is Shopify's own.
func (e *APIError) refused() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == 430
}

const (
	internalCode  = "INTERNAL_SERVER_ERROR"
	throttledCode = "THROTTLED"
)
