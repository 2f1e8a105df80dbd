package sim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxString is Shopify's limit in characters for titles, handles, vendors,
// product types, tags, SKUs, barcodes and option values.
const maxString = 255

// fallbackHandle is what Shopify generates when a title or handle holds no
// letter or digit at all.
const fallbackHandle = "product"

// slug turns a title or a raw handle into a handle: lower case, letters and
// digits of any script kept, quotes and brackets dropped, everything else
// collapsed into single hyphens. It is empty when nothing remains.
func slug(s string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		case strings.ContainsRune(`'"()[]`, r):
		default:
			hyphen = true
		}
	}
	return b.String()
}

// freeHandle gives base, or the next handle after it that taken does not know:
// a trailing "-N" is counted up, otherwise "-1" is appended.
func freeHandle(base string, taken func(string) bool) string {
	for taken(base) {
		base = nextHandle(base)
	}
	return base
}

func nextHandle(h string) string {
	stem := strings.TrimRight(h, "0123456789")
	digits := h[len(stem):]
	if digits == "" || !strings.HasSuffix(stem, "-") {
		return h + "-1"
	}
	return stem + increment(digits)
}

// increment adds one to a decimal number of any length, keeping its width.
func increment(digits string) string {
	b := []byte(digits)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '9' {
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}

func tooLong(s string) bool { return utf8.RuneCountInString(s) > maxString }
