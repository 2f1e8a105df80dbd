package intake

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"

	"aisles/aisles"
)

// attribute is one of Google's product attributes
// (https://support.google.com/merchants/answer/7052112).
type attribute int

const (
	gID attribute = iota
	gGroup
	gTitle
	gDescription
	gBrand
	gType
	gImage
	gImages
	gPrice
	gSalePrice
	gSaleDates
	gAvailability
	gQuantity
	gGTIN
	gWeight
	gColor
	gSize
	gPattern
	gMaterial
	gGoogleCategory
	gMPN
	gCondition
	gGender
	gAgeGroup
	gLabel0
	gLabel1
	gLabel2
	gLabel3
	gLabel4
	lastAttribute
)

var attributes = map[string]attribute{
	"id": gID, "item_group_id": gGroup, "title": gTitle, "description": gDescription, "brand": gBrand, "product_type": gType,
	"image_link": gImage, "additional_image_link": gImages, "price": gPrice, "sale_price": gSalePrice, "sale_price_effective_date": gSaleDates,
	"availability": gAvailability, "quantity": gQuantity, "gtin": gGTIN, "shipping_weight": gWeight, "color": gColor, "size": gSize,
	"pattern": gPattern, "material": gMaterial, "google_product_category": gGoogleCategory, "mpn": gMPN, "condition": gCondition,
	"gender": gGender, "age_group": gAgeGroup,
	"custom_label_0": gLabel0, "custom_label_1": gLabel1, "custom_label_2": gLabel2, "custom_label_3": gLabel3, "custom_label_4": gLabel4,
}

// isList reports whether an item may have an attribute several times.
func isList(a attribute) bool { return a == gImages }

// attributeName gives the one spelling of an attribute's name: feeds write
// "image link", "image_link" and "g:image_link".
func attributeName(s string) string {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "g:")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '_' || r == '\t' }), "_")
}

// googleFields are the metafields in which Shopify keeps what only Google
// wants to know, so that apps and exports find it there; their names follow
// the columns "Google Shopping / …" of Shopify's product CSV.
const googleFields = "mm-google-shopping"

// ofVariant are the attributes kept as metafields of the variant.
var ofVariant = []attribute{gMPN, gCondition, gGender, gAgeGroup, gLabel0, gLabel1, gLabel2, gLabel3, gLabel4}

// google says what the items of a Google Merchant feed mean.
//
// Items of one item_group_id are variants of one product, an item without one
// is a product of its own. The item's id is its SKU. Color and size are
// options where every item of the group has them; pattern and material where
// they also differ.
type google struct {
	sheet
	at       [lastAttribute]int // -1 where the feed has no such attribute
	currency string
	now      time.Time
	// listSeparator stands between the addresses of further pictures.
	listSeparator string
}

func newGoogle(currency string) google {
	g := google{currency: currency, now: time.Now()}
	for i := range g.at {
		g.at[i] = -1
	}
	return g
}

// googleTSV reads Google's tables.
type googleTSV struct {
	*table
	google
}

// isGoogle tells Google's columns from others.
func isGoogle(header []string) bool {
	known := map[attribute]bool{}
	for _, name := range header {
		if a, ok := attributes[attributeName(name)]; ok {
			known[a] = true
		}
	}
	return known[gID] && (known[gTitle] || known[gPrice] || known[gAvailability])
}

func newGoogleTSV(rows *table, header []string, currency string) (*googleTSV, error) {
	g := newGoogle(currency)
	g.listSeparator = ","
	g.skip = make([]bool, len(header))
	for i, name := range header {
		name = strings.ToValidUTF8(strings.TrimSpace(name), "\uFFFD")
		g.header = append(g.header, clip(name))
		a, known := attributes[attributeName(name)]
		switch {
		case !known:
			g.skip[i] = true
			if name != "" {
				g.ignored = append(g.ignored, clip(name))
			}
		case g.at[a] >= 0:
			return nil, aisles.Errorf(aisles.Invalid, "columns %d and %d (%s, %s) mean the same: keep one of them", g.at[a]+1, i+1, g.header[g.at[a]], g.header[i])
		default:
			g.at[a] = i
		}
	}
	if g.at[gID] < 0 {
		return nil, aisles.Errorf(aisles.Invalid, "this is no Google feed: it has no column id; its first line is %s", quote(strings.Join(g.header, ", ")))
	}
	if g.at[gGroup] >= 0 {
		g.keys = append(g.keys, g.at[gGroup])
	}
	g.keys = append(g.keys, g.at[gID])
	rows.skip = g.skip
	return &googleTSV{rows, g}, nil
}

