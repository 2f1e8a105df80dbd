// Package phido keeps every partner's Shopify shop in step with its catalog.
//
// # A pass
//
// A pass claims the runs that wait, reads the change feed once for all
// partners (the tailer), ends the runs for which nothing waits, and lets the
// others begin. In the mode sequential, [Phido.Pass] then runs them one partner
// at a time; in the mode queued they become jobs, each of which calls
// [Phido.Work] in one of any number of processes. What the feed brought is
// pending in the ledger until a shop has it; nothing changed anywhere costs one
// request to Aisles and no call to Shopify.
//
// # A run
//
// A run of the catalog routine takes its partner's pending products in batches
// of at most 250: it reads their bodies, compares them with what the shop was
// last confirmed to have (plan.Diff), sends what differs, and records the
// outcome of each product in one transaction.
//
//	pending ─▶ bodies (API) ─▶ plan.Diff ─▶ Shopify ─▶ ledger.Record
//
// A product that the ledger does not know is new only when the shop was
// searched for our products before (first contact), and a product whose
// creation was not answered is looked up before anything is sent again. So a
// run may be killed at any point: the next one goes on with what is pending.
//
// # Failure
//
// An error about one product is kept with the product, in Shopify's words, and
// the run goes on. An error of the shop, the network or Aisles stops the run
// and sets nothing aside. A shop that is frozen, locked or gone, or refuses the
// app, is paused: the schedule tries it ever more seldom, a person at once. A run that would take away too much holds for a
// person's answer (plan.Brake). Every write to the ledger carries the lease
// of the partner's routine, in both modes; a run that lost it ends, and goes on
// in whichever process finds it. A switch of the mode has a run hand back what
// it has not sent.
package phido
