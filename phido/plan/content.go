package plan

import (
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// taxonomy begins the ids Shopify takes as a category.
const taxonomy = "gid://shopify/TaxonomyCategory/"

// content compares the words of the product and its tags.
func (d *differ) content() {
	w, h := d.want.Document.Content, d.have.Document.Content
	if w == nil {
		return
	}
	if h == nil {
		h = &aisles.Content{}
	}
	for _, t := range []struct {
		field string
		w, h  string
		to    *shopify.Opt[string]
	}{
		{"title", w.Title, h.Title, &d.input.Title},
		{"body_html", w.BodyHTML, h.BodyHTML, &d.input.DescriptionHTML},
		{"vendor", w.Vendor, h.Vendor, &d.input.Vendor},
		{"product_type", w.ProductType, h.ProductType, &d.input.ProductType},
	} {
		if d.differs(aisles.FacetContent, t.field, t.field, t.w == t.h, t.h, t.w) {
			*t.to, d.send = shopify.Value(t.w), true
		}
	}
	if w.Handle != "" && d.differs(aisles.FacetContent, "handle", "handle", w.Handle == h.Handle, h.Handle, w.Handle) {
		d.input.Handle, d.send = shopify.Value(w.Handle), true
	}
	d.status(w, h)
	d.category(w, h)
	d.seo(w, h)
	d.tags(w, h)
}

func (d *differ) status(w, h *aisles.Content) {
	before := h.Status
	if d.have.State == Archived && !d.have.Read {
		before = aisles.Archived
	}
	if d.differs(aisles.FacetContent, "status", "status", w.Status == before, before, w.Status) {
		d.input.Status, d.send = shopify.Value(status(w.Status)), true
		d.action.Removes = d.action.Removes || before == aisles.Active && w.Status != aisles.Active
	}
}

func status(s aisles.Status) shopify.ProductStatus {
	return shopify.ProductStatus(strings.ToUpper(string(s)))
}

// category sends ids of Shopify's taxonomy. A path in words names nothing
// Shopify would take.
func (d *differ) category(w, h *aisles.Content) {
	if w.Category != "" && !strings.HasPrefix(w.Category, taxonomy) {
		d.action.Notes = append(d.action.Notes, "category "+w.Category+" is no id of Shopify's taxonomy and is not sent")
		return
	}
	had := h.Category
	if !strings.HasPrefix(had, taxonomy) {
		had = ""
	}
	if d.differs(aisles.FacetContent, "category", "category", w.Category == had, had, w.Category) {
		d.input.Category, d.send = textOrNull(w.Category), true
	}
}

func (d *differ) seo(w, h *aisles.Content) {
	if !d.differs(aisles.FacetContent, "seo", "seo", w.SEO == h.SEO, h.SEO, w.SEO) {
		return
	}
	var in shopify.SEOInput
	if w.SEO.Title != h.SEO.Title || w.SEO == h.SEO {
		in.Title = shopify.Value(w.SEO.Title)
	}
	if w.SEO.Description != h.SEO.Description || w.SEO == h.SEO {
		in.Description = shopify.Value(w.SEO.Description)
	}
	d.input.SEO, d.send = shopify.Value(in), true
}

// tags travel as what is added and what is taken away, so that the tags other
// people gave the product stay. Of tags that were read from the shop nobody
// knows whose they are: none is taken away.
func (d *differ) tags(w, h *aisles.Content) {
	if !d.shop.Settings.Owns("tags") {
		return
	}
	had := h.Tags
	if s := d.shapes[aisles.FacetContent]; !d.have.Read && contains(s.Shopify, "tags") {
		had = nil
	}
	d.action.TagsAdd = without(w.Tags, had)
	if !d.have.Read {
		d.action.TagsRemove = without(had, w.Tags)
	}
	if len(d.action.TagsAdd)+len(d.action.TagsRemove) > 0 {
		d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "tags", Before: had, After: w.Tags})
	}
}

// without gives the entries of list that minus lacks, whatever their case:
// Shopify holds two spellings to be one tag.
func without(list, minus []string) []string {
	var out []string
	for _, t := range list {
		if !contains(minus, t) {
			out = append(out, t)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, t := range list {
		if strings.EqualFold(t, s) {
			return true
		}
	}
	return false
}

// textOrNull gives an input that clears for the empty text.
func textOrNull(s string) shopify.Opt[string] {
	if s == "" {
		return shopify.Null[string]()
	}
	return shopify.Value(s)
}
