package client

import (
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// Page is a part of a list. Next is what to ask for it after; empty at the
// list's end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// All goes through a list page by page. It ends with the first error.
//
//	for p, err := range client.All(func(after string) (client.Page[aisles.Partner], error) {
//		return c.Partners(ctx, after, 250)
//	}) { … }
func All[T any](page func(after string) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after := ""; ; {
			p, err := page(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if p.Next == "" || p.Next == after {
				return
			}
			after = p.Next
		}
	}
}

// paging gives the query of a list; limit 0 leaves it to Aisles.
func paging(after string, limit int) url.Values {
	q := url.Values{}
	set(q, "after", after)
	if limit > 0 {
		q.Set("limit", strconv.Itoa(limit))
	}
	return q
}

// set adds a parameter that is not empty.
func set(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// at joins the segments of a path, whatever characters they hold.
func at(segments ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, s := range segments {
		b.WriteByte('/')
		switch s {
		case ".", "..": // else taken for a step in the path
			b.WriteString(strings.ReplaceAll(s, ".", "%2E"))
		default:
			b.WriteString(url.PathEscape(s))
		}
	}
	return b.String()
}
