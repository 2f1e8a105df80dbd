package sim

import (
	"cmp"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// words splits text as the search index does: lower case, letters and digits.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	})
}

// inText tells whether the term's words stand together in the text; a trailing
// "*" makes the last word a prefix.
func (t term) inText(text string) bool {
	have, want := words(text), words(t.value)
	prefix := strings.HasSuffix(t.value, "*")
	if len(want) == 0 {
		return prefix || t.value == ""
	}
	for i := 0; i+len(want) <= len(have); i++ {
		last := len(want) - 1
		if slices.Equal(have[i:i+last], want[:last]) &&
			(have[i+last] == want[last] || prefix && strings.HasPrefix(have[i+last], want[last])) {
			return true
		}
	}
	return false
}

// isKeyword tells whether the term equals (or, with "*", begins) a value that
// is indexed whole. Commas in an unquoted term separate alternatives.
func (t term) isKeyword(value string) bool {
	alternatives := []string{t.value}
	if !t.quoted {
		alternatives = strings.Split(t.value, ",")
	}
	for _, a := range alternatives {
		a = strings.TrimSpace(a)
		if p, ok := strings.CutSuffix(a, "*"); ok && (a == "*" || len(value) >= len(p) && strings.EqualFold(value[:len(p)], p)) {
			return value != ""
		}
		if strings.EqualFold(a, value) {
			return true
		}
	}
	return false
}

func (t term) holds(order int) bool {
	switch t.op {
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return order == 0
}

// isID compares an id, given as a number or as a global id.
func (t term) isID(id int64) bool {
	for part := range strings.SplitSeq(t.value, ",") {
		n, err := strconv.ParseInt(part[strings.LastIndexByte(part, '/')+1:], 10, 64)
		if err == nil && t.holds(cmp.Compare(id, n)) {
			return true
		}
	}
	return false
}

func (t term) isBool(b bool) bool { return strings.EqualFold(t.value, strconv.FormatBool(b)) }

func (t term) isNumber(n *big.Rat) bool {
	want, ok := parseDecimal(t.value)
	return ok && n != nil && t.holds(n.Cmp(want))
}

var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", time.DateOnly, "2006-01", "2006"}

// isTime compares a time to the second; "now" is the current time.
func (t term) isTime(at, now time.Time) bool {
	if t.value == "now" {
		return t.holds(at.Compare(now))
	}
	want, ok := t.time()
	return ok && t.holds(at.UTC().Truncate(time.Second).Compare(want.UTC()))
}

// hasTime tells whether the term's value is a time.
func (t term) hasTime() bool {
	_, ok := t.time()
	return ok || t.value == "now"
}

func (t term) time() (time.Time, bool) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, t.value); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}
