package sim

import (
	"slices"
)

// stateJSON is the body of GET /_sim/shops/{domain}/state.
type stateJSON struct {
	Products []productJSON `json:"products"`
	Orders   []any         `json:"orders"`
}

type productJSON struct {
	ID              string          `json:"id"`
	Handle          string          `json:"handle"`
	Title           string          `json:"title"`
	DescriptionHTML string          `json:"descriptionHtml"`
	Vendor          string          `json:"vendor"`
	ProductType     string          `json:"productType"`
	Status          string          `json:"status"`
	Tags            []string        `json:"tags"`
	Category        *string         `json:"category"`
	SEO             seoJSON         `json:"seo"`
	Options         []optionJSON    `json:"options"`
	Variants        []variantJSON   `json:"variants"`
	Media           []mediaJSON     `json:"media"`
	Metafields      []metafieldJSON `json:"metafields"`
	PublishedOn     []string        `json:"publishedOn"` // names of publications
	UpdatedAt       string          `json:"updatedAt"`
}

type seoJSON struct {
	Title       *string `json:"title"`
	Description *string `json:"description"`
}

type optionJSON struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

type variantJSON struct {
	ID              string           `json:"id"`
	SKU             *string          `json:"sku"`
	Barcode         *string          `json:"barcode"`
	Price           any              `json:"price"`
	CompareAtPrice  any              `json:"compareAtPrice"`
	SelectedOptions []selectedOption `json:"selectedOptions"`
	Inventory       []stockJSON      `json:"inventory"`
	Metafields      []metafieldJSON  `json:"metafields"`

	Cost             any        `json:"cost"`
	Taxable          bool       `json:"taxable"`
	RequiresShipping bool       `json:"requiresShipping"`
	Tracked          bool       `json:"tracked"`
	InventoryPolicy  string     `json:"inventoryPolicy"`
	Weight           weightJSON `json:"weight"`
	Media            []string   `json:"media"` // ids of its files
}

type weightJSON struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

type selectedOption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type stockJSON struct {
	Location  string `json:"location"` // its name
	Available int    `json:"available"`
}

type mediaJSON struct {
	ID     string `json:"id"`
	URL    string `json:"url"` // where it was fetched from
	Alt    string `json:"alt"`
	Status string `json:"status"`
}

type metafieldJSON struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	Type      string `json:"type"`
	Value     string `json:"value"`
}

// snapshot is what the shop holds now, products by ascending id. The caller
// holds the shop's lock.
func (s *state) snapshot() stateJSON {
	s.settle()
	out := stateJSON{Products: make([]productJSON, 0, len(s.products)), Orders: []any{}}
	for _, p := range s.products {
		out.Products = append(out.Products, s.productJSON(p))
	}
	return out
}

func (s *state) productJSON(p *product) productJSON {
	c := &p.content
	out := productJSON{
		ID: p.gid(), Handle: p.handle, Title: c.title, DescriptionHTML: c.descriptionHTML, Vendor: c.vendor, ProductType: c.productType,
		Status: c.status, Tags: append([]string{}, c.tags...), SEO: seoJSON{c.seoTitle, c.seoDescription},
		Options: []optionJSON{}, Variants: make([]variantJSON, 0, len(p.variants)), Media: []mediaJSON{},
		Metafields: p.fields.json(), PublishedOn: []string{}, UpdatedAt: dateTime(p.updatedAt),
	}
	if c.category != "" {
		out.Category = &c.category
	}
	for i, o := range p.options {
		out.Options = append(out.Options, optionJSON{o.name, p.usedValues(i)})
	}
	for _, v := range p.variants {
		out.Variants = append(out.Variants, v.json())
	}
	for _, f := range p.media {
		out.Media = append(out.Media, mediaJSON{f.gid(), f.source, f.alt, f.status(s.now())})
	}
	for _, pub := range s.onPublications(p, false) {
		out.PublishedOn = append(out.PublishedOn, pub.name)
	}
	return out
}

func (v *variant) json() variantJSON {
	out := variantJSON{
		ID: v.gid(), SKU: v.sku, Barcode: v.barcode, Price: v.price.text(), CompareAtPrice: v.compareAtPrice.text(),
		SelectedOptions: v.selectedOptions(), Inventory: []stockJSON{}, Metafields: v.fields.json(),
		Cost: v.item.cost.text(), Taxable: v.taxable, RequiresShipping: v.item.requiresShipping, Tracked: v.item.tracked,
		InventoryPolicy: v.policy, Weight: weightJSON{v.item.weight, v.item.weightUnit}, Media: []string{},
	}
	for _, l := range v.item.levels {
		out.Inventory = append(out.Inventory, stockJSON{l.location.name, l.quantities["available"]})
	}
	for _, id := range v.media {
		if i := slices.IndexFunc(v.product.media, func(f *file) bool { return f.id == id }); i >= 0 {
			out.Media = append(out.Media, v.product.media[i].gid())
		}
	}
	return out
}

func (v *variant) selectedOptions() []selectedOption {
	out := make([]selectedOption, len(v.options))
	for i, value := range v.options {
		out[i] = selectedOption{v.product.options[i].name, value}
	}
	return out
}

// usedValues lists the values of option i that a variant carries.
func (p *product) usedValues(i int) []string {
	out := []string{}
	for _, v := range p.options[i].values {
		if p.used(i, v.name) {
			out = append(out, v.name)
		}
	}
	return out
}

func (m metafields) json() []metafieldJSON {
	out := make([]metafieldJSON, len(m))
	for i, f := range m {
		out[i] = metafieldJSON{f.namespace, f.key, f.typ, f.value}
	}
	return out
}
