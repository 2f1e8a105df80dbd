package sim

import (
	"cmp"
	"slices"
	"strings"
)

// normalTags trims, drops blanks, removes duplicates without regard to case
// (the first spelling stays) and sorts without regard to case, as Shopify
// returns tags.
func normalTags(tags []string) []string {
	seen := make(map[string]bool, len(tags))
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		t = strings.TrimSpace(t)
		if key := strings.ToLower(t); t != "" && !seen[key] {
			seen[key] = true
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int {
		return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	return out
}

// splitTags cuts each element at its commas; only the tag mutations do so.
func splitTags(tags []string) []string {
	var out []string
	for _, t := range tags {
		out = append(out, strings.Split(t, ",")...)
	}
	return out
}

// withoutTags removes tags without regard to case.
func withoutTags(have, remove []string) []string {
	drop := make(map[string]bool, len(remove))
	for _, t := range remove {
		drop[strings.ToLower(strings.TrimSpace(t))] = true
	}
	return slices.DeleteFunc(slices.Clone(have), func(t string) bool { return drop[strings.ToLower(t)] })
}
