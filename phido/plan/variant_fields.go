package plan

import (
	"aisles/aisles"
	"aisles/shopify"
)

// variantFields are the fields of a variant that are to be sent; two inputs of
// Shopify's take them. The zero value sends none.
type variantFields struct {
	SKU              shopify.Opt[string]
	Barcode          shopify.Opt[string]
	Price            shopify.Opt[string]
	CompareAtPrice   shopify.Opt[string]
	Cost             shopify.Opt[string]
	Policy           shopify.Opt[shopify.ProductVariantInventoryPolicy]
	Taxable          shopify.Opt[bool]
	RequiresShipping shopify.Opt[bool]
	Tracked          shopify.Opt[bool]
	Weight           shopify.Opt[shopify.WeightInput]
}

// newVariantFields sends all that a new variant has. Whether it is
// stock-keeping is always said: Shopify would track one that does not say.
func newVariantFields(v aisles.ContentVariant) variantFields {
	f := variantFields{
		Price: shopify.Value(string(v.Price)), Policy: shopify.Value(policy(v.InventoryPolicy)), Taxable: shopify.Value(v.Taxable),
		RequiresShipping: shopify.Value(v.RequiresShipping), Tracked: shopify.Value(v.Tracked),
	}
	for _, t := range []struct {
		value string
		to    *shopify.Opt[string]
	}{
		{v.SKU, &f.SKU}, {v.Barcode, &f.Barcode}, {string(v.CompareAtPrice), &f.CompareAtPrice}, {string(v.Cost), &f.Cost},
	} {
		if t.value != "" {
			*t.to = shopify.Value(t.value)
		}
	}
	if v.Weight != nil {
		f.Weight = weight(v.Weight)
	}
	return f
}

// item gives the part of the fields that belongs to the inventory item.
func (f variantFields) item() shopify.Opt[shopify.InventoryItemInput] {
	in := shopify.InventoryItemInput{Cost: f.Cost, RequiresShipping: f.RequiresShipping, SKU: f.SKU, Tracked: f.Tracked}
	if !f.Weight.IsZero() {
		in.Measurement = shopify.Value(shopify.InventoryItemMeasurementInput{Weight: f.Weight})
	}
	if in.Cost.IsZero() && in.RequiresShipping.IsZero() && in.SKU.IsZero() && in.Tracked.IsZero() && in.Measurement.IsZero() {
		return shopify.Opt[shopify.InventoryItemInput]{}
	}
	return shopify.Value(in)
}

// set gives the fields as productSet takes them; a new variant has no id.
func (f variantFields) set(id string, options []shopify.VariantOptionValueInput) shopify.ProductVariantSetInput {
	in := shopify.ProductVariantSetInput{
		OptionValues: options, Barcode: f.Barcode, Price: f.Price, CompareAtPrice: f.CompareAtPrice,
		InventoryPolicy: f.Policy, Taxable: f.Taxable, InventoryItem: f.item(),
	}
	if id != "" {
		in.ID = shopify.Value(id)
	}
	return in
}

// bulk gives the fields as productVariantsBulkUpdate takes them.
func (f variantFields) bulk(id string) shopify.ProductVariantsBulkInput {
	return shopify.ProductVariantsBulkInput{
		ID: shopify.Value(id), Barcode: f.Barcode, Price: f.Price, CompareAtPrice: f.CompareAtPrice,
		InventoryPolicy: f.Policy, Taxable: f.Taxable, InventoryItem: f.item(),
	}
}

var weightUnits = map[string]shopify.WeightUnit{
	"kg": shopify.WeightUnitKilograms, "g": shopify.WeightUnitGrams, "lb": shopify.WeightUnitPounds, "oz": shopify.WeightUnitOunces,
}

func weight(w *aisles.Weight) shopify.Opt[shopify.WeightInput] {
	if w == nil {
		w = &aisles.Weight{Unit: "kg"}
	}
	return shopify.Value(shopify.WeightInput{Value: w.Value, Unit: weightUnits[w.Unit]})
}
