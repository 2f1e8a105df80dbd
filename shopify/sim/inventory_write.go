package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// inventoryReasons are the reasons a change of stock may be given,
// https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps/manage-quantities-states.
var inventoryReasons = []string{
	"correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received", "movement_updated",
	"other", "promotion", "quality_control", "received", "reservation_created", "reservation_deleted", "reservation_updated", "restock",
	"safety_stock", "shrinkage",
}

// inventoryChange is one line of an adjustment group.
type inventoryChange struct {
	name     string
	delta    int
	variant  *variant
	location *location
	document *string
}

// adjustment is an InventoryAdjustmentGroup.
type adjustment struct {
	id        int64
	reason    string
	reference *string
	changes   []inventoryChange
	createdAt time.Time
}

// stockChange is one validated entry of a mutation.
type stockChange struct {
	variant  *variant
	location *location
	name     string
	quantity int // the new quantity
	document *string
}

func checkReason(in input) []userError {
	if slices.Contains(inventoryReasons, in.text("reason")) {
		return nil
	}
	return []userError{failf("INVALID_REASON", "input.reason", "The specified reason is invalid. Valid values are: %s.", strings.Join(inventoryReasons, ", "))}
}

// stockTarget finds the item and location of an entry.
func (s *state) stockTarget(e input, path string) (*variant, *location, []userError) {
	var errs []userError
	v := s.byItem[idOf("InventoryItem", e.text("inventoryItemId"))]
	if v == nil {
		errs = append(errs, failf("INVALID_INVENTORY_ITEM", path+".inventoryItemId", "The specified inventory item could not be found."))
	}
	l := s.location(e.text("locationId"))
	if l == nil {
		errs = append(errs, failf("INVALID_LOCATION", path+".locationId", "The specified location could not be found."))
	}
	return v, l, errs
}

// stale tells whether changeFromQuantity is given and is not what there is.
func stale(e input, v *variant, l *location, name string) bool {
	want, ok := e.number("changeFromQuantity")
	have := 0
	if level := v.item.level(l.id); level != nil {
		have = level.quantity(name)
	}
	return ok && want != have
}

// inventorySetQuantities sets available or on_hand, all entries or none. The
// adjustment is nil when nothing changed.
func (s *state) inventorySetQuantities(in input) (*adjustment, []userError) {
	name := in.text("name")
	if name != "available" && name != "on_hand" {
		return nil, []userError{failf("INVALID_NAME", "input.name", "The quantity name must be either 'available' or 'on_hand'.")}
	}
	if errs := checkReason(in); len(errs) > 0 {
		return nil, errs
	}
	entries := in.objects("quantities")
	errs := duplicatePairs(entries)
	changes := make([]stockChange, 0, len(entries))
	for i, e := range entries {
		path := fmt.Sprintf("input.quantities.%d", i)
		n, _ := e.number("quantity")
		if bound := checkBounds(name, n, maxQuantity, path+".quantity"); bound != nil {
			errs = append(errs, *bound)
			continue
		}
		v, l, more := s.stockTarget(e, path)
		if len(more) == 0 && stale(e, v, l, name) {
			more = []userError{failf("CHANGE_FROM_QUANTITY_STALE", path+".changeFromQuantity", "The changeFromQuantity argument no longer matches the persisted quantity.")}
		}
		errs = append(errs, more...)
		changes = append(changes, stockChange{v, l, name, n, nil})
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return s.changeStock(in, changes), nil
}

// checkBounds keeps a quantity within limit billions both ways, and on_hand
// above zero.
func checkBounds(name string, n, limit int, path string) *userError {
	var e userError
	switch {
	case n > limit:
		e = failf("INVALID_QUANTITY_TOO_HIGH", path, "The quantity can't be higher than %d,000,000,000.", limit/1e9)
	case name == "on_hand" && n < 0:
		e = failf("INVALID_QUANTITY_NEGATIVE", path, "The quantity can't be negative.")
	case n < -limit:
		e = failf("INVALID_QUANTITY_TOO_LOW", path, "The quantity can't be lower than -%d,000,000,000.", limit/1e9)
	default:
		return nil
	}
	return &e
}

// duplicatePairs reports every entry whose item and location another has too.
func duplicatePairs(entries []input) []userError {
	count := map[string]int{}
	for _, e := range entries {
		count[e.text("inventoryItemId")+" "+e.text("locationId")]++
	}
	var errs []userError
	for i, e := range entries {
		if count[e.text("inventoryItemId")+" "+e.text("locationId")] > 1 {
			errs = append(errs, failf("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", fmt.Sprintf("input.quantities.%d.locationId", i), "The combination of inventoryItemId and locationId must be unique."))
		}
	}
	return errs
}

// changeStock applies valid changes and groups what really changed. A part of
// on_hand moves on_hand too.
func (s *state) changeStock(in input, changes []stockChange) *adjustment {
	g := &adjustment{id: s.newID(), reason: in.text("reason"), reference: in.textPtr("referenceDocumentUri"), createdAt: s.now()}
	for _, c := range changes {
		level := s.stock(&c.variant.item, c.location)
		delta := c.quantity - level.quantity(c.name)
		if delta == 0 {
			continue
		}
		level.set(c.name, c.quantity, s.now())
		name := c.name
		if name == "on_hand" {
			name = "available"
		}
		g.changes = append(g.changes, inventoryChange{name, delta, c.variant, c.location, c.document})
		if slices.Contains(onHandParts, name) {
			g.changes = append(g.changes, inventoryChange{"on_hand", delta, c.variant, c.location, nil})
		}
	}
	if len(g.changes) == 0 {
		return nil
	}
	return g
}
