// Package shopify calls Shopify's GraphQL Admin API.
//
// A Client is for one shop. Each document in operations/ is a method of it,
// with the types of its variables and its answer; generate.go writes them from
// Shopify's official schema into operations_generated.go.
//
// # A call's way
//
//	call      one operation: retries, the error's last form
//	token     asks for the access token
//	throttle  waits until the shop's budget has the points, first come first served
//	attempt   one HTTP request, bounded in time
//	answer    reads data, errors and cost; what the budget held too much goes back
//
// # What is sent again
//
// A call that Shopify refused to start (THROTTLED, 429, 430), or that never
// reached it, is sent again after the wait Shopify names. A call that may have
// run (5xx, no answer, a broken connection) is sent again after a growing wait
// when it is a query, or a write that may be repeated (repeatable.go); any
// other write is not. A write that was not answered in the end is an
// UnknownOutcomeError, and its caller has to look.
//
// A call answered 401 is sent once more when the TokenSource has another token.
// ClientCredentials make a source that renews a token before it expires, and
// one that the shop refuses.
//
// # Errors
//
// ThrottledError, UserErrors, APIError, GrantError and UnknownOutcomeError are
// found with errors.As; Classify says whom an error concerns. The access token
// and the app's secret are in none of them.
package shopify

//go:generate go run generate.go

// Version is the Admin API version all calls are made with: that of the
// schema the types come from.
const Version = "2026-10"
