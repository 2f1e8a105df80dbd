package store

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// storable reports whether both databases can hold the text as it is.
// PostgreSQL has no NUL, and what is no UTF-8 would come back as another text.
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func onlyStorable(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(k string) bool { return !storable(k) })
}

// holdsNUL reports whether any text of a JSON document holds a NUL.
func holdsNUL(text string) bool {
	for {
		i := strings.Index(text, `\u0000`)
		if i < 0 {
			return false
		}
		// After an odd number of backslashes it is a backslash and "u0000".
		slashes := i - len(strings.TrimRight(text[:i], `\`))
		if slashes%2 == 0 {
			return true
		}
		text = text[i+len(`\u0000`):]
	}
}