func (f *googleTSV) next() (record, error) { return f.read() }

// columnOf gives the feed's name of a product's field.
func (g *google) columnOf(field string) string {
	if i := strings.LastIndexByte(field, '.'); i >= 0 && strings.HasPrefix(field, "variants") {
		field = "variant" + field[i:]
	}
	head, _, _ := strings.Cut(field, "[")
	a, ok := map[string]attribute{
		"key": gID, "title": gTitle, "body_html": gDescription, "vendor": gBrand, "product_type": gType, "media": gImages,
		"variant.sku": gID, "variant.barcode": gGTIN, "variant.inventory": gQuantity, "variant.price": gPrice,
	}[head]
	if !ok {
		return ""
	}
	return g.name(a)
}

// name gives an attribute's column as the feed has it.
func (g *google) name(a attribute) string {
	if g.at[a] < 0 {
		return ""
	}
	return g.header[g.at[a]]
}

// items makes a patch of one product's items.
type items struct {
	*google
	rows  []row
	fault *fault
}

func (g *google) build(e *entry) (aisles.Patch, []int, *fault) {
	b := items{google: g, rows: e.rows, fault: g.unusable(e)}
	patch := aisles.Patch{Key: e.key, Feed: true, Columns: true}
	if b.fault != nil {
		return patch, nil, b.fault
	}
	b.product(&patch)
	variants, lines := b.variants(&patch)
	patch.Variants = aisles.Some(variants)
	return patch, lines, b.fault
}

// cell gives an item's attribute; ok is false when the feed has none such.
func (b *items) cell(r row, a attribute) (string, bool) {
	i := b.at[a]
	if i < 0 || i >= len(r.cells) {
		return "", false
	}
	return strings.TrimSpace(r.cells[i]), true
}

func (b *items) text(r row, a attribute) string {
	text, _ := b.cell(r, a)
	return text
}

func (b *items) fail(a attribute, reason string, lines ...int) {
	if b.fault == nil {
		b.fault = &fault{lines, b.name(a), reason}
	}
}

// product reads the first item, which speaks for its group.
func (b *items) product(p *aisles.Patch) {
	first := b.rows[0]
	for _, t := range []struct {
		a  attribute
		to *aisles.Opt[string]
	}{{gTitle, &p.Title}, {gBrand, &p.Vendor}, {gType, &p.ProductType}} {
		if text, ok := b.cell(first, t.a); ok {
			*t.to = aisles.Some(text)
		}
	}
	if text, ok := b.cell(first, gDescription); ok {
		p.BodyHTML = aisles.Some(asHTML(text))
	}
	if text, ok := b.cell(first, gGoogleCategory); ok {
		p.Metadata = aisles.Some([]aisles.Metafield{googleField("google_product_category", text)})
	}
	if b.at[gImage] >= 0 || b.at[gImages] >= 0 {
		p.Media = aisles.Some(b.media())
	}
}

func googleField(key, value string) aisles.Metafield {
	return aisles.Metafield{Namespace: googleFields, Key: key, Type: "single_line_text_field", Value: strings.Join(strings.Fields(value), " ")}
}

var markup = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)

// asHTML gives a description, which is plain text or HTML, as HTML.
func asHTML(text string) string {
	if text == "" || markup.MatchString(text) {
		return text
	}
	text = html.EscapeString(strings.ReplaceAll(text, "\r\n", "\n"))
	return "<p>" + strings.ReplaceAll(text, "\n", "<br>") + "</p>"
}

