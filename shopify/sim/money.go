package sim

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// maxMoney bounds every price: Shopify takes less than 10^18.
var maxMoney = new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil))

// money is an amount in the shop's currency; the zero value is "no amount".
// It is immutable.
type money struct{ rat *big.Rat }

// parseMoney reads a Money or Decimal input, rounded to two decimals.
func parseMoney(v any) (money, bool) {
	if v == nil {
		return money{}, true
	}
	r, ok := parseDecimal(fmt.Sprint(v))
	if !ok {
		return money{}, false
	}
	rounded, ok := new(big.Rat).SetString(r.FloatString(2))
	return money{rounded}, ok
}

var decimalPattern = regexp.MustCompile(`^[+-]?([0-9]+\.?|[0-9]*\.[0-9]+|[0-9]+\.?[0-9]*[eE][+-]?[0-9]{1,3})$`)

// parseDecimal reads a decimal number. Exponents are short: a big.Rat would
// write out all the digits of 1e999999999.
func parseDecimal(s string) (*big.Rat, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 400 || !decimalPattern.MatchString(s) {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

func (m money) isSet() bool { return m.rat != nil }

func (m money) negative() bool { return m.rat != nil && m.rat.Sign() < 0 }

func (m money) tooHigh() bool { return m.rat != nil && m.rat.Cmp(maxMoney) >= 0 }

func (m money) less(o money) bool { return m.rat.Cmp(o.rat) < 0 }

// text is the Money scalar ("10.00"), nil when there is no amount.
func (m money) text() any {
	if m.rat == nil {
		return nil
	}
	return m.rat.FloatString(2)
}

// amount is MoneyV2's Decimal ("10.0", "79.99"): no trailing zeros but one.
func (m money) amount() string {
	return trimDecimal(m.rat.FloatString(2))
}

// hundredfold is the amount in cents written as a decimal, which is what the
// deprecated Product.priceRange answers.
func (m money) hundredfold() string {
	return trimDecimal(new(big.Rat).Mul(m.rat, big.NewRat(100, 1)).FloatString(2))
}

func trimDecimal(s string) string {
	s = strings.TrimRight(s, "0")
	if strings.HasSuffix(s, ".") {
		s += "0"
	}
	return s
}
