package sim

import (
	"fmt"
	"slices"
)

// bulkErrors re-words errors found with productSet's paths for the bulk
// mutations, whose paths have no "input" and whose codes are their own.
func bulkErrors(errs []userError) []userError {
	for i, e := range errs {
		switch last := e.field[len(e.field)-1]; {
		case e.code == "INVALID_VARIANT" && (last == "price" || last == "compareAtPrice" || last == "cost"):
			errs[i].code = "GREATER_THAN_OR_EQUAL_TO"
		case e.code != "" && e.code != "OPTION_DOES_NOT_EXIST" && e.code != "OPTION_VALUE_DOES_NOT_EXIST":
			errs[i].code = "INVALID_INPUT"
		}
	}
	return errs
}

// variantsBulkCreate adds variants; option values they name come into being.
// The standalone variant of a product without options gives way, unless the
// strategy preserves it.
func (s *state) variantsBulkCreate(productID string, entries []input, media []input, strategy string) (*product, []*variant, []userError) {
	old := s.product(productID)
	if old == nil {
		return nil, nil, []userError{failf("PRODUCT_DOES_NOT_EXIST", "productId", "Product does not exist")}
	}
	p := old.clone()
	standalone := len(p.variants) == 1 && (strategy == "REMOVE_STANDALONE_VARIANT" || strategy != "PRESERVE_STANDALONE_VARIANT" && p.onlyDefault())
	if standalone {
		p.variants = nil
	}
	if len(p.variants)+len(entries) > maxVariants {
		return old, nil, []userError{failf("INVALID_INPUT", "variants", "You can only have a maximum of %d variants per product.", maxVariants)}
	}
	files, errs := s.makeMedia(media)
	p.media = append(p.media, files...)
	var created []*variant
	for i, e := range entries {
		path := fmt.Sprintf("variants.%d", i)
		v, more := s.bulkVariant(p, e, path)
		errs = append(errs, more...)
		if len(more) == 0 {
			created = append(created, v)
			p.variants = append(p.variants, v)
		}
	}
	if len(errs) > 0 {
		return old, nil, errs
	}
	if standalone {
		p.dropUnusedValues()
	}
	s.stockDefault(p.variants)
	p.updatedAt = s.now()
	s.put(p)
	return p, created, nil
}

// bulkVariant makes one variant of productVariantsBulkCreate.
func (s *state) bulkVariant(p *product, e input, path string) (*variant, []userError) {
	if e.given("id") {
		return nil, []userError{failf("NO_KEY_ON_CREATE", path+".id", "Variant id can't be given on create")}
	}
	values := e.objects("optionValues")
	if len(values) < len(p.options) {
		return nil, []userError{failf("NEED_TO_ADD_OPTION_VALUES", path, "You need to add option values for %s", p.options[len(values)].name)}
	}
	s.addOptionValues(p, values)
	tuple, errs := p.optionTuple(values, path)
	if len(errs) > 0 {
		return nil, bulkErrors(errs)
	}
	if slices.ContainsFunc(p.variants, func(v *variant) bool { return slices.Equal(v.options, tuple) }) {
		return nil, []userError{failf("VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE", path, "%s", variantExists(tuple))}
	}
	v := s.newVariant(p, tuple)
	v.item.tracked = newVariantsTracked
	if p.content.giftCard {
		v.makeGiftCard()
	}
	errs = bulkErrors(s.applyVariant(v, e, path))
	errs = append(errs, s.applyBulkExtras(p, v, e, path)...)
	for i, q := range e.objects("inventoryQuantities") {
		loc := s.location(q.text("locationId"))
		if loc == nil {
			errs = append(errs, failf("TRACKED_VARIANT_LOCATION_NOT_FOUND", fmt.Sprintf("%s.inventoryQuantities.%d.locationId", path, i), "Quantity couldn't be set because the location was deleted."))
			continue
		}
		n, _ := q.number("availableQuantity")
		s.stock(&v.item, loc).set("available", n, s.now())
	}
	return v, errs
}

// addOptionValues makes the values the entries name that the options lack.
func (s *state) addOptionValues(p *product, entries []input) {
	for _, e := range entries {
		o := p.option(e.text("optionName"), idOf("ProductOption", e.text("optionId")))
		if name := e.text("name"); o != nil && name != "" && o.value(name) == nil {
			o.values = append(o.values, &optionValue{id: s.newID(), name: name})
		}
	}
}

