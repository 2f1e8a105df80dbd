package plan

import (
	"cmp"
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// Learn gives the ids of a product's variants and pictures as the shop shows
// them after a write. Variants are found by SKU where that is unique, else by
// option values; pictures by what is known of them, else by source or name,
// else by their place among those that are new.
func Learn(known IDs, content *aisles.Content, media *aisles.Pictures, p *shopify.LightProduct) IDs {
	ids := IDs{Product: p.ID, Variants: known.Variants, Media: known.Media}
	if content != nil {
		ids.Variants = learnVariants(content, p.Variants.Nodes)
	}
	if media != nil {
		ids.Media = learnMedia(known.Media, media.Items, Files(p.Media.Nodes))
	}
	return ids
}

func learnVariants(c *aisles.Content, nodes []shopify.LightVariant) map[string]VariantIDs {
	bySKU, byOptions, times := map[string]VariantIDs{}, map[string]VariantIDs{}, map[string]int{}
	for _, n := range nodes {
		ids := VariantIDs{Variant: n.ID, InventoryItem: n.InventoryItem.ID}
		byOptions[optionsKey(selected(n.SelectedOptions))] = ids
		if n.SKU != nil && *n.SKU != "" {
			bySKU[*n.SKU] = ids
			times[*n.SKU]++
		}
	}
	out := make(map[string]VariantIDs, len(c.Variants))
	for _, v := range c.Variants {
		ids, ok := byOptions[optionsKey(v.Options)]
		if !ok && times[v.SKU] == 1 {
			ids, ok = bySKU[v.SKU]
		}
		if ok {
			out[v.Key] = ids
		}
	}
	return out
}

// selected gives a variant's option values, none for Shopify's stand-in.
func selected(options []shopify.SelectedOption) []string {
	if len(options) == 1 && options[0].Name == soleOption && options[0].Value == soleValue {
		return nil
	}
	values := make([]string, 0, len(options))
	for _, o := range options {
		values = append(values, o.Value)
	}
	return values
}

func learnMedia(known map[string]string, items []aisles.Media, files []File) map[string]string {
	out := map[string]string{}
	free := slices.Clone(files)
	take := func(url, id string) {
		out[url] = id
		free = slices.DeleteFunc(free, func(f File) bool { return f.ID == id })
	}
	for _, m := range items {
		if id := known[m.URL]; id != "" && slices.ContainsFunc(free, func(f File) bool { return f.ID == id }) {
			take(m.URL, id)
		}
	}
	var rest []aisles.Media
	for _, m := range items {
		if out[m.URL] == "" {
			rest = append(rest, m)
		}
	}
	for url, id := range MatchFiles(rest, free) {
		take(url, id)
	}
	rest = slices.DeleteFunc(rest, func(m aisles.Media) bool { return out[m.URL] != "" })
	if len(rest) == len(free) {
		for i, m := range rest {
			out[m.URL] = free[i].ID
		}
	}
	return out
}

// Files gives a product's media as files, in their order.
func Files(nodes []shopify.ProductMedia) []File {
	files := make([]File, 0, len(nodes))
	for _, n := range nodes {
		f := File{ID: n.ID}
		if n.Alt != nil {
			f.Alt = *n.Alt
		}
		if n.Image != nil {
			f.Source = n.Image.URL
		}
		if n.OriginalSource != nil && n.OriginalSource.URL != nil {
			f.Source = *n.OriginalSource.URL
		}
		files = append(files, f)
	}
	return files
}

// FromShop gives what the shop has of a product that was read whole, in the
// catalog's words, so that only what differs is sent. What is wanted tells
// which variant and which picture of the shop is which; what it does not name
// stays out of the document.
func FromShop(p *shopify.FullProduct, variants []shopify.FullVariant, want aisles.Document) Have {
	h := Have{State: Live, Read: true, IDs: IDs{Product: p.ID, Variants: map[string]VariantIDs{}}, Files: Files(p.Media.Nodes)}
	if p.Status == shopify.ProductStatusArchived {
		h.State = Archived
	}
	for _, r := range p.ResourcePublications.Nodes {
		if r.IsPublished {
			h.PublishedOn = append(h.PublishedOn, r.Publication.ID)
		}
	}
	h.Document.Publication = &aisles.Publication{Published: len(h.PublishedOn) > 0}
	h.Document.Content = h.contentFrom(p, variants, want.Content)
	h.Document.Media = h.mediaFrom(variants, want.Media)
	return h
}

func (h *Have) contentFrom(p *shopify.FullProduct, variants []shopify.FullVariant, want *aisles.Content) *aisles.Content {
	c := &aisles.Content{
		Title: p.Title, BodyHTML: p.DescriptionHTML, Vendor: p.Vendor, ProductType: p.ProductType, Tags: p.Tags,
		Status: aisles.Status(strings.ToLower(string(p.Status))), Handle: p.Handle,
		SEO: aisles.SEO{Title: text(p.SEO.Title), Description: text(p.SEO.Description)},
	}
	if p.Category != nil {
		c.Category = p.Category.ID
	}
	for _, o := range p.Options {
		values := make([]string, 0, len(o.OptionValues))
		for _, v := range o.OptionValues {
			values = append(values, v.Name)
		}
		c.Options = append(c.Options, aisles.Option{Name: o.Name, Values: values})
	}
	if len(c.Options) == 1 && c.Options[0].Name == soleOption && slices.Equal(c.Options[0].Values, []string{soleValue}) {
		c.Options = nil
	}
	keys := variantKeys(variants, want)
	for i, v := range variants {
		c.Variants = append(c.Variants, variantFrom(v, keys[i]))
		h.IDs.Variants[keys[i]] = VariantIDs{Variant: v.ID, InventoryItem: v.InventoryItem.ID}
	}
	return c
}

// variantKeys names the shop's variants by the keys the catalog has for them:
// the same SKU where it is unique on both sides, else the same option values. One the catalog
// has not is named by its id, which no key of a catalog can be.
func variantKeys(variants []shopify.FullVariant, want *aisles.Content) []string {
	keys := make([]string, len(variants))
	times := map[string]int{}
	for i, v := range variants {
		keys[i] = v.ID
		times[text(v.SKU)]++
	}
	if want == nil {
		return keys
	}
	wanted, taken := map[string]int{}, map[string]bool{}
	for _, w := range want.Variants {
		wanted[w.SKU]++
	}
	give := func(match func(w aisles.ContentVariant, v shopify.FullVariant) bool) {
		for i, v := range variants {
			if keys[i] != v.ID {
				continue
			}
			for _, w := range want.Variants {
				if !taken[w.Key] && match(w, v) {
					keys[i], taken[w.Key] = w.Key, true
					break
				}
			}
		}
	}
	give(func(w aisles.ContentVariant, v shopify.FullVariant) bool {
		return w.SKU != "" && w.SKU == text(v.SKU) && wanted[w.SKU] == 1 && times[w.SKU] == 1
	})
	give(func(w aisles.ContentVariant, v shopify.FullVariant) bool {
		return optionsKey(w.Options) == optionsKey(selected(v.SelectedOptions))
	})
	return keys
}

func variantFrom(v shopify.FullVariant, key string) aisles.ContentVariant {
	c := aisles.ContentVariant{
		Key: key, SKU: text(v.SKU), Barcode: text(v.Barcode), Price: money(v.Price), CompareAtPrice: money(text(v.CompareAtPrice)),
		Options: selected(v.SelectedOptions), Taxable: v.Taxable, RequiresShipping: v.InventoryItem.RequiresShipping,
		InventoryPolicy: aisles.Policy(strings.ToLower(string(v.InventoryPolicy))), Tracked: v.InventoryItem.Tracked,
	}
	if cost := v.InventoryItem.UnitCost; cost != nil {
		c.Cost = money(cost.Amount)
	}
	if w := v.InventoryItem.Measurement.Weight; w != nil {
		for unit, name := range weightUnits {
			if name == w.Unit {
				c.Weight = &aisles.Weight{Value: w.Value, Unit: unit}
			}
		}
	}
	return c
}

// mediaFrom gives the pictures the shop has of those wanted, in the shop's
// order.
func (h *Have) mediaFrom(variants []shopify.FullVariant, want *aisles.Pictures) *aisles.Pictures {
	out := &aisles.Pictures{}
	if want == nil {
		return nil
	}
	h.IDs.Media = MatchFiles(want.Items, h.Files)
	byID := map[string]string{}
	for url, id := range h.IDs.Media {
		byID[id] = url
	}
	for _, f := range h.Files {
		if url := byID[f.ID]; url != "" {
			out.Items = append(out.Items, aisles.Media{URL: url, Alt: f.Alt})
		}
	}
	keys := map[string]string{}
	for key, ids := range h.IDs.Variants {
		keys[ids.Variant] = key
	}
	for _, v := range variants {
		if n := v.Media.Nodes; len(n) > 0 && byID[n[0].ID] != "" {
			out.Variants = append(out.Variants, aisles.VariantPicture{Variant: keys[v.ID], URL: byID[n[0].ID]})
		}
	}
	slices.SortStableFunc(out.Variants, func(a, b aisles.VariantPicture) int {
		return cmp.Compare(place(want.Variants, a.Variant), place(want.Variants, b.Variant))
	})
	return out
}

func place(list []aisles.VariantPicture, variant string) int {
	if i := slices.IndexFunc(list, func(p aisles.VariantPicture) bool { return p.Variant == variant }); i >= 0 {
		return i
	}
	return len(list)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// money reads an amount as the shop shows it; what is none counts as absent,
// and so is sent again.
func money(s string) aisles.Money {
	m, err := aisles.ParseMoney(s)
	if err != nil {
		return ""
	}
	return m
}
