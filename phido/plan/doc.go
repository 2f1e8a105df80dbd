// Package plan decides what is to be sent to a shop. It is pure: no context,
// so no I/O; what it is not given it does not know.
//
// [Diff] compares what the catalog wants with what the shop is known to have
// and gives actions, each with a reason, the fields it changes and the calls
// it takes. The same plan is what a dry run prints, what a hold asks about and
// what a run executes.
package plan
