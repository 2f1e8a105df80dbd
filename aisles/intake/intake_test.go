package intake

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/aisles/store"
	"aisles/cmd/aisles/demo"
	"aisles/internal/db/dbtest"
	"aisles/internal/realdata"
)

var update = flag.Bool("update", false, "write golden files")

// shop is a catalog with one partner, "acme".
func shop(t testing.TB, h *dbtest.Home) *store.Store {
	t.Helper()
	url := h.URL("aisles")
	if _, err := store.Migrate(t.Context(), url, store.Options{}); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: "acme"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func feedOf(rows ...string) string { return strings.Join(rows, "\n") + "\n" }

// loaded loads a feed that is not refused.
func loaded(t testing.TB, s *store.Store, feed string, o Options) aisles.Report {
	t.Helper()
	o.Partner, o.TempDir = "acme", t.TempDir()
	imp, err := Load(t.Context(), s, strings.NewReader(feed), o)
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(o.TempDir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	return imp.Report
}

func product(t testing.TB, s *store.Store, key string) aisles.Product {
	t.Helper()
	p, err := s.Product(t.Context(), aisles.Ref{Partner: "acme", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shown gives notes as the command line shows them.
func shown(notes []aisles.Note) []string {
	var out []string
	for _, n := range notes {
		out = append(out, fmt.Sprintf("%v|%s|%s|%s", n.Lines, n.Column, n.Product, n.Reason))
	}
	return out
}

// small makes the spool write nearly everything to disk, in two levels.
var small = limits{memory: 600, fan: 3, levels: 3}

// TestFields reads each column of Shopify's older and newer template.
func TestFields(t *testing.T) {
	t.Parallel()
	older := feedOf(
		"Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,Image Position,Image Alt Text,SEO Title,SEO Description,Variant Image,Variant Weight Unit,Cost per item,Status,Fabric (product.metafields.custom.fabric),Metafield: care.text [multi_line_text_field],Variant Metafield: fit.note [single_line_text_field]",
		`tee, Tee ,"<p>a ""b""`+"\r\n"+`c</p>",V,Apparel > Tops,Shirt,"b, a, B",false,Size,S,Color,Red,Fit,Slim,T-S,1500,shopify,-3,continue,9.9,12,false,FALSE,123,https://x.test/2.jpg,2,two,st,sd,https://x.test/v.jpg,kg,4.5,Draft,Linen,Wash,snug`,
		`tee,,,,,,,,,M,,Red,,Slim,T-M,,,7,,10,,,,,//x.test/1.jpg,1,one,,,,,,,,,`,
		`tee,,,,,,,,,,,,,,,,,,,,,,,,https://x.test/3.jpg,,three,,,,,,,,,`)
	newer := feedOf(
		"Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,Option1 name,Option1 value,Option2 name,Option2 value,Option3 name,Option3 value,Price,Compare-at price,Cost per item,Charge tax,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight value (grams),Weight unit for display,Requires shipping,Product image URL,Image position,Image alt text,Variant image URL,SEO title,SEO description,Fabric (product.metafields.custom.fabric),Metafield: care.text [multi_line_text_field],Variant Metafield: fit.note [single_line_text_field]",
		`Tee,tee,"<p>a ""b""`+"\n"+`c</p>",V,Apparel > Tops,Shirt,"b, a, B",FALSE,draft,T-S,123,Size,S,Color,Red,Fit,Slim,9.9,12,4.5,FALSE,shopify,-3,CONTINUE,1500.0,kg,FALSE,https://x.test/2.jpg,2,two,https://x.test/v.jpg,st,sd,Linen,Wash,snug`,
		`,tee,,,,,,,,T-M,,,M,,Red,,Slim,10,,,,,7,DENY,,,,//x.test/1.jpg,1,one,,,,,,`,
		`,tee,,,,,,,,,,,,,,,,,,,,,,,,,,https://x.test/3.jpg,,three,,,,,,`)
	want := aisles.Product{
		Key: "tee", Title: "Tee", BodyHTML: "<p>a \"b\"\nc</p>", Vendor: "V", ProductType: "Shirt", Category: "Apparel > Tops", Tags: []string{"a", "b"},
		Status: aisles.Draft, Handle: "tee", SEO: aisles.SEO{Title: "st", Description: "sd"},
		Options: []aisles.Option{{Name: "Size", Values: []string{"S", "M"}}, {Name: "Color", Values: []string{"Red"}}, {Name: "Fit", Values: []string{"Slim"}}},
		Variants: []aisles.Variant{
			{
				Key: "T-S", SKU: "T-S", Barcode: "123", Price: "9.90", CompareAtPrice: "12.00", Cost: "4.50", Options: []string{"S", "Red", "Slim"},
				Weight: &aisles.Weight{Value: 1.5, Unit: "kg"}, InventoryPolicy: aisles.Continue, Inventory: []aisles.Level{{Location: "default", Quantity: -3}},
				Image: "https://x.test/v.jpg", Metadata: []aisles.Metafield{{Namespace: "fit", Key: "note", Type: "single_line_text_field", Value: "snug"}},
			},
			{
				Key: "T-M", SKU: "T-M", Price: "10.00", Options: []string{"M", "Red", "Slim"}, Taxable: true, RequiresShipping: true,
				InventoryPolicy: aisles.Deny, Inventory: []aisles.Level{}, Metadata: []aisles.Metafield{},
			},
		},
		Media: []aisles.Media{{URL: "https://x.test/1.jpg", Alt: "one"}, {URL: "https://x.test/2.jpg", Alt: "two"}, {URL: "https://x.test/3.jpg", Alt: "three"}},
		Metadata: []aisles.Metafield{
			{Namespace: "care", Key: "text", Type: "multi_line_text_field", Value: "Wash"},
			{Namespace: "custom", Key: "fabric", Type: "single_line_text_field", Value: "Linen"},
		},
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := shop(t, h)
		for i, feed := range []string{older, newer} {
			r := loaded(t, s, feed, Options{})
			if r.Rejected > 0 || len(r.IgnoredColumns) > 0 || r.Rows != 3 || r.Created != 1-i || r.Unchanged != i {
				t.Fatalf("template %d: %+v", i, r)
			}
			if diff := cmp.Diff(want, product(t, s, "tee")); diff != "" {
				t.Errorf("template %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// TestRejects holds, for each rule, a feed and the notes it gets. Every feed
// carries the good product "ok", which must arrive.
func TestRejects(t *testing.T) {
	t.Parallel()
	const ok = "ok,Fine,,,1,"
	long := strings.Repeat("x", maxCell)
	tests := []struct {
		name string
		rows []string
		want string
	}{
		{"clash", []string{"a,A,Size,S,1,a1", ok, "a,,,s,2,a2"}, `[2 4]|Option1 Value|a|two variants have the same options (s)`},
		{"no options", []string{"a,A,,,1,a1", ok, "a,,,,2,a2"}, `[2 4]|Option1 Value|a|two variants, and no option to tell them apart`},
		{"value missing", []string{"a,A,Size,S,1,a1", ok, "a,,,,2,a2"}, `[4]|Option1 Value|a|is blank; the product has the option "Size"`},
		{"name missing", []string{"a,A,,S,1,a1", ok}, `[2]|Option1 Name|a|is blank beside the value "S"`},
		{"blank title", []string{"a, ,,,1,", ok}, `[2]|Title|a|is blank`},
		{"thousands", []string{`a,A,,,"1,299.00",`, ok}, `[2]|Variant Price|a|"1,299.00" is not an amount: use digits with a decimal point, such as 19.90`},
		{"negative", []string{"a,A,,,-5,", ok}, `[2]|Variant Price|a|"-5" is not an amount: use digits with a decimal point, such as 19.90`},
		{"decimal comma", []string{`a,A,,,"12,50",`, ok}, `[2]|Variant Price|a|"12,50" is not an amount: use digits with a decimal point, such as 19.90`},
		{"currency", []string{"a,A,,,€5,", ok}, `[2]|Variant Price|a|"€5" is not an amount: use digits with a decimal point, such as 19.90`},
		{"exponent", []string{"a,A,,,1e30,", ok}, `[2]|Variant Price|a|"1e30" is not an amount: use digits with a decimal point, such as 19.90`},
		{"huge", []string{"a,A,,,1" + strings.Repeat("0", 18) + ",", ok}, `[2]|Variant Price|a|"1000000000000000000" is too large an amount: it must be below 1e18`},
		{"case of handles", []string{"A,A,,,1,", ok, "a,B,,,1,", "a,,,,,"}, `[2 4]|Handle|a|"a" and "A" are one handle to Shopify`},
		{"too many cells", []string{"a,A,,,1,,,more", ok}, `[2]|8|a|the row has more cells than the header's 6`},
		{"too few cells", []string{"a,A,,", ok}, `[2]||a|the row ends after 4 of 6 cells`},
		{"cell too large", []string{"a," + long + "x,,,1,", ok}, `[2]|Title|a|the cell has more than 1048576 bytes`},
		{"row too large", []string{fmt.Sprintf(`a,"%s",%s,%s,%s,x`, long, long, long, long), ok}, `[2]|Variant Price|a|the row has more than 4194304 bytes up to here`},
		{"text after quote", []string{`a,"A"b,,,1,`, ok}, `[2]|Title|a|text follows the closing quotation mark; a quotation mark in a quoted cell is written twice`},
		{"handle spoiled", []string{`"a"b,A,,,1,`, ok}, `[2]|Handle||text follows the closing quotation mark; a quotation mark in a quoted cell is written twice`},
		{"no handle", []string{",A,,,1,", ok}, `[2]|Handle||is blank: the row belongs to no product`},
		{"long title", []string{"a," + strings.Repeat("é", 256) + ",,,1,", ok}, `[2]|Title|a|has 256 characters; at most 255 are taken`},
		{"after line breaks", []string{"ok,\"Fine\r\n\n\",,,1,", "", "a,A,,,x,"}, `[6]|Variant Price|a|"x" is not an amount: use digits with a decimal point, such as 19.90`},
	}
	s := shop(t, dbtest.SQLite(t))
	for _, tt := range tests {
		for _, within := range []limits{usual, small} {
			feed := feedOf(append([]string{"Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant SKU"}, tt.rows...)...)
			imp, err := loadWithin(t.Context(), s, strings.NewReader(feed), Options{Partner: "acme", TempDir: t.TempDir()}, within)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			if diff := cmp.Diff([]string{tt.want}, shown(imp.Report.Rejects)); diff != "" || imp.Report.Rejected != 1 || imp.Status != aisles.ImportPartial {
				t.Errorf("%s: %d rejected (-want +got):\n%s", tt.name, imp.Report.Rejected, diff)
			}
			want := 1
			if strings.HasPrefix(tt.name, "case") {
				want = 2
			}
			if got := imp.Report.Created + imp.Report.Updated + imp.Report.Unchanged; got != want {
				t.Errorf("%s: %d products arrived, want %d", tt.name, got, want)
			}
		}
	}
}

// TestRefused holds what is no feed: nothing may be written.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	loaded(t, s, feedOf("Handle,Title,Variant Price", "kept,Kept,1"), Options{})
	tests := []struct{ name, feed, want string }{
		{"empty", "", "it is empty"},
		{"blanks", "\ufeff \r\n\r\n", "it is empty"},
		{"html", "<!DOCTYPE html><p>Sign in</p>", "it is a web page"},
		{"xml", "<?xml version='1.0'?><rss/>", "no Google Merchant feed"},
		{"other xml", "<store><products/></store>", `here "store" stands`},
		{"news", "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>News</title></entry></feed>", "nothing has a price"},
		{"xml cut off", "<rss><channel><item><id>1</id><price>1 EUR</price></item>", "the XML breaks off"},
		{"xml nested", "<rss><channel>" + strings.Repeat("<a>", 40), "nested more than 32 deep"},
		{"xml bomb", `<!DOCTYPE x [<!ENTITY a "aaaa">]><rss><channel><item><id>&a;</id>`, "the XML breaks off"},
		{"json array", `[{"key":"a"}]`, "JSON array"},
		{"json over lines", "{\n\"key\":\"a\"\n}", "a whole product on each line"},
		{"json", ` {"products":[]}`, "the first names no product"},
		{"zip cut off", "PK\x03\x04\x00\x00", "the zip is damaged"},
		{"pdf", "%PDF-1.7", "it is a binary file"},
		{"utf-16 without its mark", "H\x00a\x00n\x00d\x00l\x00e\x00", "it is a binary file"},
		{"no handle", "Name,Price\nA,1\n", `it has no column Handle; its first line is "Name, Price"`},
		{"handle alone", "Handle,Weather\na,fine\n", "no other that a product has"},
		{"twice", "Handle,Title,Variant Price,Price\na,A,1,2\n", "columns 3 and 4 (Variant Price, Price) mean the same"},
		{"unclosed", "Handle,Title\nnew,New\nb,\"B\nc,C\nd,D\n", "line 3, column Title: a quotation mark is opened there and never closed; nothing was written"},
	}
	for _, tt := range tests {
		imp, err := Load(t.Context(), s, strings.NewReader(tt.feed), Options{Partner: "acme", Full: true})
		if aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
		if kept, e := s.Import(t.Context(), imp.ID); e != nil || kept.Status != aisles.ImportFailed || kept.Error != err.Error() || kept.FinishedAt == nil {
			t.Errorf("%s: kept %+v %v", tt.name, kept, e)
		}
		if n, err := s.Count(t.Context(), "acme"); n != 1 || err != nil {
			t.Errorf("%s: %d products after it, %v", tt.name, n, err)
		}
	}
	if imp, err := Load(t.Context(), s, strings.NewReader("x"), Options{Partner: "acme", Format: "xls"}); aisles.CodeOf(err) != aisles.Invalid || imp.ID != "" {
		t.Errorf("format: %v", err)
	}
	if _, err := Load(t.Context(), s, strings.NewReader("Handle,Title\n"), Options{Partner: "nobody"}); aisles.CodeOf(err) != aisles.NotFound {
		t.Errorf("partner: %v", err)
	}
}

// TestLeaveAndClear shows what absent columns and empty cells do to a product
// that is there.
func TestLeaveAndClear(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := shop(t, h)
		full := feedOf("Handle,Title,Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode,Cost per item,Variant Inventory Qty,Image Src,m (product.metafields.c.a),n (product.metafields.c.b)",
			"a,A,V,t,Size,S,s,1,11,0.5,5,https://x.test/a.jpg,x,y", "a,,,,,M,m,2,22,0.6,6,,,")
		loaded(t, s, full, Options{})
		before := product(t, s, "a")
		steps := []struct {
			name, feed string
			change     func(*aisles.Product)
		}{
			{"absent columns leave", "Handle,Title\na,A2", func(p *aisles.Product) { p.Title = "A2" }},
			{"empty cells clear, of the first row only", "Handle,Title,Vendor,Tags\na,A,,t2\na,,other,", func(p *aisles.Product) { p.Title, p.Vendor, p.Tags = "A", "", []string{"t2"} }},
			{"one metafield of two", "Handle,Title,m (product.metafields.c.a)\na,A,", func(p *aisles.Product) { p.Metadata = p.Metadata[1:] }},
			{"prices by SKU", "Handle,Title,Variant SKU,Variant Price\na,A,m,3", func(p *aisles.Product) { p.Variants[1].Price = "3.00" }},
			{"stock by SKU", "Handle,Variant SKU,Variant Inventory Qty\na,s,0", func(p *aisles.Product) { p.Variants[0].Inventory[0].Quantity = 0 }},
			{"an empty price leaves, an empty barcode clears", "Handle,Title,Variant SKU,Variant Price,Variant Barcode\na,A,m,,", func(p *aisles.Product) { p.Variants[1].Barcode = "" }},
			{"options without SKU", "Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,Size,S,4\na,,,M,5", func(p *aisles.Product) { p.Variants[0].Price, p.Variants[1].Price = "4.00", "5.00" }},
			{"a SKU is renamed", "Handle,Title,Option1 Name,Option1 Value,Variant SKU\na,A,Size,S,s2\na,,,M,m", func(p *aisles.Product) { p.Variants[0].SKU, p.Variants[0].Key = "s2", "s2" }},
			{"pictures replace", "Handle,Title,Image Src\na,A,https://x.test/b.jpg", func(p *aisles.Product) { p.Media = []aisles.Media{{URL: "https://x.test/b.jpg"}} }},
			{"no picture clears", "Handle,Title,Image Src\na,A,", func(p *aisles.Product) { p.Media = []aisles.Media{} }},
			{"options replace variants", "Handle,Title,Option1 Name,Option1 Value,Variant SKU\na,A,Size,M,m", func(p *aisles.Product) {
				p.Variants, p.Options[0].Values = p.Variants[1:], []string{"M"}
			}},
		}
		want := before
		for _, step := range steps {
			r := loaded(t, s, step.feed+"\n", Options{})
			step.change(&want)
			got := product(t, s, "a")
			if diff := cmp.Diff(want, got); diff != "" || r.Rejected > 0 {
				t.Errorf("%s: %v (-want +got):\n%s", step.name, shown(r.Rejects), diff)
			}
			want = got
		}
		r := loaded(t, s, "Handle,Title,Variant SKU,Variant Price\na,A,nope,3\n", Options{})
		if diff := cmp.Diff([]string{`[2]|Variant SKU|a|the product has no variant "nope"; give its options to add it`}, shown(r.Rejects)); diff != "" {
			t.Errorf("unknown SKU (-want +got):\n%s", diff)
		}
	})
}

func TestDefaultTitle(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	loaded(t, s, "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Barcode\na,A,Title,Default Title,1,99\n", Options{})
	loaded(t, s, "Handle,Title,Option1 Name,Option1 Value,Variant Price\na,A,Title,Default Title,2\n", Options{})
	p := product(t, s, "a")
	if len(p.Options) != 0 || len(p.Variants) != 1 || p.Variants[0].Barcode != "99" || p.Variants[0].Price != "2.00" {
		t.Errorf("%+v", p)
	}
	// One price and nothing to name the variant by: it is the only one.
	loaded(t, s, "Handle,Title,Variant SKU,Variant Price\nb,B,sku,1\n", Options{})
	if r := loaded(t, s, "Handle,Title,Variant Price\nb,B,3\n", Options{}); r.Updated != 1 || product(t, s, "b").Variants[0].Price != "3.00" {
		t.Errorf("%+v", r)
	}
}

func TestMissingPrice(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	for _, feed := range []string{"Handle,Title,Status\na,A,active\n", "Handle,Title,Status,Variant Price\nb,B,active,\n"} {
		for i := range 2 { // however often the feed comes
			r := loaded(t, s, feed, Options{})
			if len(r.Remarks) != 1 || r.Created != 1-i || r.Unchanged != i {
				t.Fatalf("%q: %+v", feed, r)
			}
			if p := product(t, s, r.Remarks[0].Product); p.Status != aisles.Draft || p.Variants[0].Price != "0.00" {
				t.Errorf("%q: %+v", feed, p)
			}
		}
	}
	for price, want := range map[string]aisles.Status{"3": aisles.Active, "0": aisles.Active} {
		loaded(t, s, "Handle,Title,Status,Variant Price\na,A,active,"+price+"\n", Options{})
		if p := product(t, s, "a"); p.Status != want {
			t.Errorf("at %s: %s", price, p.Status)
		}
		loaded(t, s, "Handle,Title,Status,Variant Price\na,A,draft,0\n", Options{})
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := shop(t, h)
		const head = "Handle,Title,Variant Price\n"
		load := func(feed string, o Options, want string) {
			t.Helper()
			r := loaded(t, s, head+feed, o)
			n, err := s.Count(t.Context(), "acme")
			if got := fmt.Sprintf("%d removed, %d rejected, %d left", r.Removed, r.Rejected, n); got != want || err != nil {
				t.Errorf("%s, want %s; %v %v %v", got, want, shown(r.Rejects), shown(r.Remarks), err)
			}
		}
		load("a,A,1\nb,B,1\nc,C,1\nd,D,1\n", Options{}, "0 removed, 0 rejected, 4 left")
		load("a,A,1\n", Options{Full: true, DryRun: true}, "3 removed, 0 rejected, 4 left")
		load("a,A,1\nb,B,nonsense\nC,C2,1\nc,C,1\n", Options{Full: true}, "1 removed, 2 rejected, 4 left")
		load("a,A,1\n,B,1\n", Options{Full: true}, "0 removed, 1 rejected, 4 left")
		load("a,A,1\n\"b\"x,B,1\n", Options{Full: true}, "0 removed, 1 rejected, 4 left")
		load("", Options{Full: true, DryRun: true}, "4 removed, 0 rejected, 4 left")
		load("", Options{Full: true}, "4 removed, 0 rejected, 0 left")
	})
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	loaded(t, s, feedOf("Handle,Title,Variant Price", "a,A,1", "b,B,1", "c,C,1"), Options{})
	feed := feedOf("Handle,Title,Variant Price", "a,A,1", "b,B2,1", "d,D,", "e,,1")
	dry := loaded(t, s, feed, Options{DryRun: true, Full: true})
	if n, err := s.Count(t.Context(), "acme"); n != 3 || err != nil || product(t, s, "b").Title != "B" {
		t.Errorf("a dry run wrote: %d products, %v", n, err)
	}
	if diff := cmp.Diff(loaded(t, s, feed, Options{Full: true}), dry); diff != "" {
		t.Errorf("dry run (-real +dry):\n%s", diff)
	}
}

// TestText loads one catalog in every form of text.
func TestText(t *testing.T) {
	t.Parallel()
	utf16 := func(s string, big bool) string {
		out := []byte{0xff, 0xfe}
		for _, r := range s {
			out = append(out, byte(r), byte(r>>8))
		}
		for i := 0; big && i < len(out); i += 2 {
			out[i], out[i+1] = out[i+1], out[i]
		}
		return string(out)
	}
	latin := func(s string) string { return strings.NewReplacer("é", "\xe9", "’", "\x92").Replace(s) }
	plain := "Handle,Title,Body (HTML),Variant Price\ncafe,\"Café, l’été\",\"one\ntwo\",1.50\n"
	tests := []struct{ name, feed, remark string }{
		{"UTF-8", plain, ""},
		{"byte order mark", "\ufeff" + plain, ""},
		{"UTF-16 LE", utf16(plain, false), ""},
		{"UTF-16 BE", utf16(plain, true), ""},
		{"Windows-1252", latin(plain), "[]|||the feed is not UTF-8 and was read as Windows-1252"},
		{"one cell of Windows-1252", plain + "b,\"Caf\xe9\",é,1\nc,é,é,1\n", "[]|||1 cells of the feed that are not UTF-8 were read as Windows-1252"},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), ""},
		{"CR", strings.ReplaceAll(plain, "\n", "\r"), ""},
		{"no last line end", strings.TrimSuffix(plain, "\n"), ""},
		{"semicolons", "Handle;Title;Body (HTML);Variant Price\ncafe;Café, l’été;\"one\ntwo\";1.50\n", ""},
		{"Excel's hint", "sep=;\r\nHandle;Title;Body (HTML);Variant Price\ncafe;Café, l’été;\"one\ntwo\";1.50\n", ""},
		{"tabs", "Handle\tTitle\tBody (HTML)\tVariant Price\ncafe\tCafé, l’été\t\"one\ntwo\"\t1.50\n", ""},
		{"other case and blanks", "\n HANDLE ,title,body  (html),variant price\n cafe ,\"Café, l’été\" ,\"one\ntwo\",1.50\n,,,\n\n", ""},
		{"quotation mark within a cell", "Handle,Title,Body (HTML),Variant Price,Vendor\ncafe,\"Café, l’été\",\"one\ntwo\" ,1.50,5\" \"x\"\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shop(t, dbtest.SQLite(t))
			r := loaded(t, s, tt.feed, Options{})
			p := product(t, s, "cafe")
			if p.Title != "Café, l’été" || p.BodyHTML != "one\ntwo" || p.Variants[0].Price != "1.50" || r.Created != r.Rows {
				t.Errorf("%+v\n%+v", p, r)
			}
			if got := strings.Join(shown(r.Remarks), ";"); got != tt.remark {
				t.Errorf("remarks %q, want %q", got, tt.remark)
			}
			if strings.Contains(tt.name, "quotation") && p.Vendor != `5" "x"` {
				t.Errorf("vendor %q", p.Vendor)
			}
			if strings.HasPrefix(tt.name, "one cell") && product(t, s, "b").Title != "Café" {
				t.Errorf("%+v", product(t, s, "b"))
			}
		})
	}
}

// TestAccidentalUnicode reads Windows-1252 of which one cell happens to be
// valid UTF-8, and handles that differ in the case of a letter outside ASCII.
func TestAccidentalUnicode(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	r := loaded(t, s, "Handle,Title,Variant Price\nspass,\x84Spa\xdf\x93,1\nb,B\xfccher,1\n\xc9t\xe9,x,1\n\xe9t\xe9,x,1\n\xe8t\xe9,x,1\n", Options{})
	if p := product(t, s, "spass"); p.Title != "„Spaß“" {
		t.Errorf("title %q", p.Title)
	}
	if diff := cmp.Diff([]string{`[4 5]|Handle|été|"été" and "Été" are one handle to Shopify`}, shown(r.Rejects)); diff != "" || r.Created != 4 {
		t.Errorf("%+v (-want +got):\n%s", r, diff)
	}
	// A cell that is UTF-8 by accident and nothing else.
	loaded(t, s, "Handle,Title,Variant Price\nspass,Spa\xdf\x93,1\nb,B\xfccher,1\n", Options{})
	if p := product(t, s, "spass"); p.Title != "Spaß“" {
		t.Errorf("title %q", p.Title)
	}
}

// TestGathered scatters the rows of many products and lets most go to disk.
func TestGathered(t *testing.T) {
	t.Parallel()
	const products, variants = 120, 5
	rows := []string{"Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Body (HTML)"}
	for v := range variants {
		for p := range products {
			first := ",,"
			if v == 0 {
				first = fmt.Sprintf(",Product %d,Size", p)
			}
			rows = append(rows, fmt.Sprintf("p%d%s,%d,p%d-%d,%d.5,%s", p, first, v, p, v, v, strings.Repeat("y", 50)))
		}
	}
	s := shop(t, dbtest.SQLite(t))
	dir := t.TempDir()
	within := limits{memory: 8 << 10, fan: 4, levels: 4}
	imp, err := s.StartImport(t.Context(), aisles.Import{Partner: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(s, imp, Options{Partner: "acme", TempDir: dir}, within)
	if err := l.run(t.Context(), strings.NewReader(feedOf(rows...))); err != nil {
		t.Fatal(err)
	}
	if r := l.imp.Report; r.Rows != products*variants || r.Created != products || r.Rejected != 0 {
		t.Errorf("%+v", r)
	}
	if l.spool.made < 2*within.fan {
		t.Errorf("%d files: nothing was divided twice", l.spool.made)
	}
	if most := within.memory / 64; l.spool.most > most {
		t.Errorf("%d rows held at a time, want at most %d of %d", l.spool.most, most, products*variants)
	}
	if p := product(t, s, "p77"); len(p.Variants) != variants || p.Title != "Product 77" {
		t.Errorf("%+v", p)
	}
	if err := l.spool.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestTooManyRows bounds what one product may hold.
func TestTooManyRows(t *testing.T) {
	t.Parallel()
	var feed strings.Builder
	feed.WriteString("Handle,Title,Option1 Name,Option1 Value,Option4 Value,Variant Price\n")
	for i := range maxProductRows + 1 {
		fmt.Fprintf(&feed, "big,Big,Nr,%d,,1\n", i)
	}
	for i := range aisles.MaxVariants + 1 {
		fmt.Fprintf(&feed, "wide,Wide,Nr,%d,,1\n", i)
	}
	feed.WriteString("four,Four,Nr,1,x,1\n")
	r := loaded(t, shop(t, dbtest.SQLite(t)), feed.String(), Options{})
	want := []string{
		`[2]|Handle|big|the product has 2299 rows of 387 kB; at most 2298 rows and 16384 kB are taken`,
		`[2301]||wide|variants: 2049 variants; a product has 1 to 2048`,
		`[4350]|Option4 Value|four|has "x"; Shopify takes three options`,
	}
	if diff := cmp.Diff(want, shown(r.Rejects)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestZeroByte has one where nobody looks at first: a database would refuse the
// whole batch for it.
func TestZeroByte(t *testing.T) {
	t.Parallel()
	feed := feedOf("Handle,Title,Body (HTML),Variant Price", "ok,Fine,"+strings.Repeat("x", sniffed)+",1", "a,A\x00,,1")
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		r := loaded(t, shop(t, h), feed, Options{})
		if diff := cmp.Diff([]string{`[3]|Title|a|holds a zero byte`}, shown(r.Rejects)); diff != "" || r.Created != 1 {
			t.Errorf("%d created (-want +got):\n%s", r.Created, diff)
		}
	})
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	var feed strings.Builder
	feed.WriteString("Handle,Title\n")
	const n = 2*aisles.MostNotes + 500
	for i := range n {
		fmt.Fprintf(&feed, "p%d,\n", i)
	}
	r := loaded(t, shop(t, dbtest.SQLite(t)), feed.String(), Options{})
	if r.Rejected != n || len(r.Rejects) != aisles.MostNotes || r.Rejects[aisles.MostNotes-1].Lines[0] != aisles.MostNotes+1 {
		t.Errorf("%d rejected, %d notes, the last of line %v", r.Rejected, len(r.Rejects), r.Rejects[len(r.Rejects)-1].Lines)
	}
}

// interrupting ends a context once so much of the feed was read.
type interrupting struct {
	r    *strings.Reader
	left int
	stop context.CancelFunc
}

func (i *interrupting) Read(b []byte) (int, error) {
	n, err := i.r.Read(b[:min(len(b), 1000)])
	if i.left -= n; i.left < 0 {
		i.stop()
	}
	return n, err
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	var feed strings.Builder
	feed.WriteString("Handle,Title,Variant Price\n")
	for i := range 20_000 {
		fmt.Fprintf(&feed, "p%d,P,1\n", i)
	}
	s := shop(t, dbtest.SQLite(t))
	ctx, stop := context.WithCancel(t.Context())
	reader := &interrupting{strings.NewReader(feed.String()), 100_000, stop}
	imp, err := Load(ctx, s, reader, Options{Partner: "acme", Full: true})
	if err == nil || !strings.Contains(err.Error(), "was interrupted at line ") || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("while reading: %v", err)
	}
	kept, e := s.Import(t.Context(), imp.ID)
	if e != nil || kept.Status != aisles.ImportFailed || kept.Report.StoppedAt < 2 || kept.Report.Created != 0 {
		t.Errorf("while reading: %+v %v", kept, e)
	}

	ctx, stop = context.WithCancel(t.Context())
	var stages []string
	imp, err = Load(ctx, s, strings.NewReader(feed.String()), Options{Partner: "acme", Progress: func(p Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
		if p.Products > 0 {
			stop()
		}
	}})
	if err == nil || imp.Report.StoppedAt < 2 || imp.Report.Created == 0 || imp.Report.Created == 20_000 {
		t.Errorf("while writing: %v %+v", err, imp.Report)
	}
	if n, err := s.Count(t.Context(), "acme"); n != imp.Report.Created || err != nil {
		t.Errorf("%d products, the report says %d, %v", n, imp.Report.Created, err)
	}
	if !slices.Equal(stages, []string{Reading, Writing}) {
		t.Errorf("stages %v", stages)
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Logf("no /dev/full here: %v", err)
		return
	}
	s := &spool{limits: small, key: func(r row) string { return r.cells[0] }}
	if s.files, err = s.divide(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, p := range s.files.parts {
		p.out.Reset(full)
	}
	for i := 0; i < 100 && err == nil; i++ {
		err = s.add(row{line: i, cells: []string{"a", strings.Repeat("x", 4096)}})
	}
	if err == nil || !strings.Contains(err.Error(), "temporary file") || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("%v", err)
	}
	if err := (&spool{limits: limits{memory: 1, fan: 1}, parent: filepath.Join(t.TempDir(), "none"), key: s.key}).add(row{cells: []string{"a"}}); err == nil {
		t.Error("no error without a folder")
	}
}

// goldenReport compares an import with its file.
func goldenReport(t *testing.T, name string, imp aisles.Import) {
	t.Helper()
	imp.ID, imp.StartedAt, imp.FinishedAt = "", time.Time{}, nil
	golden(t, name, imp)
}

// golden compares a value with its file.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
		t.Errorf("%s (-want +got), -update writes it:\n%s", name, diff)
	}
}

func TestDemoReports(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := shop(t, h)
		for _, f := range demo.Feeds("https://pictures.test") {
			if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: f.Partner, Name: f.Name, Currency: f.Currency}); err != nil {
				t.Fatal(err)
			}
			for _, within := range []limits{usual, small} {
				imp, err := loadWithin(t.Context(), s, strings.NewReader(string(f.Body)), Options{Partner: f.Partner, Source: f.FileName, Full: true, TempDir: t.TempDir()}, within)
				if err != nil {
					t.Fatal(err)
				}
				if within == usual {
					goldenReport(t, f.Partner, imp)
				} else if imp.Report.Unchanged == 0 || imp.Report.Created+imp.Report.Updated+imp.Report.Removed > 0 {
					t.Errorf("%s again: %+v", f.Partner, imp.Report)
				}
			}
		}
	})
}

func TestRealReports(t *testing.T) {
	t.Parallel()
	folder := realdata.Dir(t)
	s := shop(t, dbtest.SQLite(t))
	for _, name := range []string{"gatsby/products.csv", "packt/Product-data.csv"} {
		body, err := os.ReadFile(filepath.Join(folder, "data", "shopify-csv", name))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			imp, err := Load(t.Context(), s, strings.NewReader(string(body)), Options{Partner: "acme", Source: filepath.Base(name)})
			if err != nil {
				t.Fatal(err)
			}
			if imp.Report.Created > 0 {
				goldenReport(t, filepath.Dir(name), imp)
			} else if imp.Report.Unchanged == 0 || imp.Report.Updated > 0 {
				t.Errorf("%s again: %+v", name, imp.Report)
			}
		}
	}
}
