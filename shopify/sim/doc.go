// Package sim is a simulator of Shopify shops behind Shopify's GraphQL Admin
// API, stricter than Shopify: for tests, demos and rehearsals.
//
// It is not Shopify. It holds catalogs, stock and publications, in memory; a
// field of the schema that it does not serve is refused in words, with the
// code NOT_SIMULATED. What is not known about Shopify, or is not as there, is
// listed in deviations.yml.
//
// A request passes these stages, each in a file of its own:
//
//	server    finds the shop, checks the token
//	fault     may answer in Shopify's place
//	parse     PARSE_ERROR
//	validate  the document against the official schema, in Shopify's words
//	variables INVALID_VARIABLE; also @oneOf, which documents alone do not show
//	cost      requested points; more than 1000 are refused
//	bucket    reserves them, or THROTTLED
//	rules     limits the schema does not say: array sizes, page sizes
//	execute   asks the resolvers of the shop's state, under the shop's lock
//	complete  checks every value against the schema before it leaves
//	bucket    gets back what was not used
//
// Shops whose app has a client id and secret grant access tokens for them, at
// /admin/oauth/access_token (oauth).
//
// Resolvers and the engine meet in resolve.go. The simulator shares the schema
// with the client and nothing else: two readings of one contract.
//
// # Control
//
// Beside the shops the handler answers /_sim/…: shops, their state, edits by
// another app, the end of granted tokens, the log of calls, faults, the speed of the clock, and reset.
package sim
