// Package api serves the catalog and the sync over HTTP: REST under /v1/, with
// its OpenAPI document at /v1/openapi.json and a page of it at /docs.
//
// # Tokens
//
// A request carries "Authorization: Bearer TOKEN". A token's class, partner
// and id are signed inside it, so that a forged one costs no query and nobody
// can claim another's share of the database; a genuine one is looked up by its
// hash, at most once in three seconds, so that a revoked token is refused
// everywhere within that time. Operators may call everything, the sync what it
// needs to keep shops in step, a partner what concerns itself. What a token
// may not see does not exist for it.
//
// # Errors
//
// Every error is a problem document (RFC 9457) with the members code, field
// and request_id. 503 says by Retry-After when to come back. A form that
// cannot be right (a wrong type, an unknown field) refuses the whole request,
// with the places of all that is wrong; a product that breaks a rule of the
// catalog is rejected by itself, beside the others.
//
// # Repeating requests
//
// A POST with an Idempotency-Key is carried out once in 24 hours: a repeated
// one gets the first one's answer, and the key with another request is a
// conflict. Keys belong to their token. They are not for feeds, which are
// streamed and free to repeat, nor for new tokens, which are shown once and
// kept nowhere.
package api