// applyBulkExtras applies what ProductVariantsBulkInput has beside the common
// attributes: metafields, and media by id or source.
func (s *state) applyBulkExtras(p *product, v *variant, e input, path string) []userError {
	errs := bulkErrors(s.applyMetafields(&v.fields, metafieldOwner{"PRODUCTVARIANT", v.id}, e.objects("metafields"), path+".metafields", false))
	find := func(key string, is func(*file) bool) {
		i := slices.IndexFunc(p.media, is)
		if i < 0 {
			errs = append(errs, failf("INVALID_INPUT", path+"."+key, "Media does not exist on product"))
			return
		}
		v.media = []int64{p.media[i].id}
	}
	if id := e.text("mediaId"); id != "" {
		find("mediaId", func(f *file) bool { return f.gid() == id })
	}
	for _, source := range e.texts("mediaSrc") {
		find("mediaSrc", func(f *file) bool { return f.source == source })
	}
	return errs
}

// variantsBulkUpdate changes variants of one product; with partial, those
// that are valid are kept although others are not.
func (s *state) variantsBulkUpdate(productID string, entries []input, media []input, partial bool) (*product, []*variant, []userError) {
	old := s.product(productID)
	if old == nil {
		return nil, nil, []userError{failf("PRODUCT_DOES_NOT_EXIST", "productId", "Product does not exist")}
	}
	p := old.clone()
	files, errs := s.makeMedia(media)
	p.media = append(p.media, files...)
	var updated []*variant
	for i, e := range entries {
		v, more := s.bulkChange(p, e, fmt.Sprintf("variants.%d", i))
		errs = append(errs, more...)
		if len(more) == 0 {
			updated = append(updated, v)
		}
	}
	if len(errs) > 0 && !(partial && len(updated) > 0) {
		return old, nil, errs
	}
	p.dropReplacedValues(old)
	p.updatedAt = s.now()
	s.put(p)
	return p, updated, errs
}

// bulkChange changes one variant on a copy and puts it into p when all is well.
func (s *state) bulkChange(p *product, e input, path string) (*variant, []userError) {
	if !e.given("id") {
		return nil, []userError{failf("PRODUCT_VARIANT_ID_MISSING", path+".id", "Product variant is missing ID attribute")}
	}
	i := slices.IndexFunc(p.variants, func(v *variant) bool { return v.id == idOf("ProductVariant", e.text("id")) })
	if i < 0 {
		return nil, []userError{failf("PRODUCT_VARIANT_DOES_NOT_EXIST", path+".id", "Product variant does not exist")}
	}
	if len(e.objects("inventoryQuantities")) > 0 {
		return nil, []userError{failf("NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE", path+".inventoryQuantities", "Inventory quantities can only be provided during create. To update inventory for existing variants, use inventoryAdjustQuantities.")}
	}
	v := p.variants[i].clone()
	if values := e.objects("optionValues"); len(values) > 0 {
		s.addOptionValues(p, values)
		tuple, errs := p.optionTuple(values, path)
		if len(errs) > 0 {
			return nil, bulkErrors(errs)
		}
		if slices.ContainsFunc(p.variants, func(o *variant) bool { return o.id != v.id && slices.Equal(o.options, tuple) }) {
			return nil, []userError{failf("VARIANT_ALREADY_EXISTS", path, "%s", variantExists(tuple))}
		}
		v.options = tuple
	}
	errs := bulkErrors(s.applyVariant(v, e, path))
	if errs = append(errs, s.applyBulkExtras(p, v, e, path)...); len(errs) == 0 {
		p.variants[i] = v
	}
	return v, errs
}

// dropReplacedValues removes the option values whose last variant moved to
// another value.
func (p *product) dropReplacedValues(old *product) {
	for i, o := range p.options {
		o.values = slices.DeleteFunc(o.values, func(v *optionValue) bool { return !p.used(i, v.name) && old.used(i, v.name) })
	}
}

// variantsBulkDelete removes variants of one product, all or none.
func (s *state) variantsBulkDelete(productID string, ids []string) (*product, []userError) {
	old := s.product(productID)
	if old == nil {
		return nil, []userError{failf("PRODUCT_DOES_NOT_EXIST", "productId", "Product does not exist")}
	}
	p := old.clone()
	var errs []userError
	for i, id := range ids {
		n := idOf("ProductVariant", id)
		if old.findVariant(n) == nil {
			errs = append(errs, failf("AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT", fmt.Sprintf("variantsIds.%d", i), "At least one variant does not belong to the product"))
			continue
		}
		p.variants = slices.DeleteFunc(p.variants, func(v *variant) bool { return v.id == n })
	}
	switch {
	case len(errs) > 0:
		return old, errs
	case len(p.variants) == 0:
		return old, []userError{failf("CANNOT_DELETE_LAST_VARIANT", "variantsIds", "Cannot delete the last variant of a product")}
	}
	p.dropReplacedValues(old)
	p.updatedAt = s.now()
	s.put(p)
	return p, nil
}
