package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

// TestBrokenRows shows how far the damage of one row reaches: never to a good
// row that can be told from it, and never to products a full feed may name.
func TestBrokenRows(t *testing.T) {
	t.Parallel()
	const head = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Barcode,Variant Price"
	quoted := "[3]|Title|b|" + textAfterQuote
	tests := []struct {
		name    string
		feed    []string
		want    []string
		created int
		unclear bool
	}{
		{"a quotation mark of one line", []string{head, "a,A,,,,,1", `b,"12" pipe",,,,,1`, "c,C,,,,,1"}, []string{quoted}, 2, true},
		{"a description of several lines", []string{head, "a,A,,,,,1", `b,"a 12" pipe`, "short line", `x,longer,,,,,"9" y`, `x,stray,,,,,9"`, "c,C,,,,,1"},
			[]string{quoted, "[4]|||may be the rest of the broken row before it", "[5]|Variant Price|x|" + textAfterQuote, "[6]|||may be the rest of the broken row before it"}, 2, true},
		{"a row that swallows others", []string{head, "a,A,,,,,1", `b,"open,,,,,1`, "c,C,,,,,1", `d,"D",,,,,1`, "e,E,,,,,1"},
			[]string{quoted + "; lines 3 to 5 were taken for one row"}, 2, true},
		{"a zero byte", []string{head, "a,A,,,,,1", "b,B\x00,,,,,1", "c,C,,,,,1"}, []string{"[3]|Title|b|holds a zero byte"}, 2, false},
		{"a stray quotation mark alone", []string{head, "a,A,,,,,1", `b,12" pipe,,,,,1`, "c,C,,,,,1"}, nil, 3, false},
		{"two products under one handle", []string{head, "a,A,Size,S,,,1", "b,B,,,,,1", "a,Other,Size,M,,,1"},
			[]string{`[2 4]|Title|a|two products have one handle: "A" and "Other"`}, 1, false},
		{"a title repeated", []string{head, "a,A,Size,S,,,1", "b,B,,,,,1", "a,A,Size,M,,,1"}, nil, 2, false},
		{"a variant of nothing but a barcode", []string{head, "a,A,Size,S,,11,1", "a,,,,,22,"}, []string{`[3]|Option1 Value|a|is blank; the product has the option "Size"`}, 0, false},
		{"new, with SKUs and no options", []string{"Handle,Title,Variant SKU,Variant Price", "a,A,s,1", "a,,t,2"},
			[]string{`[3]|Variant SKU|a|the product is new: give the options by which its variants differ`}, 0, false},
		{"one SKU twice", []string{"Handle,Title,Variant SKU,Variant Price", "a,A,s,1", "a,,s,2"}, []string{`[2 3]|Variant SKU|a|"s" stands twice`}, 0, false},
		{"no SKU twice", []string{"Handle,Title,Variant SKU,Variant Price", "a,A,,1", "a,,,2"},
			[]string{`[2 3]|Variant SKU|a|is blank, and so it is in another row of the product: nothing tells the variants apart`}, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shop(t, dbtest.SQLite(t))
			loaded(t, s, "Handle,Title,Variant Price\nold,Old,1\n", Options{})
			r := loaded(t, s, feedOf(tt.feed...), Options{Full: true})
			if diff := cmp.Diff(tt.want, shown(r.Rejects)); diff != "" || r.Created != tt.created || r.Rejected != len(tt.want) {
				t.Errorf("%d created, want %d (-want +got):\n%s", r.Created, tt.created, diff)
			}
			remarked := strings.Contains(strings.Join(shown(r.Remarks), ""), "nothing was removed")
			if removed := r.Removed == 1; removed == tt.unclear || remarked != tt.unclear {
				t.Errorf("%d removed, remarks %v", r.Removed, shown(r.Remarks))
			}
		})
	}
}

// TestHeaders holds column names that are read and that are refused.
func TestHeaders(t *testing.T) {
	t.Parallel()
	l, err := readHeader([]string{" HANDLE ", "Body  (html)", "Fabric (product.metafields.Care.Wash_temp)", "Variant Metafield: Fit.note", "Metafield: c.n [Number_Integer]",
		"Color (product.metafields.shopify.color-pattern)", "Metafield: shopify.x [id]", "Google Shopping / MPN", "", "Option4 Name"})
	if err != nil {
		t.Fatal(err)
	}
	fields := []metafield{
		{2, false, aisles.Metafield{Namespace: "Care", Key: "Wash_temp", Type: "single_line_text_field"}},
		{3, true, aisles.Metafield{Namespace: "Fit", Key: "note", Type: "single_line_text_field"}},
		{4, false, aisles.Metafield{Namespace: "c", Key: "n", Type: "number_integer"}},
	}
	if diff := cmp.Diff(fields, l.metafields, cmp.AllowUnexported(metafield{})); diff != "" || l.at[handle] != 0 || l.at[body] != 1 {
		t.Errorf("metafields (-want +got):\n%s", diff)
	}
	ignored := []string{"Color (product.metafields.shopify.color-pattern)", "Metafield: shopify.x [id]", "Google Shopping / MPN"}
	if diff := cmp.Diff(ignored, l.ignored); diff != "" || l.skip[9] || !l.skip[8] {
		t.Errorf("ignored (-want +got):\n%s", diff)
	}
	for _, twice := range [][]string{{"Handle", "Title", "title"}, {"Handle", "a (product.metafields.c.a)", "Metafield: c.a [boolean]"}, {"Handle", "URL handle", "Title"}} {
		if _, err := readHeader(twice); err == nil || !strings.Contains(err.Error(), "mean the same") {
			t.Errorf("%v: %v", twice, err)
		}
	}
}
