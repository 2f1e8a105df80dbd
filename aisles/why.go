package aisles

import "time"

// Pass is one look at the change feed and the runs that followed from it.
type Pass struct {
	ID string `json:"id"`
	// AislesRequests counts the requests of the shared feed read; Changes, the
	// changes they brought. Both are no run's own.
	AislesRequests int `json:"aisles_requests"`
	Changes        int `json:"changes"`
}

// SyncRequest asks for a routine now. Partners is empty when All is set.
type SyncRequest struct {
	Partners []string `json:"partners,omitempty"`
	All      bool     `json:"all,omitempty"`
	Routine  Routine  `json:"routine,omitempty"` // default catalog
	DryRun   bool     `json:"dry_run,omitempty"`
	// Force sends again what the ledger holds to be in step.
	Force bool `json:"force,omitempty"`
}

// Why tells why a product is, or is not, in its shop.
type Why struct {
	Ref
	// Product is what the catalog has; nil when it has none.
	Product *Product `json:"product,omitempty"`
	// ShopID is the product's id in the shop; empty when it is not known there.
	ShopID string `json:"shop_id,omitempty"`
	// State is the product's state in the ledger: unknown, creating, live or archived.
	State  string     `json:"state"`
	Facets []WhyFacet `json:"facets"`
	// Last is the last action on the product, and LastRun its run.
	Last    *RunAction `json:"last,omitempty"`
	LastRun string     `json:"last_run,omitempty"`
	Error   *SyncError `json:"error,omitempty"`
	// Paused says that nothing can be sent to the shop at present.
	Paused *Pause `json:"paused,omitempty"`
	// Summary is the answer in one sentence.
	Summary string `json:"summary"`
}

// WhyFacet is the state of one facet: what the catalog has, what the shop was
// last seen to have, what waits.
type WhyFacet struct {
	Facet       Facet       `json:"facet"`
	State       string      `json:"state"` // in_step, pending, set_aside, unknown
	Fingerprint Fingerprint `json:"fingerprint,omitempty"`
	Sent        Fingerprint `json:"sent,omitempty"`
	SentAt      *time.Time  `json:"sent_at,omitempty"`
	Since       *time.Time  `json:"since,omitempty"` // when it became pending
	Reason      string      `json:"reason"`
}
