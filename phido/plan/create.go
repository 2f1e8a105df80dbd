package plan

import (
	"slices"
	"strconv"

	"aisles/aisles"
	"aisles/shopify"
)

// create sends the whole product in one call: words, options, variants, stock,
// metafields, pictures and the custom id by which it is found again. Blind
// lists are safe here and only here: the product is known to be new.
func (d *differ) create() {
	d.action.Kind, d.action.Reason = Create, "new in the catalog"
	c := d.want.Document.Content
	if c == nil {
		d.fail("content", "the catalog gave no content for a product that is new to the shop")
		return
	}
	d.input = shopify.ProductSetInput{
		Title: shopify.Value(c.Title), Status: shopify.Value(status(c.Status)),
		ProductOptions: shopify.Value(optionSet(c.Options)),
	}
	d.words(c)
	d.newVariants(c)
	d.metafields()
	if m := d.want.Document.Media; m != nil && len(m.Items) > 0 {
		files := make([]shopify.FileSetInput, 0, len(m.Items))
		for _, item := range m.Items {
			files = append(files, newFile(item))
		}
		d.input.Files = shopify.Value(files)
	}
	if p := d.want.Document.Publication; p != nil && p.Published {
		d.action.Publish = d.channelIDs(Channels(d.shop.Settings))
	}
	d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "product", After: c.Title})
	d.set()
}

func (d *differ) words(c *aisles.Content) {
	for _, t := range []struct {
		value string
		to    *shopify.Opt[string]
	}{
		{c.BodyHTML, &d.input.DescriptionHTML}, {c.Vendor, &d.input.Vendor}, {c.ProductType, &d.input.ProductType}, {c.Handle, &d.input.Handle},
	} {
		if t.value != "" {
			*t.to = shopify.Value(t.value)
		}
	}
	if len(c.Tags) > 0 {
		d.input.Tags = shopify.Value(c.Tags)
	}
	if c.SEO != (aisles.SEO{}) {
		var in shopify.SEOInput
		if c.SEO.Title != "" {
			in.Title = shopify.Value(c.SEO.Title)
		}
		if c.SEO.Description != "" {
			in.Description = shopify.Value(c.SEO.Description)
		}
		d.input.SEO = shopify.Value(in)
	}
	d.category(c, &aisles.Content{})
}

func (d *differ) newVariants(c *aisles.Content) {
	pictures := map[string]string{}
	if d.want.Document.Media != nil {
		pictures = pictureOf(d.want.Document.Media)
	}
	list := make([]shopify.ProductVariantSetInput, 0, len(c.Variants))
	for _, v := range c.Variants {
		in := newVariantFields(v).set("", optionValues(c.Options, v.Options))
		d.stock(&in, v.Key)
		if u := pictures[v.Key]; u != "" {
			in.File = shopify.Value(shopify.FileSetInput{OriginalSource: shopify.Value(u), ContentType: shopify.Value(shopify.FileContentTypeImage)})
		}
		list = append(list, in)
	}
	d.input.Variants = shopify.Value(list)
}

// stock gives a new variant its quantities and metafields, where the catalog
// told them.
func (d *differ) stock(in *shopify.ProductVariantSetInput, key string) {
	if inv := d.want.Document.Inventory; inv != nil {
		if i := slices.IndexFunc(inv.Variants, func(v aisles.VariantLevels) bool { return v.Variant == key }); i >= 0 {
			if list := d.quantities(key, inv.Variants[i].Levels); len(list) > 0 {
				in.InventoryQuantities = shopify.Value(list)
			}
		}
	}
	if meta := d.want.Document.Metadata; meta != nil {
		if i := slices.IndexFunc(meta.Variants, func(v aisles.VariantMetafields) bool { return v.Variant == key }); i >= 0 {
			in.Metafields = shopify.Value(metafieldInputs(meta.Variants[i].Metafields))
		}
	}
}

// quantities gives levels by the shop's locations; two levels that mean one
// location there add up.
func (d *differ) quantities(key string, levels []aisles.Level) []shopify.ProductSetInventoryInput {
	var out []shopify.ProductSetInventoryInput
	for _, l := range levels {
		id := d.shop.location(l.Location)
		if id == "" {
			d.fail("inventory", "variant "+strconv.Quote(key)+" has stock at "+strconv.Quote(l.Location)+", which is no location of the shop: name it in the connection's locations")
			continue
		}
		if i := slices.IndexFunc(out, func(q shopify.ProductSetInventoryInput) bool { return q.LocationID == id }); i >= 0 {
			out[i].Quantity += int(l.Quantity)
			continue
		}
		out = append(out, shopify.ProductSetInventoryInput{LocationID: id, Name: "available", Quantity: int(l.Quantity)})
	}
	return out
}

// location gives the id of the shop's location for one of the catalog.
func (s Shop) location(name string) string {
	there := name
	if mapped := s.Settings.Locations[name]; mapped != "" {
		there = mapped
	}
	if id := s.Locations[there]; id != "" {
		return id
	}
	if there == "default" || there == "" {
		return s.FirstLocation
	}
	return ""
}

// metafields sends the product's metafields and its custom id: a list that
// lacks the custom id is refused (METAFIELD_MISMATCH).
func (d *differ) metafields() {
	list := []shopify.MetafieldInput{{
		Namespace: shopify.Value(CustomNamespace), Key: shopify.Value(CustomKey), Type: shopify.Value("id"), Value: shopify.Value(d.want.String()),
	}}
	if m := d.want.Document.Metadata; m != nil {
		list = append(list, metafieldInputs(m.Product)...)
	}
	d.input.Metafields = shopify.Value(list)
}

func metafieldInputs(fields []aisles.Metafield) []shopify.MetafieldInput {
	out := make([]shopify.MetafieldInput, 0, len(fields))
	for _, f := range fields {
		if f.Value == "" {
			continue // Shopify holds no metafield without a value
		}
		out = append(out, shopify.MetafieldInput{
			Namespace: shopify.Value(f.Namespace), Key: shopify.Value(f.Key), Type: shopify.Value(f.Type), Value: shopify.Value(f.Value),
		})
	}
	return out
}

// fail notes why the product cannot be sent; the first reason stands.
func (d *differ) fail(field, message string) {
	if d.action.Err == nil {
		d.action.Err = &aisles.SyncError{Field: []string{field}, Message: message, Code: "INVALID"}
	}
}
