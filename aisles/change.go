package aisles

// Cursor marks a place in the change feed. It is opaque to readers; the zero
// value is the feed's beginning.
type Cursor string

// Change says that facets of a product changed since a cursor. It carries the
// fingerprints of all facets, so that a reader can tell which it lacks.
type Change struct {
	Ref
	Fingerprints Fingerprints `json:"fingerprints,omitempty"`
	// Removed marks a tombstone. Tombstones are kept for 30 days.
	Removed bool `json:"removed,omitempty"`
}

// Body is a product as facets, with the fingerprints of the facets it carries.
// Missing means that the catalog has no such product.
type Body struct {
	Ref
	Document
	Fingerprints Fingerprints `json:"fingerprints,omitempty"`
	Missing      bool         `json:"missing,omitempty"`
}

// Outcome is what a write did to one product.
type Outcome string

// The outcomes. A product whose fingerprints are as they were is unchanged and
// makes no change.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged"
	Removed   Outcome = "removed"
	Rejected  Outcome = "rejected"
)
