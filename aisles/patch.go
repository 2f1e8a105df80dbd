package aisles

import (
	"slices"
	"strings"
)

// Patch is what a feed or a program says about one product: fields it does not
// carry are left as they are, null or empty ones are cleared. Lists that are
// present replace.
type Patch struct {
	Key         string              `json:"key"`
	Title       Opt[string]         `json:"title,omitzero"`
	BodyHTML    Opt[string]         `json:"body_html,omitzero"`
	Vendor      Opt[string]         `json:"vendor,omitzero"`
	ProductType Opt[string]         `json:"product_type,omitzero"`
	Category    Opt[string]         `json:"category,omitzero"`
	Tags        Opt[[]string]       `json:"tags,omitzero"`
	Status      Opt[Status]         `json:"status,omitzero"`
	Handle      Opt[string]         `json:"handle,omitzero"`
	SEO         Opt[SEOPatch]       `json:"seo,omitzero"`
	Options     Opt[[]Option]       `json:"options,omitzero"`
	Variants    Opt[[]VariantPatch] `json:"variants,omitzero"`
	Media       Opt[[]Media]        `json:"media,omitzero"`
	Metadata    Opt[[]Metafield]    `json:"metadata,omitzero"`
	Published   Opt[bool]           `json:"published,omitzero"`

	// Address makes Variants name existing variants by key instead of
	// stating all of them: others stay, unknown ones are refused. For feeds
	// that carry a SKU but no options, such as price or stock lists.
	Address bool `json:"-"`
	// Columns makes Metadata state single metafields, for each is a column of
	// the feed: others stay, and those without a value are removed.
	Columns bool `json:"-"`
	// Feed marks what a feed says, again and again, rather than a person
	// once: a draft of which a variant has no price, neither stated nor kept,
	// stays a draft however often the feed calls it active.
	Feed bool `json:"-"`
}

// SEOPatch is the part of [SEO] a patch carries.
type SEOPatch struct {
	Title       Opt[string] `json:"title,omitzero"`
	Description Opt[string] `json:"description,omitzero"`
}

// VariantPatch is what a patch says about one variant. A variant that exists
// (same key) keeps the fields its patch lacks; one that does not begins with
// the defaults of [NewVariant].
type VariantPatch struct {
	Key              string           `json:"key,omitempty"`
	SKU              Opt[string]      `json:"sku,omitzero"`
	Barcode          Opt[string]      `json:"barcode,omitzero"`
	Price            Opt[Money]       `json:"price,omitzero"`
	CompareAtPrice   Opt[Money]       `json:"compare_at_price,omitzero"`
	Cost             Opt[Money]       `json:"cost,omitzero"`
	Options          Opt[[]string]    `json:"options,omitzero"`
	Weight           Opt[*Weight]     `json:"weight,omitzero"`
	Taxable          Opt[bool]        `json:"taxable,omitzero"`
	RequiresShipping Opt[bool]        `json:"requires_shipping,omitzero"`
	InventoryPolicy  Opt[Policy]      `json:"inventory_policy,omitzero"`
	Inventory        Opt[[]Level]     `json:"inventory,omitzero"`
	Image            Opt[string]      `json:"image,omitzero"`
	Metadata         Opt[[]Metafield] `json:"metadata,omitzero"`
}

// NewVariant gives the defaults of a variant nobody has said anything about:
// taxable, shipped, not sold beyond its stock.
func NewVariant() Variant {
	return Variant{Taxable: true, RequiresShipping: true, InventoryPolicy: Deny}
}

// Apply gives the product that results from old and the patch, normalised and
// valid, and remarks for the import's report. A nil old means the product is
// new: a new product without a price is accepted at 0.00 as a draft, with a
// remark. Old is not changed. Errors are of code [Invalid] and name the field.
func (p Patch) Apply(old *Product) (Product, []string, error) {
	out := Product{Key: p.Key, Status: Active, Published: true}
	if old != nil {
		out = *old
	}
	setOpt(&out.Title, p.Title)
	setOpt(&out.BodyHTML, p.BodyHTML)
	setOpt(&out.Vendor, p.Vendor)
	setOpt(&out.ProductType, p.ProductType)
	setOpt(&out.Category, p.Category)
	setOpt(&out.Tags, p.Tags)
	setOpt(&out.Status, p.Status)
	setOpt(&out.Handle, p.Handle)
	setOpt(&out.Options, p.Options)
	setOpt(&out.Media, p.Media)
	setOpt(&out.Published, p.Published)
	p.metadata(&out.Metadata, p.Metadata)
	if p.SEO.Set {
		if p.SEO.Value == (SEOPatch{}) {
			out.SEO = SEO{}
		}
		setOpt(&out.SEO.Title, p.SEO.Value.Title)
		setOpt(&out.SEO.Description, p.SEO.Value.Description)
	}
	if out.Status == "" {
		out.Status = Active
	}
	var remarks []string
	priced := true
	if p.Variants.Set || old == nil {
		variants, ok, err := p.variants(out)
		if err != nil {
			return Product{}, nil, err
		}
		out.Variants, priced = variants, ok
	}
	switch {
	case out.Status == Archived:
	case old == nil && !priced:
		out.Status = Draft
		remarks = append(remarks, "has no price: accepted at 0.00 as a draft")
	case p.Feed && old != nil && old.Status == Draft && out.Status == Active && !p.priced(out):
		out.Status = Draft
		remarks = append(remarks, "has no price: it stays a draft at 0.00")
	}
	out.Normalise()
	return out, remarks, out.Validate()
}

