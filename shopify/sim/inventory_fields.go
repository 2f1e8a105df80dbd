package sim

import (
	"slices"
	"strings"
	"time"
)

// stockItem shows the inventory item of a variant.
type stockItem struct{ variant *variant }

func (stockItem) typeName() string  { return "InventoryItem" }
func (i stockItem) cursorID() int64 { return i.variant.item.id }

// levelView shows an item's stock at a location.
type levelView struct {
	*level
	item stockItem
}

func (*levelView) typeName() string  { return "InventoryLevel" }
func (l *levelView) cursorID() int64 { return l.id }

func (i stockItem) levels() []*levelView {
	return listOf(i.variant.item.levels, func(l *level) *levelView { return &levelView{l, i} })
}

// itemFields are the fields of InventoryItem.
var itemFields = table{
	"id":               get(func(i stockItem) any { return i.variant.item.gid() }),
	"legacyResourceId": get(func(i stockItem) any { return legacyID(i.variant.item.id) }),
	"sku":              get(func(i stockItem) any { return i.variant.sku }),
	"tracked":          get(func(i stockItem) any { return i.variant.item.tracked }),
	"requiresShipping": get(func(i stockItem) any { return i.variant.item.requiresShipping }),
	"trackedEditable":  constant(answer(map[string]any{"locked": false, "reason": nil})),
	"unitCost":         field(func(r *request, i stockItem, _ input) (any, error) { return r.amountOf(i.variant.item.cost), nil }),
	"measurement": get(func(i stockItem) any {
		item := &i.variant.item
		return answer(map[string]any{
			"id":     gid("InventoryItemMeasurement", item.id),
			"weight": answer(map[string]any{"value": item.weight, "unit": item.weightUnit}),
		})
	}),
	"countryCodeOfOrigin":  get(func(i stockItem) any { return i.variant.item.country }),
	"provinceCodeOfOrigin": get(func(i stockItem) any { return i.variant.item.province }),
	"harmonizedSystemCode": get(func(i stockItem) any { return i.variant.item.harmonizedCode }),
	"createdAt":            get(func(i stockItem) any { return i.variant.createdAt }),
	"updatedAt":            get(func(i stockItem) any { return i.variant.updatedAt }),
	"variant":              get(func(i stockItem) any { return i.variant }),
	"variants": field(func(_ *request, i stockItem, args input) (any, error) {
		return connect([]*variant{i.variant}, args)
	}),
	"inventoryLevels": field(func(_ *request, i stockItem, args input) (any, error) { return connect(i.levels(), args) }),
	"inventoryLevel": field(func(_ *request, i stockItem, args input) (any, error) {
		n := slices.IndexFunc(i.levels(), func(l *levelView) bool { return gid("Location", l.location.id) == args.text("locationId") })
		if n < 0 {
			return nil, nil
		}
		return i.levels()[n], nil
	}),
	"locationsCount": get(func(i stockItem) any { return countOf(len(i.variant.item.levels)) }),
	"duplicateSkuCount": field(func(r *request, i stockItem, _ input) (any, error) {
		n := 0
		for _, v := range r.variants {
			if v.sku != nil && i.variant.sku != nil && *v.sku == *i.variant.sku && v.id != i.variant.id {
				n++
			}
		}
		return n, nil
	}),
	"inventoryHistoryUrl":          nothing,
	"countryHarmonizedSystemCodes": none,
}

// quantityNames are the states stock can be in.
var quantityNames = append([]string{"incoming", "on_hand"}, onHandParts...)

// levelFields are the fields of InventoryLevel.
var levelFields = table{
	"id":         get(func(l *levelView) any { return l.gid(&l.item.variant.item) }),
	"item":       get(func(l *levelView) any { return l.item }),
	"location":   get(func(l *levelView) any { return l.location }),
	"quantities": field(levelQuantities),
	"createdAt":  get(func(l *levelView) any { return l.createdAt }),
	"updatedAt": get(func(l *levelView) any {
		last := l.createdAt
		for _, t := range l.changedAt {
			if t.After(last) {
				last = t
			}
		}
		return last
	}),
	"isActive": constant(true), "canDeactivate": constant(true), "deactivationAlert": nothing, "scheduledChanges": none,
}

