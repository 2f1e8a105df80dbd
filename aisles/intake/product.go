package intake

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"aisles/aisles"
)

// fault is why a product is rejected, and where.
type fault struct {
	lines  []int
	column string
	reason string
}

// builder makes a patch of one product's rows.
type builder struct {
	*layout
	rows  []row
	patch aisles.Patch
	lines []int // of the variants, by their places in the patch
	fault *fault
}

// cell gives a row's cell, trimmed; ok is false when the feed has no such
// column.
func (b *builder) cell(r row, c column) (string, bool) {
	i := b.at[c]
	if i < 0 || i >= len(r.cells) {
		return "", false
	}
	return strings.TrimSpace(r.cells[i]), true
}

// fail notes the first fault.
func (b *builder) fail(c column, reason string, lines ...int) { b.failAt(b.name(c), reason, lines...) }

func (b *builder) failAt(column, reason string, lines ...int) {
	if b.fault == nil {
		b.fault = &fault{lines: lines, column: column, reason: reason}
	}
}

// build gives what the rows say about their product, or why it is rejected.
func (l *layout) build(e *entry) (aisles.Patch, []int, *fault) {
	b := &builder{layout: l, rows: e.rows, fault: l.unusable(e)}
	b.patch.Key = e.key
	if b.check(e); b.fault != nil {
		return b.patch, nil, b.fault
	}
	b.product(e.rows[0])
	b.media()
	switch {
	case l.has(option1Name, option1Value):
		b.allVariants()
	default:
		b.addressed()
	}
	b.oneProduct()
	return b.patch, b.lines, b.fault
}

// check finds what is wrong with the rows as a whole.
func (b *builder) check(e *entry) {
	if b.fault != nil {
		return // cells may be missing
	}
	for _, r := range e.rows {
		for _, i := range b.furtherOptions {
			if v := strings.TrimSpace(r.cells[i]); v != "" {
				b.failAt(b.cellName(i), "has "+strconv.Quote(clip(v))+"; Shopify takes three options", r.line)
			}
		}
	}
}

// oneProduct refuses two products under one handle: a later row may repeat the
// title and no more.
func (b *builder) oneProduct() {
	first, ok := b.cell(b.rows[0], title)
	if !ok || first == "" {
		return
	}
	for _, r := range b.rows[1:] {
		if v, _ := b.cell(r, title); v != "" && v != first {
			b.fail(title, "two products have one handle: "+strconv.Quote(clip(first))+" and "+strconv.Quote(clip(v)), b.rows[0].line, r.line)
		}
	}
}

// product reads the fields of the product from its first row.
func (b *builder) product(first row) {
	for _, t := range []struct {
		column column
		to     *aisles.Opt[string]
	}{
		{title, &b.patch.Title}, {vendor, &b.patch.Vendor}, {productType, &b.patch.ProductType}, {category, &b.patch.Category},
	} {
		if v, ok := b.cell(first, t.column); ok {
			*t.to = aisles.Some(v)
		}
	}
	if i := b.at[body]; i >= 0 && i < len(first.cells) {
		b.patch.BodyHTML = aisles.Some(first.cells[i])
	}
	b.patch.Handle = aisles.Some(b.patch.Key)
	if v, ok := b.cell(first, tags); ok {
		b.patch.Tags = aisles.Some(strings.Split(v, ","))
	}
	if v, ok := b.cell(first, statusColumn); ok {
		b.patch.Status = aisles.Some(aisles.Status(strings.ToLower(v)))
	}
	if v, ok := b.cell(first, published); ok {
		b.patch.Published = aisles.Some(b.truth(first, published, v))
	}
	var seo aisles.SEOPatch
	if v, ok := b.cell(first, seoTitle); ok {
		seo.Title = aisles.Some(v)
	}
	if v, ok := b.cell(first, seoDescription); ok {
		seo.Description = aisles.Some(v)
	}
	if seo != (aisles.SEOPatch{}) {
		b.patch.SEO = aisles.Some(seo)
	}
	if fields, ok := b.metadata(first, false); ok {
		b.patch.Metadata = aisles.Some(fields)
	}
	b.patch.Feed, b.patch.Columns = true, true
}

// metadata reads the metafields of a product or a variant; those without a
// value are to be cleared.
func (b *builder) metadata(r row, variant bool) (fields []aisles.Metafield, ok bool) {
	for _, m := range b.metafields {
		if m.variant != variant {
			continue
		}
		ok = true
		f := m.field
		f.Value = strings.TrimSpace(r.cells[m.at])
		if f.Type == "single_line_text_field" && strings.ContainsAny(f.Value, "\r\n") {
			f.Type = "multi_line_text_field"
		}
		fields = append(fields, f)
	}
	return fields, ok
}