// media gives the pictures of all items, each once: first the main ones.
func (b *items) media() []aisles.Media {
	media, seen := []aisles.Media{}, map[string]bool{}
	add := func(r row, a attribute, url string) {
		if url = strings.TrimSpace(url); url == "" || seen[url] {
			return
		}
		if !isURL(url) {
			b.fail(a, quote(url)+" is no address of a picture", r.line)
		}
		seen[url] = true
		media = append(media, aisles.Media{URL: url})
	}
	for _, r := range b.rows {
		add(r, gImage, b.text(r, gImage))
	}
	for _, r := range b.rows {
		for _, url := range strings.Split(b.text(r, gImages), b.listSeparator) {
			add(r, gImages, url)
		}
	}
	return media
}

// options finds in which ways the items differ.
func (b *items) options() []attribute {
	if b.text(b.rows[0], gGroup) == "" {
		return nil
	}
	var out []attribute
	for _, a := range []attribute{gColor, gSize, gPattern, gMaterial} {
		with, without, values := 0, 0, map[string]bool{}
		for _, r := range b.rows {
			if v := b.text(r, a); v != "" {
				with++
				values[strings.ToLower(v)] = true
			} else {
				without = r.line
			}
		}
		if with == 0 || len(values) == 1 && (without > 0 || a == gPattern || a == gMaterial) {
			continue
		}
		if without > 0 {
			b.fail(a, "is blank; other items of the group have one", without)
		}
		out = append(out, a)
	}
	if len(out) > 3 {
		b.fail(gMaterial, "the items of the group differ in color, size, pattern and material; Shopify takes three options", b.rows[0].line)
	}
	return out
}

var optionNames = map[attribute]string{gColor: "Color", gSize: "Size", gPattern: "Pattern", gMaterial: "Material"}

func (b *items) variants(p *aisles.Patch) (out []aisles.VariantPatch, lines []int) {
	options := []aisles.Option{}
	by := b.options()
	for _, a := range by {
		options = append(options, aisles.Option{Name: optionNames[a]})
	}
	p.Options = aisles.Some(options)
	seen, ids := map[string]int{}, map[string]int{}
	for _, r := range b.rows {
		chosen := []string{}
		for _, a := range by {
			chosen = append(chosen, b.text(r, a))
		}
		id, together := b.text(r, gID), strings.Join(chosen, aisles.VariantSeparator)
		if id == "" {
			b.fail(gID, "is blank", r.line)
		}
		if line, twice := ids[id]; twice {
			b.fail(gID, quote(id)+" stands twice", line, r.line)
		}
		if line, clash := seen[strings.ToLower(together)]; clash {
			b.fail(gGroup, "two items of the group have the same color, size, pattern and material", line, r.line)
		}
		ids[id], seen[strings.ToLower(together)] = r.line, r.line
		v := b.variant(r)
		v.SKU, v.Options = aisles.Some(id), aisles.Some(chosen)
		out, lines = append(out, v), append(lines, r.line)
	}
	return out, lines
}

func (b *items) variant(r row) aisles.VariantPatch {
	var v aisles.VariantPatch
	if text, ok := b.cell(r, gGTIN); ok {
		v.Barcode = aisles.Some(text)
	}
	if text, ok := b.cell(r, gImage); ok && b.text(r, gGroup) != "" {
		v.Image = aisles.Some(text)
	}
	b.prices(r, &v)
	b.weight(r, &v)
	b.stock(r, &v)
	for _, a := range ofVariant {
		if text, ok := b.cell(r, a); ok {
			v.Metadata = aisles.Some(append(v.Metadata.Value, googleField(attributeName(b.header[b.at[a]]), text)))
		}
	}
	return v
}

// prices reads the price and, while it is valid, the sale price, beside which
// the price is what it was before. An empty price leaves the price.
func (b *items) prices(r row, v *aisles.VariantPatch) {
	price := b.amount(r, gPrice)
	sale := b.amount(r, gSalePrice)
	if price != "" {
		v.Price = aisles.Some(price)
	}
	if b.at[gSalePrice] < 0 {
		return
	}
	v.CompareAtPrice = aisles.Some(aisles.Money(""))
	if price != "" && sale != "" && b.onSale(r) {
		v.Price, v.CompareAtPrice = aisles.Some(sale), aisles.Some(price)
	}
}

