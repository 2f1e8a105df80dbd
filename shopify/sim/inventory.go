package sim

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// inventoryItem is the stock side of a variant.
type inventoryItem struct {
	id               int64
	tracked          bool
	requiresShipping bool
	cost             money
	weight           float64
	weightUnit       string
	country          *string
	province         *string
	harmonizedCode   *string
	levels           []*level
}

// level is the stock of one item at one location. on_hand is the sum of its
// parts and is never stored.
type level struct {
	id         int64
	location   *location
	quantities map[string]int
	changedAt  map[string]time.Time
	createdAt  time.Time
}

// onHandParts are the quantities on_hand is the sum of,
// https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps.
var onHandParts = []string{"available", "committed", "reserved", "damaged", "safety_stock", "quality_control"}

func (i inventoryItem) clone() inventoryItem {
	levels := make([]*level, len(i.levels))
	for n, l := range i.levels {
		c := *l
		c.quantities = maps.Clone(l.quantities)
		c.changedAt = maps.Clone(l.changedAt)
		levels[n] = &c
	}
	i.levels = levels
	return i
}

func (i *inventoryItem) gid() string { return gid("InventoryItem", i.id) }

func (i *inventoryItem) level(locationID int64) *level {
	n := slices.IndexFunc(i.levels, func(l *level) bool { return l.location.id == locationID })
	if n < 0 {
		return nil
	}
	return i.levels[n]
}

// stock gives the item's level at a location, making an empty one if needed.
func (s *state) stock(i *inventoryItem, at *location) *level {
	if l := i.level(at.id); l != nil {
		return l
	}
	l := &level{id: s.newID(), location: at, quantities: map[string]int{"available": 0}, changedAt: map[string]time.Time{"available": s.now()}, createdAt: s.now()}
	i.levels = append(i.levels, l)
	return l
}

// gid of a level names the item too, as Shopify's does.
func (l *level) gid(i *inventoryItem) string {
	return gid("InventoryLevel", l.id) + "?inventory_item_id=" + strconv.FormatInt(i.id, 10)
}

func (l *level) quantity(name string) int {
	if name != "on_hand" {
		return l.quantities[name]
	}
	n := 0
	for _, part := range onHandParts {
		n += l.quantities[part]
	}
	return n
}

// set makes a quantity so many; setting on_hand moves what is available.
func (l *level) set(name string, quantity int, now time.Time) {
	if name == "on_hand" {
		name, quantity = "available", l.quantities["available"]+quantity-l.quantity("on_hand")
	}
	l.quantities[name] = quantity
	l.changedAt[name] = now
}
