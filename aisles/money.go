package aisles

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Money is an amount in its partner's currency as a canonical decimal: digits,
// a point, at least two decimals, no superfluous zeros beyond them ("19.90",
// "0.00", "7.125"). Empty means no amount. It is text because a price must
// arrive exactly as it was meant.
type Money string

// maxWhole is the number of digits before the point that Shopify takes: a
// price is below 1e18 (recorded answers of productCreate).
const maxWhole = 18

// maxDecimals is the most decimals of any ISO 4217 currency (CLF, UYW: 4).
const maxDecimals = 4

var decimal = regexp.MustCompile(`^([0-9]+)(?:\.([0-9]*))?$`)

// ParseMoney reads an amount of zero or more with a decimal point. It refuses
// signs, exponents, thousands separators and currency signs rather than
// guessing what they mean.
func ParseMoney(s string) (Money, error) {
	m := decimal.FindStringSubmatch(s)
	if m == nil {
		return "", fmt.Errorf("%q is not an amount: use digits with a decimal point, such as 19.90", clip(s))
	}
	whole := strings.TrimLeft(m[1], "0")
	if len(whole) > maxWhole {
		return "", fmt.Errorf("%q is too large an amount: it must be below 1e18", clip(s))
	}
	if whole == "" {
		whole = "0"
	}
	frac := strings.TrimRight(m[2], "0")
	if len(frac) > maxDecimals {
		return "", fmt.Errorf("%q has more than %d decimals", clip(s), maxDecimals)
	}
	for len(frac) < 2 {
		frac += "0"
	}
	return Money(whole + "." + frac), nil
}

// UnmarshalJSON takes a JSON string or number and makes it canonical.
func (m *Money) UnmarshalJSON(b []byte) error {
	var s string
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
	} else if string(b) != "null" {
		s = string(b)
	}
	if s == "" {
		*m = ""
		return nil
	}
	v, err := ParseMoney(s)
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// clip shortens a value for a message: a cell may hold megabytes.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
