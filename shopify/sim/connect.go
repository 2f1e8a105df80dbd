package sim

import (
	"encoding/base64"
	"encoding/json"
	"slices"
)

// connection is a page of a list: nodes, edges and pageInfo.
type connection struct {
	page     []object
	at       int // index of the page's first item in the whole list
	previous bool
	next     bool
}

func (*connection) typeName() string { return "" }

func (c *connection) fieldValue(name string) (any, bool) {
	switch name {
	case "nodes":
		return c.page, true
	case "edges":
		edges := make([]object, len(c.page))
		for i, node := range c.page {
			edges[i] = answer(map[string]any{"node": node, "cursor": c.cursor(i)})
		}
		return edges, true
	case "pageInfo":
		info := map[string]any{"hasNextPage": c.next, "hasPreviousPage": c.previous, "startCursor": nil, "endCursor": nil}
		if n := len(c.page); n > 0 {
			info["startCursor"], info["endCursor"] = c.cursor(0), c.cursor(n-1)
		}
		return answer(info), true
	}
	return nil, false
}

// cursorText is what a cursor holds. Shopify's are opaque, too.
type cursorText struct {
	LastID int64 `json:"last_id"`
	At     int   `json:"at"`
}

func (c *connection) cursor(i int) string {
	raw, _ := json.Marshal(cursorText{idAt(c.page, i), c.at + i})
	return base64.StdEncoding.EncodeToString(raw)
}

func idAt(items []object, i int) int64 {
	if c, ok := items[i].(cursored); ok {
		return c.cursorID()
	}
	return int64(i)
}

// connect pages through all by the arguments first, last, after, before and
// reverse. all is in the order of the sort key already. A cursor whose item is
// gone stands where the item stood, as far as the order is that of ids.
func connect[T object](all []T, args input) (any, error) {
	items := make([]object, len(all))
	for i, x := range all {
		items[i] = x
	}
	if args.flag("reverse") {
		slices.Reverse(items)
	}
	low, high := 0, len(items)
	if args.given("after") {
		at, found, ok := place(items, args.text("after"))
		if !ok {
			return nil, invalidCursor("after")
		}
		if found {
			at++
		}
		low = at
	}
	if args.given("before") {
		at, _, ok := place(items, args.text("before"))
		if !ok {
			return nil, invalidCursor("before")
		}
		high = max(low, at)
	}
	if n, ok := args.number("first"); ok {
		high = min(high, low+n)
	} else if n, ok := args.number("last"); ok {
		low = max(low, high-n)
	}
	return &connection{page: items[low:high], at: low, previous: low > 0, next: high < len(items)}, nil
}

func invalidCursor(name string) error {
	return &topError{message: "Invalid cursor for current pagination sort.", code: "BAD_REQUEST", path: []any{name}}
}

// place finds where a cursor stands: at its item (found), or where the first
// item after it is.
func place(items []object, cursor string) (at int, found, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(cursor)
	var c cursorText
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return 0, false, false
	}
	if len(items) == 0 {
		return 0, false, true
	}
	if _, byID := items[0].(cursored); !byID {
		return min(max(c.At, 0), len(items)), c.At < len(items), true
	}
	for i := range items {
		if idAt(items, i) == c.LastID {
			return i, true, true
		}
	}
	descending := len(items) > 1 && idAt(items, 0) > idAt(items, len(items)-1)
	at = slices.IndexFunc(items, func(o object) bool {
		id := o.(cursored).cursorID()
		return id > c.LastID != descending
	})
	if at < 0 {
		at = len(items)
	}
	return at, false, true
}
