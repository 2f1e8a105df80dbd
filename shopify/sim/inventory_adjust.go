package sim

import (
	"fmt"
	"slices"
	"strings"
)

// adjustableNames are the quantities inventoryAdjustQuantities may change.
var adjustableNames = []string{"available", "damaged", "incoming", "quality_control", "reserved", "safety_stock"}

// maxAdjusted bounds what an adjustment may lead to,
// https://shopify.dev/docs/api/admin-graphql/latest/enums/InventoryAdjustQuantitiesUserErrorCode.
const maxAdjusted = 2_000_000_000

// inventoryAdjustQuantities adds deltas to one kind of quantity, all or none.
func (s *state) inventoryAdjustQuantities(in input) (*adjustment, []userError) {
	name := in.text("name")
	if !slices.Contains(adjustableNames, name) {
		return nil, []userError{failf("INVALID_QUANTITY_NAME", "input.name", "The specified quantity name is invalid. Valid values are: %s.", strings.Join(adjustableNames, ", "))}
	}
	if errs := checkReason(in); len(errs) > 0 {
		return nil, errs
	}
	var errs []userError
	var changes []stockChange
	pending := map[[2]int64]int{}
	for i, e := range in.objects("changes") {
		path := fmt.Sprintf("input.changes.%d", i)
		v, l, more := s.stockTarget(e, path)
		if len(more) > 0 {
			errs = append(errs, more...)
			continue
		}
		if stale(e, v, l, name) {
			errs = append(errs, failf("CHANGE_FROM_QUANTITY_STALE", path+".changeFromQuantity", "The changeFromQuantity argument no longer matches the persisted quantity."))
			continue
		}
		if fault := checkDocument(name, e.text("ledgerDocumentUri"), path+".ledgerDocumentUri"); fault != nil {
			errs = append(errs, *fault)
			continue
		}
		pair := [2]int64{v.item.id, l.id}
		if _, again := pending[pair]; !again {
			if level := v.item.level(l.id); level != nil {
				pending[pair] = level.quantity(name)
			}
		}
		delta, _ := e.number("delta")
		pending[pair] += delta
		if bound := checkBounds(name, pending[pair], maxAdjusted, path+".delta"); bound != nil {
			errs = append(errs, *bound)
		}
		changes = append(changes, stockChange{v, l, name, pending[pair], e.textPtr("ledgerDocumentUri")})
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return s.changeStock(in, changes), nil
}

// checkDocument demands a ledger document for every quantity but available.
func checkDocument(name, document, path string) *userError {
	var e userError
	switch {
	case name == "available" && document != "":
		e = failf("INVALID_AVAILABLE_DOCUMENT", path, "A ledger document URI is not allowed when adjusting available.")
	case name != "available" && document == "":
		e = failf("INVALID_QUANTITY_DOCUMENT", path, "A ledger document URI is required except when adjusting available.")
	case strings.HasPrefix(document, "gid://shopify/"):
		e = failf("INTERNAL_LEDGER_DOCUMENT", path, "Internal (gid://shopify/) ledger documents are not allowed to be adjusted via API.")
	default:
		return nil
	}
	return &e
}

// inventoryActivate stocks an item at a location.
func (s *state) inventoryActivate(args input) (*level, *variant, []userError) {
	v, l, errs := s.stockTarget(args, "")
	for i := range errs {
		errs[i].field, errs[i].code = errs[i].field[1:], ""
	}
	if len(errs) > 0 {
		return nil, nil, errs
	}
	available, hasAvailable := args.number("available")
	onHand, hasOnHand := args.number("onHand")
	refuse := func(why string, fields ...string) (*level, *variant, []userError) {
		for _, f := range fields {
			errs = append(errs, failf("", f, "The product couldn't be stocked at %s because %s.", l.name, why))
		}
		return nil, nil, errs
	}
	if level := v.item.level(l.id); level != nil {
		if hasOnHand {
			errs = append(errs, failf("", "onHand", "Not allowed to set an on_hand quantity when the item is already active at the location."))
		}
		if hasAvailable {
			errs = append(errs, failf("", "available", "Not allowed to set available quantity when the item is already active at the location."))
		}
		return level, v, errs
	}
	switch {
	case hasAvailable && hasOnHand:
		return refuse("not allowed to set available and on_hand quantities at the same time", "available", "onHand")
	case hasOnHand && (onHand > maxQuantity || onHand < -maxQuantity):
		return refuse("the quantity needs to be between -1 billion and 1 billion", "onHand")
	case hasAvailable && (available > maxQuantity || available < -maxQuantity):
		return refuse("the quantity needs to be between -1 billion and 1 billion", "available")
	}
	level := s.stock(&v.item, l)
	level.set("available", available+onHand, s.now())
	return level, v, nil
}
