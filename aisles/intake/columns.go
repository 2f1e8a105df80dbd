package intake

import (
	"regexp"
	"slices"
	"strings"

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
	shopifyMetafield = regexp.MustCompile(`\((product|variant)\.metafields\.([a-z0-9_-]+)\.([a-z0-9_-]+)\)$`)
	typedMetafield   = regexp.MustCompile(`^(variant )?metafield: ([a-z0-9_-]+)\.([a-z0-9_-]+) \[([a-z0-9_.]+)\]$`)
)

// layout says which cell of a row means what.
type layout struct {
	at         [lastColumn]int // -1 where the feed has no such column
	header     []string
	metafields []metafield
	ignored    []string
}

// readHeader finds out what the columns mean. Names of which two mean the same
// are refused: nobody can tell which counts.
func readHeader(header []string) (layout, error) {
	l := layout{header: header}
	for i := range l.at {
		l.at[i] = -1
	}
	for i, name := range header {
		name = strings.Join(strings.Fields(name), " ")
		low := strings.ToLower(name)
		if c := names[low]; c != unknown {
			if l.at[c] >= 0 {
				return l, aisles.Errorf(aisles.Invalid, "columns %d and %d (%s, %s) mean the same: keep one of them", l.at[c]+1, i+1, header[l.at[c]], name)
			}
			l.at[c] = i
			continue
		}
		if m, ok := metafieldColumn(low, i); ok {
			l.metafields = append(l.metafields, m)
		} else if name != "" {
			l.ignored = append(l.ignored, name)
		}
	}
	if l.at[handle] < 0 {
		return l, aisles.Errorf(aisles.Invalid, "this is no Shopify CSV: it has no column Handle; its first line is %q", clip(strings.Join(header, ", ")))
	}
	if len(header)-len(l.ignored) < 2 {
		return l, aisles.Errorf(aisles.Invalid, "this CSV has a column Handle and no other that a product has")
	}
	return l, nil
}

// metafieldColumn reads the two spellings of metafields in CSVs. Those of the
// namespace shopify point at objects only Shopify can make.
func metafieldColumn(name string, at int) (metafield, bool) {
	if m := shopifyMetafield.FindStringSubmatch(name); m != nil && m[2] != "shopify" {
		return metafield{at, m[1] == "variant", aisles.Metafield{Namespace: m[2], Key: m[3], Type: "single_line_text_field"}}, true
	}
	if m := typedMetafield.FindStringSubmatch(name); m != nil {
		return metafield{at, m[1] != "", aisles.Metafield{Namespace: m[2], Key: m[3], Type: m[4]}}, true
	}
	return metafield{}, false
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
