package intake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/aisles/store"
	"aisles/internal/db/dbtest"
	"aisles/internal/realdata"
)

// TestGoogleSamples reads samples of Google's and Criteo's documentation and
// keeps what became of them as golden files.
func TestGoogleSamples(t *testing.T) {
	t.Parallel()
	folder := realdata.Dir(t)
	for _, name := range []string{"celebird_rss_variants.xml", "dpa_product_catalog_sample_feed_atom.xml", "dpa_product_catalog_sample_feed_rss.xml", "xml_criteo_feed_sample.xml"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			feed, err := os.ReadFile(filepath.Join(folder, "data", "google-feeds", name))
			if err != nil {
				t.Fatal(err)
			}
			s := shop(t, dbtest.SQLite(t))
			report := loaded(t, s, string(feed), Options{})
			products, err := s.Products(t.Context(), "acme", store.ProductQuery{})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(name, ".xml"), map[string]any{"report": report, "products": products})
		})
	}
}

// TestGoogleSameEverywhere reads one catalog as RSS, as Atom, as a table and
// as JSON Lines: each is the same catalog, so only the first changes anything.
func TestGoogleSameEverywhere(t *testing.T) {
	t.Parallel()
	const items = `<g:id>S1</g:id><title>Shirt</title><g:description>Soft &amp; "light"` + "\n" + `5 &lt; 6</g:description><g:item_group_id>shirt</g:item_group_id><g:brand>Acme</g:brand>
<g:image_link>https://x.test/1.jpg</g:image_link><g:additional_image_link>https://x.test/2.jpg</g:additional_image_link><g:additional_image_link>https://x.test/3.jpg</g:additional_image_link>
<g:price>19.90 EUR</g:price><g:sale_price>EUR 15</g:sale_price><g:availability>in stock</g:availability><g:gtin>0012345600012</g:gtin><g:shipping_weight>200 g</g:shipping_weight><g:color>Red</g:color><g:size>S</g:size>
<g:shipping><g:price>1 EUR</g:price></g:shipping>`
	const second = `<g:id>S2</g:id><title>Shirt</title><g:description>x</g:description><g:item_group_id>shirt</g:item_group_id><g:image_link>https://x.test/4.jpg</g:image_link>
<g:price>21 EUR</g:price><g:availability>out_of_stock</g:availability><g:color>Red</g:color><g:size>M</g:size>`
	rss := `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title><item>` + items + `</item><item>` + second + `</item></channel></rss>`
	atom := `<?xml version="1.0" encoding="ISO-8859-1"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><id>tag</id><entry>` + items + `</entry><entry>` + second + `</entry></feed>`
	tsv := "id\ttitle\tdescription\titem group id\tbrand\timage link\tadditional image link\tprice\tsale price\tavailability\tgtin\tshipping weight\tcolor\tsize\tshipping(country:price)\n" +
		"S1\tShirt\t\"Soft & \"\"light\"\"\n5 < 6\"\tshirt\tAcme\thttps://x.test/1.jpg\thttps://x.test/2.jpg, https://x.test/3.jpg\t19.90 EUR\tEUR 15\tin stock\t0012345600012\t200 g\tRed\tS\tx\n" +
		"S2\tShirt\tx\tshirt\t\thttps://x.test/4.jpg\t\t21 EUR\t\tout_of_stock\t\t\tRed\tM\t\n"
	want := aisles.Product{
		Key: "shirt", Title: "Shirt", BodyHTML: "<p>Soft &amp; &#34;light&#34;<br>5 &lt; 6</p>", Vendor: "Acme", Status: aisles.Active, Published: true, Tags: []string{},
		Options: []aisles.Option{{Name: "Color", Values: []string{"Red"}}, {Name: "Size", Values: []string{"S", "M"}}},
		Variants: []aisles.Variant{
			{
				Key: "S1", SKU: "S1", Barcode: "0012345600012", Price: "15.00", CompareAtPrice: "19.90", Options: []string{"Red", "S"}, Weight: &aisles.Weight{Value: 200, Unit: "g"},
				Taxable: true, RequiresShipping: true, InventoryPolicy: aisles.Deny, Inventory: []aisles.Level{}, Image: "https://x.test/1.jpg", Metadata: []aisles.Metafield{},
			},
			{
				Key: "S2", SKU: "S2", Price: "21.00", Options: []string{"Red", "M"}, Taxable: true, RequiresShipping: true, InventoryPolicy: aisles.Deny,
				Inventory: []aisles.Level{{Location: "default"}}, Image: "https://x.test/4.jpg", Metadata: []aisles.Metafield{},
			},
		},
		Media:    []aisles.Media{{URL: "https://x.test/1.jpg"}, {URL: "https://x.test/4.jpg"}, {URL: "https://x.test/2.jpg"}, {URL: "https://x.test/3.jpg"}},
		Metadata: []aisles.Metafield{},
	}
	line, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := shop(t, h)
		for i, feed := range []string{rss, atom, tsv, string(line), "\n\n" + string(line) + "\r\n"} {
			r := loaded(t, s, feed, Options{Full: true})
			if r.Rejected > 0 || r.Created+r.Unchanged != 1 || (r.Created == 1) != (i == 0) {
				t.Fatalf("feed %d: %+v", i, r)
			}
			if i < 2 && !cmp.Equal(r.IgnoredColumns, []string{"shipping"}) || i == 2 && !cmp.Equal(r.IgnoredColumns, []string{"shipping(country:price)"}) {
				t.Errorf("feed %d ignored %q", i, r.IgnoredColumns)
			}
			if diff := cmp.Diff(want, product(t, s, "shirt")); diff != "" {
				t.Errorf("feed %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// TestGoogleRejects holds, for each rule, an item that breaks it beside one
// that does not.
func TestGoogleRejects(t *testing.T) {
	t.Parallel()
	const head = "id\titem_group_id\ttitle\tprice\tavailability\tcolor\tsize\tpattern\tmaterial\tshipping_weight\timage_link\tsale_price\tsale_price_effective_date\n"
	const ok = "ok\t\tFine\t1 EUR\tin_stock\t\t\t\t\t\t\t\t\n"
	cells := func(s string) string { return strings.ReplaceAll(s, "|", "\t") + "\n" }
	for _, tt := range []struct{ name, rows, want string }{
		{"foreign currency", cells("a||A|5 USD|in_stock||||||||"), `[3]|price|a|"5 USD" is not in the partner's currency, EUR`},
		{"two currencies", cells("a||A|EUR 5 EUR|in_stock||||||||"), `[3]|price|a|"EUR 5 EUR" is no price such as 19.90 EUR`},
		{"decimal comma", cells("a||A|5,00 EUR|in_stock||||||||"), `[3]|price|a|"5,00" is not an amount: use digits with a decimal point, such as 19.90`},
		{"availability", cells("a||A|5 EUR|maybe||||||||"), `[3]|availability|a|"maybe" is none of in_stock, out_of_stock, preorder, backorder`},
		{"weight", cells("a||A|5 EUR|in_stock|||||3 stone|||"), `[3]|shipping_weight|a|"3 stone" is no weight such as 1.5 kg; units are g, kg, lb, oz`},
		{"picture", cells("a||A|5 EUR|in_stock||||||picture.jpg||"), `[3]|image_link|a|"picture.jpg" is no address of a picture`},
		{"no id", cells("||A|5 EUR|in_stock||||||||"), `[3]|id||is blank: the row belongs to no product`},
		{"no id in a group", cells("|g|A|5 EUR|in_stock||||||||"), `[3]|id|g|is blank`},
		{"one id twice", cells("a|g|A|5 EUR|in_stock|red|||||||") + cells("a|g|A|5 EUR|in_stock|blue|||||||"), `[3 4]|id|g|"a" stands twice`},
		{"clash", cells("a|g|A|5 EUR|in_stock|red|||||||") + cells("b|g|A|5 EUR|in_stock|Red|||||||"), `[3 4]|item_group_id|g|two items of the group have the same color, size, pattern and material`},
		{"value missing", cells("a|g|A|5 EUR|in_stock|red|||||||") + cells("c|g|A|5 EUR|in_stock|blue|||||||") + cells("b|g|A|5 EUR|in_stock||||||||"), `[5]|color|g|is blank; other items of the group have one`},
		{"four options", cells("a|g|A|5 EUR|in_stock|1|1|1|1||||") + cells("b|g|A|5 EUR|in_stock|2|2|2|2||||"), `[3]|material|g|the items of the group differ in color, size, pattern and material; Shopify takes three options`},
		{"sale dates", cells("a||A|5 EUR|in_stock|||||||4 EUR|tomorrow"), `[3]|sale_price_effective_date|a|"tomorrow" is no time span such as 2026-11-01T00:00+0100/2026-11-30T23:59+0100`},
		{"blank title", cells("a|||5 EUR|in_stock||||||||"), `[3]|title|a|is blank`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shop(t, dbtest.SQLite(t))
			if _, err := s.UpdatePartner(t.Context(), "acme", store.PartnerPatch{Currency: aisles.Some("EUR")}); err != nil {
				t.Fatal(err)
			}
			r := loaded(t, s, head+ok+tt.rows, Options{})
			if diff := cmp.Diff([]string{tt.want}, shown(r.Rejects)); diff != "" || r.Created != 1 {
				t.Errorf("%d created (-want +got):\n%s", r.Created, diff)
			}
		})
	}
}

// TestGoogleSale takes a sale price while it is valid.
func TestGoogleSale(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	for _, tt := range []struct{ sale, dates, price, before string }{
		{"8 EUR", "", "8.00", "10.00"},
		{"8 EUR", "2000-01-01T00:00+0100/2999-01-01T00:00Z", "8.00", "10.00"},
		{"8 EUR", "2000-01-01/2001-01-01", "10.00", ""},
		{"8 EUR", "2998-01-01T13:00-0800/2999-01-01T13:00-0800", "10.00", ""},
		{"", "", "10.00", ""},
	} {
		loaded(t, s, "id\ttitle\tprice\tsale_price\tsale_price_effective_date\na\tA\t10 EUR\t"+tt.sale+"\t"+tt.dates+"\n", Options{})
		if v := product(t, s, "a").Variants[0]; string(v.Price) != tt.price || string(v.CompareAtPrice) != tt.before {
			t.Errorf("%+v: %s, before %s", tt, v.Price, v.CompareAtPrice)
		}
	}
}

// TestJSONLines holds lines that are rejected beside one that is not, and what
// an absent, a null and an empty field do.
func TestJSONLines(t *testing.T) {
	t.Parallel()
	const ok = `{"key":"ok","title":"Fine","variants":[{"price":"1"}]}` + "\n"
	for _, tt := range []struct{ name, rows, want string }{
		{"broken", `{"key":"a"` + "\n", `[2]|||is no product in JSON: unexpected end of JSON input`},
		{"no key", `{"title":"A"}` + "\n", `[2]|key||names no product`},
		{"twice", `{"key":"a","title":"A"}` + "\n" + `{"key":"a","title":"B"}` + "\n", `[2 3]|key|a|the product stands twice`},
		{"case", `{"key":"a","title":"A"}` + "\n" + `{"key":"OK","title":"B"}` + "\n", `[1 3]|key|OK|"OK" and "ok" are one handle to Shopify`},
		{"unknown field", `{"key":"a","titel":"A"}` + "\n", `[2]|titel|a|unknown field "titel"`},
		{"wrong kind", `{"key":"a","title":["A"]}` + "\n", `[2]|title|a|a JSON array is not what stands here`},
		{"price", `{"key":"a","title":"A","variants":[{"price":"1,5"}]}` + "\n", `[2]|variants|a|"1,5" is not an amount: use digits with a decimal point, such as 19.90`},
		{"invalid", `{"key":"a","title":""}` + "\n", `[2]|title|a|is blank`},
		{"too long", `{"key":"a","title":"` + strings.Repeat("x", maxRow) + `"}` + "\n", `[2]|||has more than 4194304 bytes`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := shop(t, dbtest.SQLite(t))
			r := loaded(t, s, ok+tt.rows, Options{})
			if diff := cmp.Diff([]string{tt.want}, shown(r.Rejects)); diff != "" || r.Rejected != 1 {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	s := shop(t, dbtest.SQLite(t))
	loaded(t, s, `{"key":"a","title":"A","vendor":"V","tags":["x"],"metadata":[{"namespace":"n","key":"k","type":"single_line_text_field","value":"v"}]}`, Options{})
	loaded(t, s, `{"key":"a","vendor":null,"metadata":[],"status":"active"}`, Options{})
	if p := product(t, s, "a"); p.Title != "A" || p.Vendor != "" || len(p.Tags) != 1 || len(p.Metadata) != 0 || p.Status != aisles.Draft {
		t.Errorf("%+v", p)
	}
}

// TestFormatAsked refuses a feed that is not what it was said to be.
func TestFormatAsked(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	for format, feed := range map[string]string{
		ShopifyCSV: "id\ttitle\tprice\na\tA\t1\n", GoogleTSV: "Handle,Title\na,A\n", GoogleXML: `{"key":"a"}`, JSONLines: "Handle,Title\na,A\n", "parquet": "PAR1",
	} {
		_, err := Load(t.Context(), s, strings.NewReader(feed), Options{Partner: "acme", Format: format})
		if aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestXMLInOneBytePieces reads a feed that comes slowly, and one whose text
// has no end in bounded memory.
func TestXMLInOneBytePieces(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	feed := `<rss xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>a</g:id><title>A</title><g:price>1 EUR</g:price></item></channel></rss>`
	imp, err := Load(t.Context(), s, iotest.OneByteReader(strings.NewReader(feed)), Options{Partner: "acme"})
	if err != nil || imp.Report.Created != 1 {
		t.Errorf("%+v %v", imp.Report, err)
	}
	for _, tail := range []string{"<title>", "<!--", "<title a='", "<"} {
		endless := "<rss><channel><item>" + tail + strings.Repeat("x", 2*maxRow)
		if _, err := Load(t.Context(), s, strings.NewReader(endless), Options{Partner: "acme"}); aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), "bytes") {
			t.Errorf("%s: %v", tail, err)
		}
	}
}
