package sim

import (
	"slices"
	"strings"
	"time"
)

// product is a product with everything that hangs on it. A mutation works on
// a clone and puts it back when nothing is wrong, so that a refused call
// leaves no trace.
type product struct {
	id        int64
	handle    string
	content   productContent
	options   []*option
	variants  []*variant
	media     []*file
	fields    metafields
	published map[int64]time.Time // publication id → since or from
	createdAt time.Time
	updatedAt time.Time
}

// productContent is the product's plain attributes.
type productContent struct {
	title            string
	descriptionHTML  string
	vendor           string
	productType      string
	status           string
	tags             []string
	category         string // taxonomy gid, "" for none
	seoTitle         *string
	seoDescription   *string
	templateSuffix   *string
	giftCard         bool
	giftCardSuffix   *string
	needsSellingPlan bool
	combinedRole     string
	claimedBundles   bool
}

// option is a product option; values keeps their order.
type option struct {
	id     int64
	name   string
	values []*optionValue
}

type optionValue struct {
	id   int64
	name string
}

// defaultOption and defaultValue are what a product without options carries.
const (
	defaultOption = "Title"
	defaultValue  = "Default Title"
)

// Limits of products, https://shopify.dev/docs/api/admin-graphql/latest/objects/ShopResourceLimits.
const (
	maxOptions  = 3
	maxVariants = 2048
	maxMedia    = 250
)

// clone copies the product so deep that changing the copy leaves it alone.
// Files are shared: they belong to the shop.
func (p *product) clone() *product {
	c := *p
	c.content.tags = slices.Clone(p.content.tags)
	c.options = make([]*option, len(p.options))
	for i, o := range p.options {
		oc := *o
		oc.values = make([]*optionValue, len(o.values))
		for j, v := range o.values {
			vc := *v
			oc.values[j] = &vc
		}
		c.options[i] = &oc
	}
	c.variants = make([]*variant, len(p.variants))
	for i, v := range p.variants {
		c.variants[i] = v.clone()
		c.variants[i].product = &c
	}
	c.media = slices.Clone(p.media)
	c.fields = p.fields.clone()
	c.published = make(map[int64]time.Time, len(p.published))
	for k, v := range p.published {
		c.published[k] = v
	}
	return &c
}

// newProduct makes an unsaved product with Shopify's defaults: active, sold
// by the shop itself, one "Default Title" variant.
func (s *state) newProduct() *product {
	p := &product{id: s.newID(), published: map[int64]time.Time{}, createdAt: s.now(), updatedAt: s.now()}
	p.content.status = "ACTIVE"
	p.content.vendor = s.info.name
	p.options = []*option{{id: s.newID(), name: defaultOption, values: []*optionValue{{id: s.newID(), name: defaultValue}}}}
	p.variants = []*variant{s.newVariant(p, []string{defaultValue})}
	for _, pub := range s.publications {
		if pub.autoPublish {
			p.published[pub.id] = s.now()
		}
	}
	return p
}

func (p *product) gid() string { return gid("Product", p.id) }

// onlyDefault tells whether the product has just its standalone variant.
func (p *product) onlyDefault() bool {
	return len(p.options) == 1 && p.options[0].name == defaultOption &&
		len(p.variants) == 1 && slices.Equal(p.variants[0].options, []string{defaultValue})
}

// option finds an option by name (case-sensitively) or id; nil when unknown.
func (p *product) option(name string, id int64) *option {
	for _, o := range p.options {
		if (id != 0 && o.id == id) || (id == 0 && o.name == name) {
			return o
		}
	}
	return nil
}

func (o *option) value(name string) *optionValue {
	for _, v := range o.values {
		if v.name == name {
			return v
		}
	}
	return nil
}

func (p *product) findVariant(id int64) *variant {
	for _, v := range p.variants {
		if v.id == id {
			return v
		}
	}
	return nil
}

// used tells whether a variant carries the value at option index i.
func (p *product) used(i int, value string) bool {
	return slices.ContainsFunc(p.variants, func(v *variant) bool { return i < len(v.options) && v.options[i] == value })
}

// dropUnusedValues removes option values no variant carries.
func (p *product) dropUnusedValues() {
	for i, o := range p.options {
		o.values = slices.DeleteFunc(o.values, func(v *optionValue) bool { return !p.used(i, v.name) })
	}
}

// totals sums the stock of tracked variants, as Product.totalInventory does.
func (p *product) totalInventory() int {
	n := 0
	for _, v := range p.variants {
		if v.item.tracked {
			n += v.inventoryQuantity()
		}
	}
	return n
}

func (p *product) tracksInventory() bool {
	return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.item.tracked })
}

func (p *product) hasOutOfStock() bool {
	return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.item.tracked && v.inventoryQuantity() <= 0 })
}

// priceRange gives the lowest and highest of the amounts pick finds; ok is
// false when no variant has one.
func (p *product) priceRange(pick func(*variant) money) (low, high money, ok bool) {
	for _, v := range p.variants {
		m := pick(v)
		if !m.isSet() {
			continue
		}
		if !ok || m.less(low) {
			low = m
		}
		if !ok || high.less(m) {
			high = m
		}
		ok = true
	}
	return low, high, ok
}

// generateHandle gives the product a free handle made from its title.
func (s *state) generateHandle(p *product, raw string) {
	base := slug(raw)
	if base == "" {
		base = fallbackHandle
	}
	p.handle = freeHandle(base, s.handleTaken(p))
}

// setHandle applies an explicit handle: normalised; blank means "generate one
// from the title"; punctuation only becomes a generated "product". It tells
// whether the handle is already taken by another product.
func (s *state) setHandle(p *product, raw string) (taken bool) {
	h := slug(raw)
	switch {
	case strings.TrimSpace(raw) == "":
		s.generateHandle(p, p.content.title)
	case h == "":
		s.generateHandle(p, "")
	case s.handleTaken(p)(h):
		return true
	default:
		p.handle = h
	}
	return false
}
