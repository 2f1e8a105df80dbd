package sim

import (
	"fmt"
	"testing"
)

type numbered int64

func (numbered) typeName() string  { return "" }
func (n numbered) cursorID() int64 { return int64(n) }

func numbers(ns ...int64) []numbered {
	out := make([]numbered, len(ns))
	for i, n := range ns {
		out[i] = numbered(n)
	}
	return out
}

// page reads a page as its numbers and flags.
func page(t *testing.T, all []numbered, args input) (text, start, end string) {
	t.Helper()
	got, err := connect(all, args)
	if err != nil {
		t.Fatal(err)
	}
	c := got.(*connection)
	if n := len(c.page); n > 0 {
		start, end = c.cursor(0), c.cursor(n-1)
	}
	return fmt.Sprint(c.page, c.previous, c.next), start, end
}

func TestConnect(t *testing.T) {
	t.Parallel()
	all := numbers(1, 2, 3, 4, 5)
	_, _, two := page(t, all, input{"first": 2})
	_, four, _ := page(t, all, input{"last": 2})
	tests := []struct {
		name string
		all  []numbered
		args input
		want string
	}{
		{"first", all, input{"first": 2}, "[1 2] false true"},
		{"first of nothing", nil, input{"first": 2}, "[] false false"},
		{"none", all, input{"first": 0}, "[] false true"},
		{"after", all, input{"first": 2, "after": two}, "[3 4] true true"},
		{"last", all, input{"last": 2}, "[4 5] true false"},
		{"before", all, input{"last": 2, "before": four}, "[2 3] true true"},
		{"between", all, input{"first": 9, "after": two, "before": four}, "[3] true true"},
		{"reverse", all, input{"first": 2, "reverse": true}, "[5 4] false true"},
		{"reverse after", all, input{"first": 2, "after": four, "reverse": true}, "[3 2] true true"},
		{"after one that is gone", numbers(1, 3, 4), input{"first": 2, "after": two}, "[3 4] true false"},
		{"after all are gone", numbers(1), input{"first": 2, "after": two}, "[] true false"},
		{"after in an emptied list", nil, input{"first": 2, "after": two}, "[] false false"},
	}
	for _, tt := range tests {
		if got, _, _ := page(t, tt.all, tt.args); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for _, cursor := range []string{"?", "e30", "bm8="} {
		if _, err := connect(all, input{"first": 1, "after": cursor}); err == nil {
			t.Errorf("cursor %q was accepted", cursor)
		}
	}
}

// TestPages walks a list by pages of every size and gets each item once.
func TestPages(t *testing.T) {
	t.Parallel()
	all := numbers(1, 2, 3, 4, 5, 6, 7)
	for size := 1; size <= 8; size++ {
		var seen []object
		args := input{"first": size}
		for {
			got, err := connect(all, args)
			if err != nil {
				t.Fatal(err)
			}
			c := got.(*connection)
			seen = append(seen, c.page...)
			if !c.next {
				break
			}
			args["after"] = c.cursor(len(c.page) - 1)
		}
		if fmt.Sprint(seen) != fmt.Sprint(all) {
			t.Errorf("pages of %d: %v", size, seen)
		}
	}
}