// media reads the pictures of all rows, in the order of their positions where
// they have any.
func (b *builder) media() {
	if !b.has(imageSource) {
		return
	}
	type picture struct {
		aisles.Media
		position float64
	}
	var pictures []picture
	for _, r := range b.rows {
		source, _ := b.cell(r, imageSource)
		if source == "" {
			continue
		}
		if strings.HasPrefix(source, "//") {
			source = "https:" + source // as older exports have it
		}
		if !isURL(source) {
			b.fail(imageSource, strconv.Quote(clip(source))+" is no address of a picture", r.line)
		}
		alt, _ := b.cell(r, imageAlt)
		p := picture{aisles.Media{URL: source, Alt: alt}, math.Inf(1)}
		if v, _ := b.cell(r, imagePosition); v != "" {
			n, err := strconv.ParseFloat(v, 64) // spreadsheets make it 1.0
			if err != nil || math.IsNaN(n) {
				b.fail(imagePosition, strconv.Quote(clip(v))+" is no number", r.line)
			}
			p.position = n
		}
		pictures = append(pictures, p)
	}
	slices.SortStableFunc(pictures, func(a, b picture) int { return cmp.Compare(a.position, b.position) })
	media := []aisles.Media{}
	for _, p := range pictures {
		media = append(media, p.Media)
	}
	b.patch.Media = aisles.Some(media)
}

func isURL(s string) bool {
	low := strings.ToLower(s)
	return (strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "http://")) && !strings.ContainsAny(s, " \t\r\n")
}

var optionColumns = [3][2]column{{option1Name, option1Value}, {option2Name, option2Value}, {option3Name, option3Value}}

// allVariants reads the options and every variant of the product.
func (b *builder) allVariants() {
	first := b.rows[0]
	var options []aisles.Option
	var values []column
	for i, c := range optionColumns {
		name, _ := b.cell(first, c[0])
		if name == "" {
			if v, _ := b.cell(first, c[1]); v != "" {
				b.fail(c[0], "is blank beside the value "+strconv.Quote(clip(v)), first.line)
			}
			continue
		}
		if len(options) < i {
			b.fail(optionColumns[len(options)][0], "is blank before option "+strconv.Quote(clip(name)), first.line)
		}
		options, values = append(options, aisles.Option{Name: name}), append(values, c[1])
	}
	seen := map[string]int{}
	variants := []aisles.VariantPatch{}
	for _, r := range b.rows {
		if r.line != first.line && !b.isVariant(r) {
			continue
		}
		v := b.variant(r)
		chosen := make([]string, len(options))
		for i, c := range values {
			if chosen[i], _ = b.cell(r, c); chosen[i] == "" {
				b.fail(c, "is blank; the product has the option "+strconv.Quote(clip(options[i].Name)), r.line)
			}
		}
		v.Options = aisles.Some(chosen)
		combination := strings.ToLower(strings.Join(chosen, aisles.VariantSeparator))
		if line, clash := seen[combination]; clash {
			reason := "two variants have the same options (" + clip(strings.Join(chosen, aisles.VariantSeparator)) + ")"
			if len(options) == 0 {
				reason = "two variants, and no option to tell them apart"
			}
			b.fail(option1Value, reason, line, r.line)
		}
		seen[combination] = r.line
		variants, b.lines = append(variants, v), append(b.lines, r.line)
	}
	if len(options) == 1 && len(variants) == 1 && strings.EqualFold(options[0].Name, "Title") && strings.EqualFold(variants[0].Options.Value[0], "Default Title") {
		// Shopify's stand-in for a product without options.
		options, variants[0].Options = nil, aisles.Some([]string{})
	}
	b.patch.Options, b.patch.Variants = aisles.Some(options), aisles.Some(variants)
}

// identity are the columns in which a variant's row says something and one
// that only brings a picture does not: the others may be filled in by habit.
var identity = []column{option1Value, option2Value, option3Value, sku, barcode, price, compareAt, cost, quantity}

// isVariant tells a variant's row from one that only brings a picture.
func (b *builder) isVariant(r row) bool {
	return slices.ContainsFunc(identity, func(c column) bool {
		v, _ := b.cell(r, c)
		return v != ""
	})
}

// addressed reads variants of a feed without options: prices or stock by SKU.
// A row without a SKU is about the product's only variant.
func (b *builder) addressed() {
	if !b.has(sku, barcode, price, compareAt, cost, grams, quantity, policy, shipping, taxable, variantImage) && !b.variantMetafields() {
		return
	}
	variants := []aisles.VariantPatch{}
	seen := map[string]int{}
	for i, r := range b.rows {
		if i > 0 && !b.isVariant(r) {
			continue
		}
		v := b.variant(r)
		if line, twice := seen[v.SKU.Value]; twice && v.SKU.Value == "" {
			b.fail(sku, "is blank, and so it is in another row of the product: nothing tells the variants apart", line, r.line)
		} else if twice {
			b.fail(sku, strconv.Quote(clip(v.SKU.Value))+" stands twice", line, r.line)
		}
		seen[v.SKU.Value] = r.line
		if v.SKU.Value == "" {
			v.SKU = aisles.Opt[string]{} // it addresses, and clears nothing
		}
		variants, b.lines = append(variants, v), append(b.lines, r.line)
	}
	b.patch.Address, b.patch.Variants = true, aisles.Some(variants)
}

func (b *builder) variantMetafields() bool {
	return slices.ContainsFunc(b.metafields, func(m metafield) bool { return m.variant })
}
