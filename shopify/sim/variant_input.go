package sim

import (
	"fmt"
	"slices"
)

// newVariantsTracked says whether variants made by productSet and
// productVariantsBulkCreate are tracked when the input does not say; recorded
// for the latter.
const newVariantsTracked = true

// maxQuantity bounds stock both ways,
// https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities.
const maxQuantity = 1_000_000_000

// makeGiftCard gives the variant the defaults of gift cards.
func (v *variant) makeGiftCard() {
	v.taxable = false
	v.item.requiresShipping = false
}

// stockDefault stocks variants that are stocked nowhere at the first location.
func (s *state) stockDefault(variants []*variant) {
	for _, v := range variants {
		if len(v.item.levels) == 0 {
			s.stock(&v.item, s.locations[0])
		}
	}
}

// applyVariant changes the attributes ProductVariantSetInput and
// ProductVariantsBulkInput share. path is the variant's place in the input.
func (s *state) applyVariant(v *variant, in input, path string) []userError {
	errs := v.applyPrices(in, path)
	in.setPtr("sku", &v.sku)
	in.setPtr("barcode", &v.barcode)
	in.setPtr("taxCode", &v.taxCode)
	in.setFlag("taxable", &v.taxable)
	in.setFlag("requiresComponents", &v.needsParts)
	if in.given("inventoryPolicy") {
		v.policy = in.text("inventoryPolicy")
	}
	if item := in.object("inventoryItem"); item != nil {
		errs = append(errs, v.applyItem(item, path+".inventoryItem")...)
	}
	if tooLong(textOf(v.sku)) {
		errs = append(errs, failf("INVALID_VARIANT", path+".sku", "SKU %s", longText))
	}
	if tooLong(textOf(v.barcode)) {
		errs = append(errs, failf("INVALID_VARIANT", path+".barcode", "Barcode %s", longText))
	}
	v.updatedAt = s.now()
	return errs
}

func (v *variant) applyPrices(in input, path string) []userError {
	var errs []userError
	read := func(key, label string, to *money) {
		m, ok := parseMoney(in[key])
		switch {
		case !ok:
			errs = append(errs, failf("INVALID_VARIANT", path+"."+key, "%s is not a number", label))
		case m.negative():
			errs = append(errs, failf("INVALID_VARIANT", path+"."+key, "%s must be greater than or equal to 0", label))
		case m.tooHigh():
			errs = append(errs, failf("INVALID_VARIANT", path+"."+key, "%s must be less than 1000000000000000000", label))
		default:
			*to = m
		}
	}
	if in.given("price") {
		read("price", "Price", &v.price)
	}
	if in.has("compareAtPrice") {
		read("compareAtPrice", "Compare at price", &v.compareAtPrice)
	}
	return errs
}

func (v *variant) applyItem(in input, path string) []userError {
	i := &v.item
	in.setPtr("sku", &v.sku)
	in.setFlag("tracked", &i.tracked)
	in.setFlag("requiresShipping", &i.requiresShipping)
	in.setPtr("countryCodeOfOrigin", &i.country)
	in.setPtr("provinceCodeOfOrigin", &i.province)
	in.setPtr("harmonizedSystemCode", &i.harmonizedCode)
	if w := in.object("measurement").object("weight"); w != nil {
		i.weight, i.weightUnit = floatOf(w["value"]), w.text("unit")
		if i.weightUnit == "" {
			i.weightUnit = defaultWeightUnit
		}
	}
	if !in.has("cost") {
		return nil
	}
	cost, ok := parseMoney(in["cost"])
	if !ok || cost.negative() {
		return []userError{failf("INVALID_VARIANT", path+".cost", "Cost must be greater than or equal to 0")}
	}
	i.cost = cost
	return nil
}

// applyVariantSet applies what only ProductVariantSetInput has: quantities,
// the file, and metafields as a list that replaces.
func (s *state) applyVariantSet(p *product, v *variant, e, in input, path string) []userError {
	var errs []userError
	for i, q := range e.objects("inventoryQuantities") {
		at := fmt.Sprintf("%s.inventoryQuantities.%d", path, i)
		loc := s.location(q.text("locationId"))
		n, _ := q.number("quantity")
		switch name := q.text("name"); {
		case loc == nil:
			errs = append(errs, failf("INVALID_INPUT", at+".locationId", "The specified location could not be found."))
		case name != "available" && name != "on_hand":
			errs = append(errs, failf("INVALID_INPUT", at+".name", "The quantity name must be either 'available' or 'on_hand'."))
		case n > maxQuantity || n < -maxQuantity || name == "on_hand" && n < 0:
			errs = append(errs, failf("INVALID_INPUT", at+".quantity", "The quantity is out of range."))
		default:
			s.stock(&v.item, loc).set(name, n, s.now())
		}
	}
	if e.has("metafields") {
		errs = append(errs, s.applyMetafields(&v.fields, metafieldOwner{"PRODUCTVARIANT", v.id}, e.objects("metafields"), path+".metafields", true)...)
	}
	if !e.has("file") {
		return errs
	}
	v.media = nil
	if ref := e.object("file"); ref != nil {
		f := p.listedFile(ref, in.objects("files"))
		if f == nil {
			return append(errs, failf("INVALID_INPUT", path+".file", "The variant file must also be specified in the product's files."))
		}
		v.media = []int64{f.id}
	}
	return errs
}

// listedFile finds the product's file a variant refers to by id or source;
// nil unless the product's files input lists it too.
func (p *product) listedFile(ref input, files []input) *file {
	id, source := ref.text("id"), ref.text("originalSource")
	listed := slices.ContainsFunc(files, func(f input) bool {
		return id != "" && f.text("id") == id || id == "" && f.text("originalSource") == source
	})
	i := slices.IndexFunc(p.media, func(f *file) bool {
		return id != "" && f.gid() == id || id == "" && f.source == source
	})
	if !listed || i < 0 {
		return nil
	}
	return p.media[i]
}
