package sim

import (
	"slices"
	"strings"
	"time"
)

// variant is one variant; options holds its values in the order of the
// product's options.
type variant struct {
	id             int64
	product        *product
	options        []string
	sku            *string
	barcode        *string
	price          money
	compareAtPrice money
	taxable        bool
	taxCode        *string
	policy         string // DENY or CONTINUE
	needsParts     bool
	item           inventoryItem
	media          []int64 // file ids
	fields         metafields
	createdAt      time.Time
	updatedAt      time.Time
}

// defaultWeightUnit is the unit of weights given without one.
const defaultWeightUnit = "KILOGRAMS"

func (v *variant) clone() *variant {
	c := *v
	c.options = slices.Clone(v.options)
	c.item = v.item.clone()
	c.media = slices.Clone(v.media)
	c.fields = v.fields.clone()
	return &c
}

// newVariant makes a variant as productCreate's first one is: free, taxable,
// shipped, not tracked, stocked at the first location.
func (s *state) newVariant(p *product, options []string) *variant {
	zero, _ := parseMoney("0")
	v := &variant{
		id: s.newID(), product: p, options: options, price: zero, taxable: true, policy: "DENY",
		createdAt: s.now(), updatedAt: s.now(),
	}
	v.item = inventoryItem{id: s.newID(), requiresShipping: true, weightUnit: defaultWeightUnit}
	return v
}

func (v *variant) gid() string { return gid("ProductVariant", v.id) }

// title joins the option values, as Shopify names variants.
func (v *variant) title() string { return strings.Join(v.options, " / ") }

func (v *variant) displayName() string {
	if v.product.onlyDefault() {
		return v.product.content.title
	}
	return v.product.content.title + " - " + v.title()
}

// inventoryQuantity is what is available at all locations together.
func (v *variant) inventoryQuantity() int {
	n := 0
	for _, l := range v.item.levels {
		n += l.quantities["available"]
	}
	return n
}

func (v *variant) position() int {
	return 1 + slices.IndexFunc(v.product.variants, func(o *variant) bool { return o.id == v.id })
}