func levelQuantities(_ *request, l *levelView, args input) (any, error) {
	var out []object
	for _, name := range args.texts("names") {
		if !slices.Contains(quantityNames, name) {
			return nil, &topError{message: "The specified quantity name is invalid. Valid values are: " + strings.Join(quantityNames, ", ") + ".", code: "INVALID_FIELD_ARGUMENTS"}
		}
		var changed *time.Time
		if at, ok := l.changedAt[name]; ok {
			changed = &at
		}
		out = append(out, answer(map[string]any{
			"id":   gid("InventoryQuantity", l.id) + "?inventory_item_id=" + legacyID(l.item.variant.item.id).(string) + "&name=" + name,
			"name": name, "quantity": l.quantity(name), "updatedAt": changed,
		}))
	}
	return out, nil
}

func (*adjustment) typeName() string { return "InventoryAdjustmentGroup" }

// adjustmentFields are the fields of InventoryAdjustmentGroup.
var adjustmentFields = table{
	"id":                   get(func(g *adjustment) any { return gid("InventoryAdjustmentGroup", g.id) }),
	"reason":               get(func(g *adjustment) any { return g.reason }),
	"referenceDocumentUri": get(func(g *adjustment) any { return g.reference }),
	"createdAt":            get(func(g *adjustment) any { return g.createdAt }),
	"changes":              field(adjustmentChanges),
	"app":                  nothing, "staffMember": nothing,
}

func adjustmentChanges(_ *request, g *adjustment, args input) (any, error) {
	keep := func(key, value string) bool { return !args.given(key) || slices.Contains(args.texts(key), value) }
	out := []object{}
	for _, c := range g.changes {
		if !keep("inventoryItemIds", c.variant.item.gid()) || !keep("locationIds", gid("Location", c.location.id)) || !keep("quantityNames", c.name) {
			continue
		}
		out = append(out, answer(map[string]any{
			"name": c.name, "delta": c.delta, "item": stockItem{c.variant}, "location": c.location,
			"ledgerDocumentUri": c.document, "quantityAfterChange": nil,
		}))
	}
	return out, nil
}

func (*location) typeName() string  { return "Location" }
func (l *location) cursorID() int64 { return l.id }

// locationFields are the fields of Location.
var locationFields = table{
	"id":               get(func(l *location) any { return gid("Location", l.id) }),
	"legacyResourceId": get(func(l *location) any { return legacyID(l.id) }),
	"name":             get(func(l *location) any { return l.name }),
	"createdAt":        get(func(l *location) any { return l.createdAt }),
	"updatedAt":        get(func(l *location) any { return l.createdAt }),
	"isPrimary":        field(func(r *request, l *location, _ input) (any, error) { return l == r.locations[0], nil }),
	"hasActiveInventory": field(func(r *request, l *location, _ input) (any, error) {
		return len(r.levelsAt(l)) > 0, nil
	}),
	"inventoryLevels": field(func(r *request, l *location, args input) (any, error) { return connect(r.levelsAt(l), args) }),
	"inventoryLevel": field(func(r *request, l *location, args input) (any, error) {
		v := r.byItem[idOf("InventoryItem", args.text("inventoryItemId"))]
		if v == nil || v.item.level(l.id) == nil {
			return nil, nil
		}
		return &levelView{v.item.level(l.id), stockItem{v}}, nil
	}),
	"address": constant(answer(map[string]any{
		"address1": nil, "address2": nil, "city": nil, "country": nil, "countryCode": nil, "formatted": []string{},
		"latitude": nil, "longitude": nil, "phone": nil, "province": nil, "provinceCode": nil, "zip": nil,
	})),
	"isActive": constant(true), "activatable": constant(true), "deactivatable": constant(true), "deletable": constant(false),
	"deactivatedAt": nothing, "addressVerified": constant(false), "fulfillsOnlineOrders": constant(true), "shipsInventory": constant(true),
	"hasUnfulfilledOrders": constant(false), "isFulfillmentService": constant(false), "fulfillmentService": nothing,
	"localPickupSettingsV2": nothing, "suggestedAddresses": constant([]object{}),
	"metafield": nothing, "metafields": none, "metafieldDefinitions": none,
}

// levelsAt lists what is stocked at a location, by product.
func (s *state) levelsAt(at *location) []*levelView {
	var out []*levelView
	for _, p := range s.products {
		for _, v := range p.variants {
			if l := v.item.level(at.id); l != nil {
				out = append(out, &levelView{l, stockItem{v}})
			}
		}
	}
	return out
}
