package aisles

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a product, Shopify's where it has one. A product over a limit is
// refused whole: cutting it would show customers something nobody wrote.
const (
	MaxTitle    = 255  // characters of title, vendor, type, handle, SKU, barcode, option name and value
	MaxTags     = 250  // https://shopify.dev/docs/api/usage/limits: entries of an input array
	MaxOptions  = 3    // https://shopify.dev/docs/api/admin-graphql/latest/objects/ResourceLimits
	MaxVariants = 2048 // as above
	MaxMedia    = 250  // pictures of a product
	MaxBody     = 512 << 10
)

// VariantSeparator stands between the option values that name a variant, as
// in Shopify's variant titles.
const VariantSeparator = " / "

// Normalise brings the product into the form in which it is stored and
// compared: text trimmed where Shopify trims it, tags without doubles and
// sorted, option values in the order of the variants that use them, every
// variant with its key and a price. It is idempotent.
func (p *Product) Normalise() {
	p.Title = strings.TrimSpace(p.Title)
	p.Vendor = strings.TrimSpace(p.Vendor)
	p.ProductType = strings.TrimSpace(p.ProductType)
	p.Category = strings.TrimSpace(p.Category)
	p.Handle = strings.TrimSpace(p.Handle)
	p.Tags = normaliseTags(p.Tags)
	p.Media = normaliseMedia(p.Media)
	p.Metadata = normaliseMetadata(p.Metadata)
	p.Variants = slices.Clone(p.Variants)
	for i := range p.Variants {
		p.Variants[i].normalise()
	}
	p.normaliseOptions()
	p.nameVariants()
}

func (v *Variant) normalise() {
	v.SKU = strings.TrimSpace(v.SKU)
	v.Barcode = strings.TrimSpace(v.Barcode)
	v.Image = strings.TrimSpace(v.Image)
	v.Options = slices.Clone(v.Options)
	for i, o := range v.Options {
		v.Options[i] = strings.TrimSpace(o)
	}
	if v.Price == "" {
		v.Price = "0.00"
	}
	if v.InventoryPolicy == "" {
		v.InventoryPolicy = Deny
	}
	v.Inventory = slices.Clone(v.Inventory)
	slices.SortStableFunc(v.Inventory, func(a, b Level) int { return cmp.Compare(a.Location, b.Location) })
	v.Metadata = normaliseMetadata(v.Metadata)
}

// normaliseOptions drops Shopify's stand-in for "no options" (Title: Default
// Title) and lists each option's values as its variants use them.
func (p *Product) normaliseOptions() {
	if len(p.Options) == 1 && strings.EqualFold(strings.TrimSpace(p.Options[0].Name), "Title") && len(p.Variants) == 1 &&
		len(p.Variants[0].Options) == 1 && strings.EqualFold(p.Variants[0].Options[0], "Default Title") {
		p.Options, p.Variants[0].Options = nil, nil
		return
	}
	options := make([]Option, 0, len(p.Options))
	for i, o := range p.Options {
		used := map[string]bool{}
		var order []string
		for _, v := range p.Variants {
			if i < len(v.Options) && !used[v.Options[i]] {
				used[v.Options[i]] = true
				order = append(order, v.Options[i])
			}
		}
		values := make([]string, 0, len(order))
		for _, given := range append(slices.Clone(o.Values), order...) {
			if given = strings.TrimSpace(given); used[given] {
				used[given] = false
				values = append(values, given)
			}
		}
		options = append(options, Option{Name: strings.TrimSpace(o.Name), Values: values})
	}
	p.Options = options
}

func (p *Product) nameVariants() {
	skus := map[string]int{}
	for _, v := range p.Variants {
		skus[v.SKU]++
	}
	for i, v := range p.Variants {
		p.Variants[i].Key = variantKey(v.SKU, skus[v.SKU], v.Options)
	}
}

func variantKey(sku string, times int, options []string) string {
	if sku = strings.TrimSpace(sku); sku != "" && times == 1 {
		return sku
	}
	return strings.Join(options, VariantSeparator)
}

// normaliseTags follows what Shopify was recorded to do: split at commas,
// trimmed, the first spelling of a tag wins whatever its case, sorted.
func normaliseTags(tags []string) []string {
	seen := map[string]bool{}
	out := make([]string, 0, len(tags))
	for _, listed := range tags {
		for t := range strings.SplitSeq(listed, ",") {
			t = strings.TrimSpace(t)
			if low := strings.ToLower(t); t != "" && !seen[low] {
				seen[low] = true
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
	})
	return out
}

// normaliseMedia keeps the first of two pictures with one address.
func normaliseMedia(media []Media) []Media {
	seen := map[string]bool{}
	out := make([]Media, 0, len(media))
	for _, m := range media {
		m.URL = strings.TrimSpace(m.URL)
		if m.URL != "" && !seen[m.URL] {
			seen[m.URL] = true
			out = append(out, m)
		}
	}
	return out
}

func normaliseMetadata(fields []Metafield) []Metafield {
	out := append(make([]Metafield, 0, len(fields)), fields...)
	slices.SortStableFunc(out, func(a, b Metafield) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Key, b.Key))
	})
	return out
}

