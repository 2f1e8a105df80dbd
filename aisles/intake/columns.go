package intake

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"aisles/aisles"
)

// column is what a column of the feed means.
type column int

const (
	unknown column = iota
	handle
	title
	body
	vendor
	productType
	category
	tags
	published
	statusColumn
	seoTitle
	seoDescription
	option1Name
	option1Value
	option2Name
	option2Value
	option3Name
	option3Value
	sku
	barcode
	price
	compareAt
	cost
	grams
	weightUnit
	tracker
	quantity
	policy
	shipping
	taxable
	variantImage
	imageSource
	imagePosition
	imageAlt
	lastColumn
)

// names holds the columns of Shopify's product CSV by the names that its
// templates, old and new, and other people's exports give them:
// https://help.shopify.com/en/manual/products/import-export/using-csv.
var names = map[string]column{
	"handle": handle, "url handle": handle,
	"title": title,
	"body":  body, "body (html)": body, "body html": body, "description": body,
	"vendor": vendor,
	"type":   productType, "product type": productType,
	"product category": category, "category": category, "standardized product type": category,
	"tags":      tags,
	"published": published, "published on online store": published,
	"status":    statusColumn,
	"seo title": seoTitle, "seo description": seoDescription,
	"option1 name": option1Name, "option1 value": option1Value,
	"option2 name": option2Name, "option2 value": option2Value,
	"option3 name": option3Name, "option3 value": option3Value,
	"variant sku": sku, "sku": sku,
	"variant barcode": barcode, "barcode": barcode,
	"variant price": price, "price": price,
	"variant compare at price": compareAt, "compare-at price": compareAt, "compare at price": compareAt,
	"cost per item": cost, "variant cost": cost,
	"variant grams": grams, "weight value (grams)": grams,
	"variant weight unit": weightUnit, "weight unit for display": weightUnit,
	"variant inventory tracker": tracker, "inventory tracker": tracker,
	"variant inventory qty": quantity, "variant inventory quantity": quantity, "inventory quantity": quantity,
	"variant inventory policy": policy, "continue selling when out of stock": policy,
	"variant requires shipping": shipping, "requires shipping": shipping,
	"variant taxable": taxable, "charge tax": taxable,
	"variant image": variantImage, "variant image url": variantImage,
	"image src": imageSource, "product image url": imageSource,
	"image position": imagePosition,
	"image alt text": imageAlt,
}

// metafield is a column that holds a metafield.
type metafield struct {
	at      int
	variant bool
	field   aisles.Metafield // without its value
}

var (
	// furtherOption is an option beyond the three Shopify has room for.
	furtherOption    = regexp.MustCompile(`^option([4-9]|[1-9][0-9]+) (name|value)$`)
	shopifyMetafield = regexp.MustCompile(`(?i)\((product|variant)\.metafields\.([a-z0-9_-]+)\.([a-z0-9_-]+)\)$`)
	typedMetafield   = regexp.MustCompile(`(?i)^(variant )?metafield: ?([a-z0-9_-]+)\.([a-z0-9_-]+)(?: \[([a-z0-9_.]+)\])?$`)
)

// layout says which cell of a row means what.
type layout struct {
	sheet
	at         [lastColumn]int // -1 where the feed has no such column
	metafields []metafield
	// furtherOptions are the cells of options beyond the third.
	furtherOptions []int
}

// shopifyCSV is Shopify's own product CSV, in either of its templates.
type shopifyCSV struct {
	*table
	layout
}

func newShopifyCSV(rows *table, header []string) (*shopifyCSV, error) {
	for i, name := range header {
		if !utf8.ValidString(name) {
			header[i] = fromWindows(name)
		}
	}
	l, err := readHeader(header)
	rows.skip = l.skip
	return &shopifyCSV{rows, l}, err
}

func (f *shopifyCSV) next() (record, error) { return f.read() }

// readHeader finds out what the columns mean. Two that mean the same are
// refused: nobody can tell which counts.
func readHeader(header []string) (layout, error) {
	l := layout{sheet: sheet{skip: make([]bool, len(header))}}
	for i := range l.at {
		l.at[i] = -1
	}
	meant := map[string]int{}
	for i, name := range header {
		l.header = append(l.header, clip(strings.TrimSpace(name)))
		meaning := l.take(i, strings.Join(strings.Fields(name), " "))
		if meaning == "" {
			continue
		}
		if first, twice := meant[meaning]; twice {
			return l, aisles.Errorf(aisles.Invalid, "columns %d and %d (%s, %s) mean the same: keep one of them", first+1, i+1, l.header[first], l.header[i])
		}
		meant[meaning] = i
	}
	if l.at[handle] < 0 {
		return l, aisles.Errorf(aisles.Invalid, "this is no Shopify CSV: it has no column Handle; its first line is %q", clip(strings.Join(header, ", ")))
	}
	l.keys = []int{l.at[handle]}
	if len(meant) < 2 {
		return l, aisles.Errorf(aisles.Invalid, "this CSV has a column Handle and no other that a product has; its first line is %q", clip(strings.Join(header, ", ")))
	}
	return l, nil
}

// take notes one column and gives what it means, "" when nothing.
func (l *layout) take(at int, name string) (meaning string) {
	low := strings.ToLower(name)
	if c := names[low]; c != unknown {
		l.at[c] = at
		return strconv.Itoa(int(c))
	}
	if m, ok := metafieldColumn(name, at); ok {
		l.metafields = append(l.metafields, m)
		return fmt.Sprint("metafield ", m.variant, " ", m.field.Namespace, ".", m.field.Key)
	}
	if furtherOption.MatchString(low) {
		l.furtherOptions = append(l.furtherOptions, at)
		return ""
	}
	l.skip[at] = true
	if name != "" {
		l.ignored = append(l.ignored, clip(name))
	}
	return ""
}

// metafieldColumn reads the two spellings of metafields in CSVs. Those of the
// namespace shopify point at objects only Shopify can make.
func metafieldColumn(name string, at int) (metafield, bool) {
	m := shopifyMetafield.FindStringSubmatch(name)
	variant, kind := m != nil && strings.EqualFold(m[1], "variant"), ""
	if m == nil {
		if m = typedMetafield.FindStringSubmatch(name); m == nil {
			return metafield{}, false
		}
		variant, kind = m[1] != "", strings.ToLower(m[4])
	}
	// Without a type it is taken for text, which any value fits.
	f := aisles.Metafield{Namespace: m[2], Key: m[3], Type: cmp.Or(kind, "single_line_text_field")}
	return metafield{at, variant, f}, f.Namespace != "shopify"
}

func (l *layout) has(columns ...column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return l.at[c] >= 0 })
}

// name gives the header of a column as the feed has it.
func (l *layout) name(c column) string {
	if l.at[c] < 0 {
		return ""
	}
	return l.header[l.at[c]]
}

// columnOf gives the feed's column of a product's field, as errors name it.
func (l *layout) columnOf(field string) string {
	if i := strings.LastIndexByte(field, '.'); i >= 0 && strings.HasPrefix(field, "variants") {
		field = "variant" + field[i:]
	}
	if strings.HasPrefix(field, "variants[") && !l.has(option1Name, option1Value) {
		return l.name(sku)
	}
	head, _, _ := strings.Cut(field, "[")
	return l.name(map[string]column{
		"key": handle, "title": title, "body_html": body, "vendor": vendor, "product_type": productType, "category": category, "tags": tags,
		"status": statusColumn, "handle": handle, "media": imageSource, "options": option1Name, "variant.sku": sku, "variant.barcode": barcode,
		"variant.options": option1Value, "variant.inventory": quantity, "variant.inventory_policy": policy,
	}[head])
}

// clip shortens a cell for a message.
func clip(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
