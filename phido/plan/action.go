package plan

import (
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// Kind says what an action does to a product.
type Kind string

// The kinds of actions. An unchanged product needs no call; its facets are
// confirmed as they are.
const (
	Create    Kind = "create"
	Update    Kind = "update"
	Archive   Kind = "archive"
	Unchanged Kind = "unchanged"
)

// Action is what is to be done to one product, and why.
type Action struct {
	aisles.Ref
	Kind   Kind
	Reason string
	// Fields are the changes, field by field.
	Fields []aisles.FieldChange

	// The calls, in the order in which they are sent. Nil or empty ones are
	// not.
	ProductSet *shopify.ProductSetVariables
	Variants   []shopify.ProductVariantsBulkUpdateVariables
	TagsAdd    []string
	TagsRemove []string
	// Publish and Unpublish hold ids of publications. They go last: a new
	// product has its id only then.
	Publish   []string
	Unpublish []string

	// IDs are the ids known before the calls, by the keys the catalog has now.
	IDs IDs
	// Notes tell what the catalog has and a shop cannot be given.
	Notes []string
	// Removes says that customers no longer find the product afterwards;
	// Prices counts the variants whose price changes. Both count for the
	// brake.
	Removes bool
	Prices  int
	// Err says why the product cannot be sent as it is.
	Err *aisles.SyncError
}

// Calls names the operations the action takes, in their order.
func (a Action) Calls() []string {
	var out []string
	if a.ProductSet != nil {
		out = append(out, "productSet")
	}
	for range a.Variants {
		out = append(out, "productVariantsBulkUpdate")
	}
	if len(a.TagsAdd) > 0 {
		out = append(out, "tagsAdd")
	}
	if len(a.TagsRemove) > 0 {
		out = append(out, "tagsRemove")
	}
	if len(a.Publish)+len(a.Unpublish) > 0 {
		out = append(out, "publicationUpdate")
	}
	return out
}

// AddsVariants reports whether the action gives a product of the shop variants
// it does not have. Their stock and metafields travel with them, so planning
// needs these facets too.
func (a Action) AddsVariants() bool {
	if a.Kind != Update || a.ProductSet == nil {
		return false
	}
	list, _ := a.ProductSet.Input.Variants.Get()
	return slices.ContainsFunc(list, func(v shopify.ProductVariantSetInput) bool { return v.ID.IsZero() })
}

// Summary gives the action as it is kept and shown.
func (a Action) Summary(outcome string) aisles.RunAction {
	return aisles.RunAction{
		Key: a.Key, Kind: string(a.Kind), Reason: strings.Join(append([]string{a.Reason}, a.Notes...), "; "), Calls: a.Calls(), Fields: a.Fields, Outcome: outcome, Error: a.Err,
	}
}