// Validate reports the first thing for which Shopify, or anybody, would refuse
// the product. Call it on a normalised product.
func (p *Product) Validate() error {
	switch {
	case p.Key == "":
		return FieldErrorf("key", "is blank")
	case p.Title == "":
		return FieldErrorf("title", "is blank")
	case p.Status != Active && p.Status != Draft && p.Status != Archived:
		return FieldErrorf("status", "%q is none of active, draft, archived", clip(string(p.Status)))
	case len(p.BodyHTML) > MaxBody:
		return FieldErrorf("body_html", "has %d bytes; at most %d are taken", len(p.BodyHTML), MaxBody)
	case len(p.Tags) > MaxTags:
		return FieldErrorf("tags", "%d tags; Shopify takes %d", len(p.Tags), MaxTags)
	case len(p.Media) > MaxMedia:
		return FieldErrorf("media", "%d pictures; Shopify takes %d", len(p.Media), MaxMedia)
	}
	for _, f := range []struct{ name, value string }{
		{"key", p.Key}, {"title", p.Title}, {"vendor", p.Vendor}, {"product_type", p.ProductType}, {"handle", p.Handle},
	} {
		if err := short(f.name, f.value); err != nil {
			return err
		}
	}
	for i, t := range p.Tags {
		if err := short(indexed("tags", i), t); err != nil {
			return err
		}
	}
	if err := validateMetadata("metadata", p.Metadata); err != nil {
		return err
	}
	if err := p.validateOptions(); err != nil {
		return err
	}
	return p.validateVariants()
}

func (p *Product) validateOptions() error {
	if len(p.Options) > MaxOptions {
		return FieldErrorf("options", "%d options; Shopify takes %d", len(p.Options), MaxOptions)
	}
	seen := map[string]bool{}
	for i, o := range p.Options {
		at := indexed("options", i) + ".name"
		switch {
		case o.Name == "":
			return FieldErrorf(at, "is blank")
		case strings.Contains(o.Name, VariantSeparator):
			return FieldErrorf(at, "%q may not contain %q", clip(o.Name), VariantSeparator)
		case seen[strings.ToLower(o.Name)]:
			return FieldErrorf(at, "%q names two options", clip(o.Name))
		}
		seen[strings.ToLower(o.Name)] = true
		if err := short(at, o.Name); err != nil {
			return err
		}
	}
	return nil
}

func (p *Product) validateVariants() error {
	if n := len(p.Variants); n == 0 || n > MaxVariants {
		return FieldErrorf("variants", "%d variants; a product has 1 to %d", n, MaxVariants)
	}
	seen := map[string]int{}
	for i, v := range p.Variants {
		at := indexed("variants", i)
		if len(v.Options) != len(p.Options) {
			return FieldErrorf(at+".options", "%d values for %d options", len(v.Options), len(p.Options))
		}
		combination := strings.ToLower(strings.Join(v.Options, VariantSeparator))
		if first, clash := seen[combination]; clash {
			return FieldErrorf(at, "has the same options (%s) as variants[%d]", clip(strings.Join(v.Options, VariantSeparator)), first)
		}
		seen[combination] = i
		if err := v.validate(at); err != nil {
			return err
		}
	}
	return nil
}

func (v *Variant) validate(at string) error {
	for _, o := range v.Options {
		if o == "" {
			return FieldErrorf(at+".options", "a value is blank")
		}
		if err := short(at+".options", o); err != nil {
			return err
		}
	}
	if err := short(at+".sku", v.SKU); err != nil {
		return err
	}
	if err := short(at+".barcode", v.Barcode); err != nil {
		return err
	}
	if v.InventoryPolicy != Deny && v.InventoryPolicy != Continue {
		return FieldErrorf(at+".inventory_policy", "%q is neither deny nor continue", clip(string(v.InventoryPolicy)))
	}
	if w := v.Weight; w != nil {
		if !slices.Contains([]string{"kg", "g", "lb", "oz"}, w.Unit) {
			return FieldErrorf(at+".weight.unit", "%q is none of kg, g, lb, oz", clip(w.Unit))
		}
		if !(w.Value >= 0 && w.Value <= 1e9) { // so that NaN is refused too
			return FieldErrorf(at+".weight.value", "%v is not between 0 and 1,000,000,000", w.Value)
		}
	}
	for i, l := range v.Inventory {
		if i > 0 && v.Inventory[i-1].Location == l.Location {
			return FieldErrorf(at+".inventory", "location %q stands twice", clip(l.Location))
		}
		// The bounds Shopify gives for an available quantity.
		if l.Quantity < -1e9 || l.Quantity > 1e9 {
			return FieldErrorf(at+".inventory", "%d is not between -1,000,000,000 and 1,000,000,000", l.Quantity)
		}
	}
	return validateMetadata(at+".metadata", v.Metadata)
}

func validateMetadata(at string, fields []Metafield) error {
	for i, f := range fields {
		if f.Namespace == "" || f.Key == "" || f.Type == "" {
			return FieldErrorf(indexed(at, i), "a metafield needs namespace, key and type")
		}
		if i > 0 && fields[i-1].Namespace == f.Namespace && fields[i-1].Key == f.Key {
			return FieldErrorf(indexed(at, i), "%s.%s stands twice", clip(f.Namespace), clip(f.Key))
		}
	}
	return nil
}

func short(at, s string) error {
	if n := utf8.RuneCountInString(s); n > MaxTitle {
		return FieldErrorf(at, "has %d characters; at most %d are taken", n, MaxTitle)
	}
	return nil
}

func indexed(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }
