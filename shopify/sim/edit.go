package sim

import (
	"fmt"
	"slices"
)

// edit is the body of POST /_sim/shops/{domain}/edit: what another app does to
// a product. A field that is absent is left alone. Media are added, metafields
// set, variants matched by SKU and changed.
type edit struct {
	ID     string `json:"id"`
	Handle string `json:"handle"`
	Create bool   `json:"create"` // make the product when there is none
	Delete bool   `json:"delete"`

	Title           *string          `json:"title"`
	DescriptionHTML *string          `json:"descriptionHtml"`
	Vendor          *string          `json:"vendor"`
	ProductType     *string          `json:"productType"`
	Status          *string          `json:"status"`
	Tags            *[]string        `json:"tags"`
	AddTags         []string         `json:"add_tags"`
	RemoveTags      []string         `json:"remove_tags"`
	Metafields      []metafieldJSON  `json:"metafields"`
	Media           []mediaJSON      `json:"media"`
	Variants        []map[string]any `json:"variants"`
	Publish         *bool            `json:"publish"` // on every publication, or on none
}

// apply makes the edit and gives the product's id, "" when it was deleted.
// Metafields may lie in any namespace: the other app owns its own. The caller
// holds the shop's lock.
func (s *state) apply(e edit) (id string, err error) {
	s.settle()
	p := s.product(e.ID)
	if p == nil && e.Handle != "" {
		p = s.byHandle[e.Handle]
	}
	switch {
	case e.Delete && p != nil:
		s.drop(p)
		return "", nil
	case p == nil && !e.Create:
		return "", fmt.Errorf("no product with id %q or handle %q", e.ID, e.Handle)
	case p == nil:
		p = s.newProduct()
		p.content.title = e.Handle
		s.stockDefault(p.variants)
	default:
		p = p.clone()
	}
	if err := s.applyEdit(p, e); err != nil {
		return "", err
	}
	p.updatedAt = s.now()
	s.put(p)
	return p.gid(), nil
}

func (s *state) applyEdit(p *product, e edit) error {
	in := input{}
	for key, value := range map[string]*string{"title": e.Title, "descriptionHtml": e.DescriptionHTML, "vendor": e.Vendor, "productType": e.ProductType, "status": e.Status} {
		if value != nil {
			in[key] = *value
		}
	}
	if e.Tags != nil {
		in["tags"] = *e.Tags
	}
	for _, f := range p.applyContent(in) {
		return fmt.Errorf("%s %s", f.label, f.text)
	}
	p.content.tags = withoutTags(normalTags(append(p.content.tags, e.AddTags...)), e.RemoveTags)
	if p.handle == "" {
		if e.Handle != "" {
			in["handle"] = e.Handle
		}
		if taken, _ := s.applyHandle(p, in); taken != nil {
			return fmt.Errorf("%s", taken.message)
		}
	}
	for _, m := range e.Metafields {
		p.fields.write(s, metafieldInput{namespace: m.Namespace, key: m.Key, value: m.Value}, m.Type)
	}
	for _, m := range e.Media {
		p.media = append(p.media, s.makeFile(contentKind("", m.URL), m.URL, "", m.Alt))
	}
	if e.Publish != nil {
		clear(p.published)
		for _, pub := range s.publications {
			if *e.Publish {
				p.published[pub.id] = s.now()
			}
		}
	}
	return s.editVariants(p, e.Variants)
}

// editVariants changes variants found by id or SKU; an entry without either
// changes the first, and a variant without a SKU takes any. Beside ProductVariantSetInput's fields, "available" sets
// the stock at the variant's first location.
func (s *state) editVariants(p *product, entries []map[string]any) error {
	for i, raw := range entries {
		e := input(raw)
		n := slices.IndexFunc(p.variants, func(v *variant) bool {
			if e.given("id") {
				return v.gid() == e.text("id")
			}
			return !e.given("sku") || v.sku == nil || *v.sku == e.text("sku")
		})
		if n < 0 {
			return fmt.Errorf("variant %d: none with id %q or sku %q", i, e.text("id"), e.text("sku"))
		}
		v := p.variants[n]
		if errs := s.applyVariant(v, e, "variant"); len(errs) > 0 {
			return fmt.Errorf("variant %d: %s", i, errs[0].message)
		}
		if quantity, ok := e.number("available"); ok {
			v.item.levels[0].set("available", quantity, s.now())
		}
		for _, m := range e.objects("metafields") {
			v.fields.write(s, metafieldInput{namespace: m.text("namespace"), key: m.text("key"), value: m.text("value")}, m.text("type"))
		}
	}
	return nil
}
