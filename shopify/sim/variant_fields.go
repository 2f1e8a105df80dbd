package sim

import (
	"cmp"
	"encoding/base64"
	"slices"
)

func (*variant) typeName() string  { return "ProductVariant" }
func (v *variant) cursorID() int64 { return v.id }

// variantFields are the fields of ProductVariant.
var variantFields = merge(table{
	"id":                 get(func(v *variant) any { return v.gid() }),
	"legacyResourceId":   get(func(v *variant) any { return legacyID(v.id) }),
	"storefrontId":       get(func(v *variant) any { return base64.StdEncoding.EncodeToString([]byte(v.gid())) }),
	"defaultCursor":      get(func(v *variant) any { return (&connection{page: []object{v}}).cursor(0) }),
	"product":            get(func(v *variant) any { return v.product }),
	"title":              get(func(v *variant) any { return v.title() }),
	"displayName":        get(func(v *variant) any { return v.displayName() }),
	"sku":                get(func(v *variant) any { return v.sku }),
	"barcode":            get(func(v *variant) any { return v.barcode }),
	"price":              get(func(v *variant) any { return v.price.text() }),
	"compareAtPrice":     get(func(v *variant) any { return v.compareAtPrice.text() }),
	"taxable":            get(func(v *variant) any { return v.taxable }),
	"taxCode":            get(func(v *variant) any { return v.taxCode }),
	"position":           get(func(v *variant) any { return v.position() }),
	"inventoryPolicy":    get(func(v *variant) any { return v.policy }),
	"inventoryQuantity":  get(func(v *variant) any { return v.inventoryQuantity() }),
	"inventoryItem":      get(func(v *variant) any { return stockItem{v} }),
	"requiresComponents": get(func(v *variant) any { return v.needsParts }),
	"createdAt":          get(func(v *variant) any { return v.createdAt }),
	"updatedAt":          get(func(v *variant) any { return v.updatedAt }),
	"selectedOptions":    get(func(v *variant) any { return v.selectedViews() }),
	"availableForSale": get(func(v *variant) any {
		return !v.item.tracked || v.policy == "CONTINUE" || v.inventoryQuantity() > 0
	}),
	"sellableOnlineQuantity": get(func(v *variant) any { return v.inventoryQuantity() }),
	"media":                  field(func(_ *request, v *variant, args input) (any, error) { return connect(v.files(), args) }),
	"image": field(func(r *request, v *variant, _ input) (any, error) {
		for _, f := range v.files() {
			if i := r.image(f); i != nil {
				return i, nil
			}
		}
		return nil, nil
	}),

	"showUnitPrice": constant(false), "unitPrice": nothing, "unitPriceMeasurement": nothing, "deliveryProfile": nothing, "events": none,
	"presentmentPrices": none, "productParents": none, "productVariantComponents": none, "sellingPlanGroups": none,
	"sellingPlanGroupsCount": zero, "sellingPlanGroupCount": constant(0), "translations": constant([]object{}),
}, publishableFields, metafieldsOf(func(o object) (string, metafields) {
	v := o.(*variant)
	return v.gid(), v.fields
}))

// selectedViews are the variant's values as SelectedOption objects.
func (v *variant) selectedViews() []object {
	out := make([]object, len(v.options))
	for i, o := range v.product.optionViews() {
		out[i] = answer(map[string]any{"name": o.name, "value": v.options[i], "optionValue": &optionValueView{o.value(v.options[i]), o}})
	}
	return out
}

// files are the variant's pictures, as media of its product.
func (v *variant) files() []*file {
	var out []*file
	for _, f := range v.product.media {
		if slices.Contains(v.media, f.id) {
			out = append(out, f)
		}
	}
	return out
}

// sortVariants orders variants by a ProductVariantSortKeys value; any that is
// not listed means by id, and "" or POSITION leaves them as they stand.
func sortVariants(all []*variant, key string) []*variant {
	if key == "" || key == "POSITION" {
		return all
	}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *variant) int {
		switch key {
		case "SKU":
			return cmp.Or(cmp.Compare(textOf(a.sku), textOf(b.sku)), cmp.Compare(a.id, b.id))
		case "TITLE", "NAME":
			return cmp.Or(cmp.Compare(a.title(), b.title()), cmp.Compare(a.id, b.id))
		case "FULL_TITLE":
			return cmp.Or(cmp.Compare(a.displayName(), b.displayName()), cmp.Compare(a.id, b.id))
		case "INVENTORY_QUANTITY", "INVENTORY_LEVELS_AVAILABLE":
			return cmp.Or(cmp.Compare(a.inventoryQuantity(), b.inventoryQuantity()), cmp.Compare(a.id, b.id))
		}
		return cmp.Compare(a.id, b.id)
	})
	return out
}