// priced reports whether each variant of the result has a price, be it 0.00
// because the patch says so.
func (p Patch) priced(result Product) bool {
	free := 0
	for _, vp := range p.Variants.Value {
		if vp.Price.Value == "0.00" {
			free++
		}
	}
	for _, v := range result.Variants {
		if v.Price == "" || v.Price == "0.00" {
			free--
		}
	}
	return free >= 0
}

// metadata brings metafields to those a patch states.
func (p Patch) metadata(to *[]Metafield, stated Opt[[]Metafield]) {
	if !p.Columns {
		setOpt(to, stated)
		return
	}
	out := slices.Clone(*to)
	for _, f := range stated.Value {
		out = slices.DeleteFunc(out, func(old Metafield) bool { return old.Namespace == f.Namespace && old.Key == f.Key })
		if f.Value != "" {
			out = append(out, f)
		}
	}
	*to = out
}

// variants gives the product's variants after the patch, and whether each new
// one has a price.
func (p Patch) variants(base Product) ([]Variant, bool, error) {
	patches := p.Variants.Value
	if len(patches) == 0 && !p.Address {
		patches = []VariantPatch{{}}
	}
	keys, known := variantKeys(patches), p.matches(patches, base.Variants)
	out, priced := make([]Variant, 0, len(patches)), true
	named := map[string]Variant{}
	for i, vp := range patches {
		v := NewVariant()
		if old := known[i]; old != nil {
			v, keys[i] = *old, old.Key
		} else {
			if p.Address && len(base.Variants) > 0 {
				return nil, false, FieldErrorf(indexed("variants", i), "the product has no variant %q; give its options to add it", clip(keys[i]))
			}
			if p.Address && i > 0 {
				return nil, false, FieldErrorf(indexed("variants", i), "the product is new: give the options by which its variants differ")
			}
			priced = priced && vp.Price.Or("") != ""
		}
		v = vp.apply(v)
		p.metadata(&v.Metadata, vp.Metadata)
		out = append(out, v)
		named[keys[i]] = v
	}
	if p.Address && len(base.Variants) > 0 {
		out = out[:0]
		for _, v := range base.Variants {
			if n, ok := named[v.Key]; ok {
				v = n
			}
			out = append(out, v)
		}
	}
	return out, priced, nil
}

// matches gives, for each patch, the variant it is about, nil for a new one:
// by key, and where that is not known by option values, for a feed may lack
// the SKU or bring another. An address without a key is the only variant.
func (p Patch) matches(patches []VariantPatch, variants []Variant) []*Variant {
	byKey, byOptions := map[string]*Variant{}, map[string]*Variant{}
	for i := range variants {
		byKey[variants[i].Key] = &variants[i]
	}
	out := make([]*Variant, len(patches))
	taken := map[*Variant]bool{}
	for i, key := range variantKeys(patches) {
		if out[i] = byKey[key]; out[i] == nil && p.Address && key == "" && len(variants) == 1 {
			out[i] = &variants[0]
		}
		taken[out[i]] = true
	}
	for i, v := range variants {
		if !taken[&variants[i]] {
			byOptions[optionValues(v.Options)] = &variants[i]
		}
	}
	for i, vp := range patches {
		if out[i] == nil && !p.Address && vp.Key == "" && vp.Options.Set {
			out[i] = byOptions[optionValues(vp.Options.Value)]
		}
	}
	return out
}

func optionValues(options []string) string { return strings.Join(options, VariantSeparator) }

// apply gives the variant after the patch, but for its metafields.
func (p VariantPatch) apply(v Variant) Variant {
	setOpt(&v.SKU, p.SKU)
	setOpt(&v.Barcode, p.Barcode)
	setOpt(&v.Price, p.Price)
	setOpt(&v.CompareAtPrice, p.CompareAtPrice)
	setOpt(&v.Cost, p.Cost)
	setOpt(&v.Options, p.Options)
	setOpt(&v.Weight, p.Weight)
	setOpt(&v.Taxable, p.Taxable)
	setOpt(&v.RequiresShipping, p.RequiresShipping)
	setOpt(&v.InventoryPolicy, p.InventoryPolicy)
	setOpt(&v.Inventory, p.Inventory)
	setOpt(&v.Image, p.Image)
	return v
}

// variantKeys gives the keys the patches stand for: the one given, else the
// SKU where unique among them, else the option values.
func variantKeys(patches []VariantPatch) []string {
	skus := map[string]int{}
	for _, p := range patches {
		skus[p.SKU.Value]++
	}
	keys := make([]string, len(patches))
	for i, p := range patches {
		keys[i] = p.Key
		if keys[i] == "" {
			keys[i] = variantKey(p.SKU.Value, skus[p.SKU.Value], p.Options.Value)
		}
	}
	return keys
}

func setOpt[T any](dst *T, o Opt[T]) {
	if o.Set {
		*dst = o.Value
	}
}
