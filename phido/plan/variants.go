package plan

import (
	"cmp"
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// bulkMost is the most variants of one productVariantsBulkUpdate,
// https://shopify.dev/docs/api/usage/limits#input-array-limits.
const bulkMost = 250

// pair is a variant the catalog wants and the one the shop has for it.
type pair struct {
	want aisles.ContentVariant
	have *aisles.ContentVariant // nil when it is new
	at   int                    // its place among the shop's; -1 when it is new
	ids  VariantIDs
}

// variants compares the product's options and variants. A change of what there
// is, or of its order, travels in productSet with the whole list; a change
// within variants goes to these variants alone.
func (d *differ) variants() {
	w, h := d.want.Document.Content, d.have.Document.Content
	if w == nil {
		return
	}
	if h == nil {
		h = &aisles.Content{}
	}
	pairs := matchVariants(w.Variants, h.Variants, d.have.IDs)
	rebuilt := d.structure(w, h, pairs)
	var changed []shopify.ProductVariantsBulkInput
	var list []shopify.ProductVariantSetInput
	for _, p := range pairs {
		var f variantFields
		switch {
		case p.have == nil && rebuilt:
			f = newVariantFields(p.want)
			d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "variants[" + p.want.Key + "]", After: p.want})
		case p.have == nil || !rebuilt && p.ids.Variant == "":
			continue // the variants are Shopify's, and this one is not there
		default:
			f = d.compareVariant(p)
		}
		if rebuilt {
			in := f.set(p.ids.Variant, optionValues(w.Options, p.want.Options))
			if p.have == nil {
				d.stock(&in, p.want.Key)
			}
			list = append(list, in)
		} else if f != (variantFields{}) {
			changed = append(changed, f.bulk(p.ids.Variant))
		}
	}
	if rebuilt {
		d.input.ProductOptions = shopify.Value(optionSet(w.Options))
		d.input.Variants, d.send = shopify.Value(list), true
	}
	for chunk := range slices.Chunk(changed, bulkMost) {
		d.action.Variants = append(d.action.Variants, shopify.ProductVariantsBulkUpdateVariables{ProductID: d.have.IDs.Product, Variants: chunk})
	}
}

// structure reports whether options or the list of variants are to be written,
// and notes what of them changes.
func (d *differ) structure(w, h *aisles.Content, pairs []pair) bool {
	optionsSame := slices.EqualFunc(w.Options, h.Options, func(a, b aisles.Option) bool {
		return a.Name == b.Name && slices.Equal(a.Values, b.Values)
	})
	same := optionsSame && len(pairs) == len(h.Variants)
	for i, p := range pairs {
		same = same && p.at == i && p.ids.Variant != "" && slices.Equal(p.want.Options, p.have.Options)
	}
	before, after := variantNames(h.Variants), variantNames(w.Variants)
	if !d.differs(aisles.FacetContent, "variants", "variants", same, before, after) {
		return false
	}
	if !optionsSame {
		d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "options", Before: h.Options, After: w.Options})
	}
	return true
}

func variantNames(list []aisles.ContentVariant) []string {
	names := make([]string, 0, len(list))
	for _, v := range list {
		names = append(names, cmp.Or(strings.Join(v.Options, aisles.VariantSeparator), v.Key))
	}
	return names
}

// matchVariants finds for each wanted variant the one the shop has: by key,
// which is the SKU where that is unique, else by option values; never by
// position.
func matchVariants(want, have []aisles.ContentVariant, ids IDs) []pair {
	taken := make([]bool, len(have))
	byKey, byOptions := map[string]int{}, map[string]int{}
	for i, v := range have {
		byKey[v.Key] = i
		byOptions[optionsKey(v.Options)] = i
	}
	pairs := make([]pair, len(want))
	match := func(i, at int) {
		taken[at] = true
		pairs[i] = pair{want: want[i], have: &have[at], at: at, ids: ids.Variants[have[at].Key]}
	}
	for i, w := range want {
		pairs[i] = pair{want: w, at: -1}
		if at, ok := byKey[w.Key]; ok && !taken[at] {
			match(i, at)
		}
	}
	for i, w := range want {
		if pairs[i].have != nil {
			continue
		}
		if at, ok := byOptions[optionsKey(w.Options)]; ok && !taken[at] {
			match(i, at)
		}
	}
	return pairs
}

