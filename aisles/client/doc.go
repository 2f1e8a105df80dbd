// Package client calls the API of Aisles. It is the sync's and the command
// line's only door to the catalog.
//
// Requests that may be repeated (GET, PUT, PATCH, DELETE, and POSTs that only
// read or carry an Idempotency-Key, which the client makes itself) are sent up
// to four times when Aisles is busy or does not answer; a wait that Aisles asks
// for by Retry-After is kept. A feed is streamed, and sent once.
//
// An error carries an [aisles.Error] when Aisles refused, with the code and
// field of its problem document, and is [ErrUnreachable] when no answer came.
package client
