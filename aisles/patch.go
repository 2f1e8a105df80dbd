package aisles

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
	setOpt(&out.Metadata, p.Metadata)
	setOpt(&out.Published, p.Published)
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
	if old == nil && !priced && out.Status != Archived {
		out.Status = Draft
		remarks = append(remarks, "has no price: accepted at 0.00 as a draft")
	}
	out.Normalise()
	return out, remarks, out.Validate()
}

// variants gives the product's variants after the patch, and whether each new
// one has a price.
func (p Patch) variants(base Product) ([]Variant, bool, error) {
	known := map[string]Variant{}
	for _, v := range base.Variants {
		known[v.Key] = v
	}
	patches := p.Variants.Value
	if len(patches) == 0 && !p.Address {
		patches = []VariantPatch{{}}
	}
	keys := variantKeys(patches)
	out, priced := make([]Variant, 0, len(patches)), true
	named := map[string]Variant{}
	for i, vp := range patches {
		v, exists := known[keys[i]]
		if !exists {
			if p.Address && len(known) > 0 {
				return nil, false, FieldErrorf(indexed("variants", i), "the product has no variant %q; give its options to add it", clip(keys[i]))
			}
			v = NewVariant()
			priced = priced && vp.Price.Or("") != ""
		}
		v = vp.apply(v)
		out = append(out, v)
		named[keys[i]] = v
	}
	if p.Address && len(known) > 0 {
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
	setOpt(&v.Metadata, p.Metadata)
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
