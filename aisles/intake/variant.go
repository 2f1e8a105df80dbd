package intake

import (
	"math"
	"strconv"
	"strings"

	"aisles/aisles"
)

// variant reads the fields of one variant.
func (b *builder) variant(r row) aisles.VariantPatch {
	var v aisles.VariantPatch
	for _, t := range []struct {
		column column
		to     *aisles.Opt[string]
	}{
		{sku, &v.SKU}, {barcode, &v.Barcode}, {variantImage, &v.Image},
	} {
		if text, ok := b.cell(r, t.column); ok {
			*t.to = aisles.Some(text)
		}
	}
	if v.Image.Value != "" && !isURL(v.Image.Value) {
		b.fail(variantImage, strconv.Quote(clip(v.Image.Value))+" is no address of a picture", r.line)
	}
	// An empty price leaves the price: a blank cell gives nothing away.
	if text, ok := b.cell(r, price); ok && text != "" {
		v.Price = aisles.Some(b.money(r, price, text))
	}
	if text, ok := b.cell(r, compareAt); ok {
		v.CompareAtPrice = aisles.Some(b.money(r, compareAt, text))
	}
	if text, ok := b.cell(r, cost); ok {
		v.Cost = aisles.Some(b.money(r, cost, text))
	}
	if text, ok := b.cell(r, shipping); ok {
		v.RequiresShipping = aisles.Some(b.truth(r, shipping, text))
	}
	if text, ok := b.cell(r, taxable); ok {
		v.Taxable = aisles.Some(b.truth(r, taxable, text))
	}
	if text, ok := b.cell(r, policy); ok {
		v.InventoryPolicy = aisles.Some(b.policy(r, text))
	}
	b.weight(r, &v)
	b.levels(r, &v)
	if fields, ok := b.metadata(r, true); ok {
		v.Metadata = aisles.Some(fields)
	}
	return v
}

func (b *builder) money(r row, c column, text string) aisles.Money {
	if text == "" {
		return ""
	}
	m, err := aisles.ParseMoney(text)
	if err != nil {
		b.fail(c, err.Error(), r.line)
	}
	return m
}

// truth reads TRUE and FALSE in the spellings spreadsheets have; blank is
// true, as in Shopify's import.
func (b *builder) truth(r row, c column, text string) bool {
	switch strings.ToLower(text) {
	case "", "true", "yes", "1", "t", "y", "wahr", "vrai":
		return true
	case "false", "no", "0", "f", "n", "falsch", "faux":
		return false
	}
	b.fail(c, strconv.Quote(clip(text))+" is neither TRUE nor FALSE", r.line)
	return false
}

func (b *builder) policy(r row, text string) aisles.Policy {
	switch strings.ToLower(text) {
	case "", "deny", "false", "no":
		return aisles.Deny
	case "continue", "true", "yes":
		return aisles.Continue
	}
	b.fail(policy, strconv.Quote(clip(text))+" is neither deny nor continue", r.line)
	return aisles.Deny
}

// gramsOf is what a unit weighs in grams.
var gramsOf = map[string]float64{"g": 1, "kg": 1000, "lb": 453.59237, "oz": 28.349523125}

// weight reads grams, and shows them in the unit the feed names.
func (b *builder) weight(r row, v *aisles.VariantPatch) {
	text, ok := b.cell(r, grams)
	if !ok {
		return
	}
	unit, _ := b.cell(r, weightUnit)
	if unit = strings.ToLower(unit); unit == "" {
		unit = "g"
	}
	if gramsOf[unit] == 0 {
		b.fail(weightUnit, strconv.Quote(clip(unit))+" is none of g, kg, lb, oz", r.line)
		return
	}
	if text == "" {
		v.Weight = aisles.Some[*aisles.Weight](nil)
		return
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n < 0 || n > 1e9 {
		b.fail(grams, strconv.Quote(clip(text))+" is no weight in grams", r.line)
		return
	}
	if n == 0 {
		v.Weight = aisles.Some[*aisles.Weight](nil)
		return
	}
	v.Weight = aisles.Some(&aisles.Weight{Value: math.Round(n/gramsOf[unit]*1e4) / 1e4, Unit: unit})
}

// levels reads the stock. A variant with a blank tracker is not stock-keeping,
// whatever its quantity says.
func (b *builder) levels(r row, v *aisles.VariantPatch) {
	text, ok := b.cell(r, quantity)
	if !ok {
		return
	}
	if t, tracked := b.cell(r, tracker); text == "" || tracked && t == "" {
		v.Inventory = aisles.Some([]aisles.Level{})
		return
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != math.Trunc(n) || math.Abs(n) > 1e9 {
		b.fail(quantity, strconv.Quote(clip(text))+" is no whole number", r.line)
		return
	}
	v.Inventory = aisles.Some([]aisles.Level{{Location: "default", Quantity: int64(n)}})
}
