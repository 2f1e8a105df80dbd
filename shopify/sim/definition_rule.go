package sim

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// jsonStrings reads a JSON array of strings; nil when it is none.
func jsonStrings(s string) []string {
	var out []string
	if json.Unmarshal([]byte(s), &out) != nil {
		return nil
	}
	return out
}

// isText tells whether min and max of a type bound its length.
func isText(typ string) bool {
	return typ == "single_line_text_field" || typ == "multi_line_text_field" || typ == "id"
}

// compareBound compares a value with a bound: by length for text, by number
// for numbers, by order for dates.
func compareBound(typ, value, bound string) (int, bool) {
	limit, ok := parseDecimal(bound)
	switch {
	case isText(typ) && ok:
		return new(big.Rat).SetInt64(int64(utf8.RuneCountInString(value))).Cmp(limit), true
	case strings.HasPrefix(typ, "number_") && ok:
		if n, ok := parseDecimal(value); ok {
			return n.Cmp(limit), true
		}
	case strings.HasPrefix(typ, "date"):
		return strings.Compare(value, bound), true
	}
	return 0, false
}

func boundMessage(typ, which, bound string) string {
	if isText(typ) {
		return fmt.Sprintf("Value has a %s length of %s.", which, bound)
	}
	return fmt.Sprintf("Value has a %s of %s.", which, bound)
}