func optionsKey(values []string) string {
	return strings.ToLower(strings.Join(values, aisles.VariantSeparator))
}

// compareVariant gives the fields of one variant that are to be sent.
func (d *differ) compareVariant(p pair) variantFields {
	var f variantFields
	w, h := p.want, p.have
	at := "variants[" + w.Key + "]."
	differs := func(field, name string, equal bool, before, after any) bool {
		return d.differs(aisles.FacetContent, field, at+name, equal, before, after)
	}
	if differs("price", "price", w.Price == h.Price, h.Price, w.Price) {
		f.Price = shopify.Value(string(w.Price))
		d.action.Prices++
	}
	if differs("compare_at_price", "compare_at_price", w.CompareAtPrice == h.CompareAtPrice, h.CompareAtPrice, w.CompareAtPrice) {
		f.CompareAtPrice = textOrNull(string(w.CompareAtPrice))
	}
	if differs("barcode", "barcode", w.Barcode == h.Barcode, h.Barcode, w.Barcode) {
		f.Barcode = shopify.Value(w.Barcode)
	}
	if differs("variants", "inventory_policy", w.InventoryPolicy == h.InventoryPolicy, h.InventoryPolicy, w.InventoryPolicy) {
		f.Policy = shopify.Value(policy(w.InventoryPolicy))
	}
	if differs("variants", "taxable", w.Taxable == h.Taxable, h.Taxable, w.Taxable) {
		f.Taxable = shopify.Value(w.Taxable)
	}
	if differs("variants", "sku", w.SKU == h.SKU, h.SKU, w.SKU) {
		f.SKU = shopify.Value(w.SKU)
	}
	if differs("cost", "cost", w.Cost == h.Cost, h.Cost, w.Cost) {
		f.Cost = textOrNull(string(w.Cost))
	}
	if differs("variants", "requires_shipping", w.RequiresShipping == h.RequiresShipping, h.RequiresShipping, w.RequiresShipping) {
		f.RequiresShipping = shopify.Value(w.RequiresShipping)
	}
	if differs("variants", "tracked", w.Tracked == h.Tracked, h.Tracked, w.Tracked) {
		f.Tracked = shopify.Value(w.Tracked)
	}
	if differs("weight", "weight", sameWeight(w.Weight, h.Weight), h.Weight, w.Weight) {
		f.Weight = weight(w.Weight)
	}
	return f
}

// sameWeight takes no weight and a weight of nothing to be the same: a shop
// shows both as 0.
func sameWeight(a, b *aisles.Weight) bool {
	switch {
	case a == nil || a.Value == 0:
		return b == nil || b.Value == 0
	case b == nil:
		return false
	}
	return *a == *b
}

func policy(p aisles.Policy) shopify.ProductVariantInventoryPolicy {
	return shopify.ProductVariantInventoryPolicy(strings.ToUpper(string(p)))
}

func optionSet(options []aisles.Option) []shopify.OptionSetInput {
	if len(options) == 0 {
		options = []aisles.Option{{Name: soleOption, Values: []string{soleValue}}}
	}
	out := make([]shopify.OptionSetInput, 0, len(options))
	for i, o := range options {
		values := make([]shopify.OptionValueSetInput, 0, len(o.Values))
		for _, v := range o.Values {
			values = append(values, shopify.OptionValueSetInput{Name: shopify.Value(v)})
		}
		out = append(out, shopify.OptionSetInput{Name: shopify.Value(o.Name), Position: shopify.Value(i + 1), Values: shopify.Value(values)})
	}
	return out
}

// soleOption and soleValue are what Shopify calls the option of a product that
// has none.
const (
	soleOption = "Title"
	soleValue  = "Default Title"
)

func optionValues(options []aisles.Option, values []string) []shopify.VariantOptionValueInput {
	if len(options) == 0 {
		return []shopify.VariantOptionValueInput{{OptionName: shopify.Value(soleOption), Name: shopify.Value(soleValue)}}
	}
	out := make([]shopify.VariantOptionValueInput, 0, len(values))
	for i, v := range values {
		out = append(out, shopify.VariantOptionValueInput{OptionName: shopify.Value(options[i].Name), Name: shopify.Value(v)})
	}
	return out
}