var priced = regexp.MustCompile(`^(?:([A-Za-z]{3})\s*)?([0-9][0-9.,]*)(?:\s*([A-Za-z]{3}))?$`)

// amount reads "19.90 EUR", also with the currency in front. Another currency
// than the partner's is refused: nobody converts here.
func (b *items) amount(r row, a attribute) aisles.Money {
	text := b.text(r, a)
	if text == "" {
		return ""
	}
	m := priced.FindStringSubmatch(text)
	if m == nil || m[1] != "" && m[3] != "" {
		b.fail(a, quote(text)+" is no price such as 19.90 EUR", r.line)
		return ""
	}
	if currency := strings.ToUpper(m[1] + m[3]); currency != "" && b.currency != "" && currency != b.currency {
		b.fail(a, quote(text)+" is not in the partner's currency, "+b.currency, r.line)
	}
	money, err := aisles.ParseMoney(m[2])
	if err != nil {
		b.fail(a, err.Error(), r.line)
	}
	return money
}

// onSale reports whether the sale price is valid now; without dates it always
// is.
func (b *items) onSale(r row) bool {
	text := b.text(r, gSaleDates)
	if text == "" {
		return true
	}
	from, until, ok := strings.Cut(text, "/")
	begin, known := googleTime(from)
	end, known2 := googleTime(until)
	if !ok || !known || !known2 {
		b.fail(gSaleDates, quote(text)+" is no time span such as 2026-11-01T00:00+0100/2026-11-30T23:59+0100", r.line)
		return false
	}
	return !b.now.Before(begin) && b.now.Before(end)
}

func googleTime(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02T15:04Z0700", "2006-01-02T15:04:05Z0700", time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

var weighed = regexp.MustCompile(`^([0-9]*\.?[0-9]+)\s*([a-zA-Z]+)$`)

func (b *items) weight(r row, v *aisles.VariantPatch) {
	text, ok := b.cell(r, gWeight)
	if !ok {
		return
	}
	if text == "" {
		v.Weight = aisles.Some[*aisles.Weight](nil)
		return
	}
	m := weighed.FindStringSubmatch(text)
	if m == nil || gramsOf[strings.ToLower(m[2])] == 0 {
		b.fail(gWeight, quote(text)+" is no weight such as 1.5 kg; units are g, kg, lb, oz", r.line)
		return
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil || n > 1e6 {
		b.fail(gWeight, quote(text)+" is too much", r.line)
		return
	}
	v.Weight = aisles.Some(&aisles.Weight{Value: n, Unit: strings.ToLower(m[2])})
	if n == 0 {
		v.Weight = aisles.Some[*aisles.Weight](nil)
	}
}

// stock reads the availability, and a quantity where there is one. In stock
// without a quantity is not stock-keeping: nobody knows when it ends.
func (b *items) stock(r row, v *aisles.VariantPatch) {
	availability, given := b.cell(r, gAvailability)
	quantity, counted := b.cell(r, gQuantity)
	level := func(n int64) { v.Inventory = aisles.Some([]aisles.Level{{Location: "default", Quantity: n}}) }
	if counted && quantity != "" {
		n, err := strconv.ParseInt(quantity, 10, 32)
		if err != nil {
			b.fail(gQuantity, quote(quantity)+" is no whole number", r.line)
		}
		level(n)
	} else if counted {
		v.Inventory = aisles.Some([]aisles.Level{})
	}
	if !given || availability == "" {
		return
	}
	policy := aisles.Deny
	switch attributeName(availability) {
	case "in_stock", "limited_availability", "available":
		if !counted || quantity == "" {
			v.Inventory = aisles.Some([]aisles.Level{})
		}
	case "out_of_stock", "sold_out", "discontinued":
		level(0)
	case "preorder", "pre-order", "backorder", "available_for_order":
		policy = aisles.Continue
		if !counted || quantity == "" {
			level(0)
		}
	default:
		b.fail(gAvailability, quote(availability)+" is none of in_stock, out_of_stock, preorder, backorder", r.line)
	}
	v.InventoryPolicy = aisles.Some(policy)
}
