package plan

import "fmt"

// Load is how much of a partner's shop a run would take away or reprice.
type Load struct {
	// Live counts the partner's products on sale in the shop, before the run.
	Live int
	// Removals are the removals and unpublishings that wait; Recent are those
	// done in the last 24 hours.
	Removals, Recent int
	// Prices counts variants, Repriced those whose price would change.
	Prices, Repriced int
}

// The brake's bounds. A feed that lost its rows, or its decimal point, must not
// empty or give away a shop.
const (
	brakeSome  = 20   // fewer never hold, but for half of the shop
	brakeShare = 10   // percent of the shop
	brakeMost  = 1000 // more always hold
)

// BrakeRemovals tells whether a person must say yes to the removals and
// unpublishings first, and why; "" lets them go.
func BrakeRemovals(l Load) string {
	total := l.Live + l.Recent
	gone := l.Removals + l.Recent
	switch {
	case l.Removals == 0:
		return ""
	case gone >= brakeMost:
		return fmt.Sprintf("%d products would be removed or unpublished within 24 hours, %d or more", gone, brakeMost)
	case 2*gone >= total:
		return fmt.Sprintf("%d of %d products would be removed or unpublished within 24 hours, half of the shop or more", gone, total)
	case gone > brakeSome && 100*gone > brakeShare*total:
		return fmt.Sprintf("%d of %d products would be removed or unpublished within 24 hours, more than %d and %d %%", gone, total, brakeSome, brakeShare)
	}
	return ""
}

// BrakePrices tells the same of changes of price.
func BrakePrices(l Load) string {
	if l.Repriced > brakeSome && 2*l.Repriced > l.Prices {
		return fmt.Sprintf("%d of %d prices would change, more than %d and half of them", l.Repriced, l.Prices, brakeSome)
	}
	return ""
}
