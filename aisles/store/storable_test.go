package store

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

// TestTextNoDatabaseHolds: a product with a NUL, or a key that is no UTF-8, is
// refused alone, and asked for is not there; on both databases alike.
func TestTextNoDatabaseHolds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ctx := t.Context()
		got := outcomes(put1(t, s, patch("ok", `C:\u0000 is no NUL`), patch("title", "a\x00b"), patch("k\x00y", "T"), patch("k\xffy", "T")))
		want := []string{"ok created [content media inventory metadata publication]false", "title rejected []true", "k\x00y rejected []true", "k\xffy rejected []true"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("put (-want +got):\n%s", diff)
		}
		none := aisles.Ref{Partner: "acme", Key: "k\x00y"}
		if _, err := s.Product(ctx, none); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("product: %v", err)
		}
		if _, err := s.Partner(ctx, "\x00"); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("partner: %v", err)
		}
		if b, err := s.Bodies(ctx, []aisles.Ref{none, {Partner: "acme", Key: "ok"}}, aisles.Facets); err != nil || !b[0].Missing || b[1].Missing {
			t.Errorf("bodies: %v %v", b, err)
		}
		if p, err := s.Products(ctx, "acme", ProductQuery{Text: "\x00"}); err != nil || len(p) != 0 {
			t.Errorf("search: %v %v", p, err)
		}
		if r, err := s.RemoveProducts(ctx, "acme", []string{"k\x00y"}, false); err != nil || r[0].Outcome != aisles.Unchanged {
			t.Errorf("remove: %v %v", r, err)
		}
		if err := s.MarkSeen(ctx, "i", []string{"k\x00y", "ok"}); err != nil {
			t.Errorf("note: %v", err)
		}
	})
}

// TestSearchText: A to Z in either case, other letters as written.
func TestSearchText(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		put1(t, s, patch("a", "Ärmelkleid 50%"), patch("b", "Hose"))
		for text, want := range map[string]int{"Ärmel": 1, "ÄRMEL": 1, "ärmel": 0, "hOSE": 1, "sku-A": 1, "SKU-": 0, "0%": 1, "5_": 0, `\`: 0, "": 2} {
			if p, err := s.Products(t.Context(), "acme", ProductQuery{Text: text}); err != nil || len(p) != want {
				t.Errorf("search %q: %d, want %d, %v", text, len(p), want, err)
			}
		}
	})
}

func FuzzHoldsNUL(f *testing.F) {
	for _, s := range []string{"", "\x00", `\u0000`, `\\u0000`, "\\\x00", `a\\\u0000`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := json.Marshal([]string{text, "end"})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := holdsNUL(string(b)), strings.Contains(text, "\x00"); got != want {
			t.Errorf("%s: %v, want %v", b, got, want)
		}
	})
}
