package plan

import (
	"cmp"
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// Diff compares what the catalog wants with what the shop has and gives one
// action per product, in the order of wants. Haves are by key; a product
// without one is new.
func Diff(wants []Want, haves map[string]Have, shop Shop) []Action {
	actions := make([]Action, 0, len(wants))
	for _, w := range wants {
		actions = append(actions, diff(w, haves[w.Key], shop))
	}
	return actions
}

// differ plans one product.
type differ struct {
	want   Want
	have   Have
	shop   Shop
	action Action
	input  shopify.ProductSetInput
	send   bool // input holds something
	shapes map[aisles.Facet]shape
}

func diff(w Want, h Have, shop Shop) Action {
	d := &differ{want: w, have: h, shop: shop, shapes: map[aisles.Facet]shape{}}
	d.action.Ref = w.Ref
	for f, text := range h.Shapes {
		if s, ok := parseShape(text); ok {
			d.shapes[f] = s
		}
	}
	switch {
	case w.Removed:
		d.archive()
	case h.State == New:
		d.create()
	default:
		d.rename()
		d.update()
	}
	d.action.IDs = d.have.IDs
	return d.action
}

// archive takes the product off sale and leaves all else as it is.
func (d *differ) archive() {
	switch {
	case d.have.State == New:
		d.action.Kind, d.action.Reason = Unchanged, "removed from the catalog; the shop never had it"
		return
	case d.have.State == Archived:
		d.action.Kind, d.action.Reason = Unchanged, "removed from the catalog; already archived"
		return
	case !d.shop.Settings.Owns("status"):
		d.action.Kind, d.action.Reason = Unchanged, "removed from the catalog; its status belongs to Shopify"
		return
	}
	d.action.Kind, d.action.Reason, d.action.Removes = Archive, "removed from the catalog", true
	before := any(nil)
	if c := d.have.Document.Content; c != nil {
		before = c.Status
	}
	d.action.Fields = []aisles.FieldChange{{Field: "status", Before: before, After: aisles.Archived}}
	d.input.Status = shopify.Value(shopify.ProductStatusArchived)
	d.set()
}

// rename brings what is known of variants under the keys the catalog has now:
// a variant whose SKU changed has another key and is the same variant.
func (d *differ) rename() {
	w, h := d.want.Document.Content, d.have.Document.Content
	if w == nil || h == nil {
		return
	}
	names := map[string]string{}
	for _, p := range matchVariants(w.Variants, h.Variants, d.have.IDs) {
		if p.have != nil && p.have.Key != p.want.Key {
			names[p.have.Key] = p.want.Key
		}
	}
	if len(names) == 0 {
		return
	}
	now := func(key string) string { return cmp.Or(names[key], key) }
	ids := map[string]VariantIDs{}
	for key, known := range d.have.IDs.Variants {
		ids[now(key)] = known
	}
	d.have.IDs.Variants = ids
	content := *h
	content.Variants = slices.Clone(h.Variants)
	for i := range content.Variants {
		content.Variants[i].Key = now(content.Variants[i].Key)
	}
	d.have.Document.Content = &content
	if m := d.have.Document.Media; m != nil {
		media := *m
		media.Variants = slices.Clone(m.Variants)
		for i := range media.Variants {
			media.Variants[i].Variant = now(media.Variants[i].Variant)
		}
		d.have.Document.Media = &media
	}
}

// update sends what differs, each change by its cheapest call.
func (d *differ) update() {
	d.content()
	d.variants()
	d.media()
	d.publication()
	if d.send {
		d.set()
	}
	if len(d.action.Calls()) == 0 {
		d.action.Kind, d.action.Reason = Unchanged, "the shop has it already"
		return
	}
	d.action.Kind, d.action.Reason = Update, d.reason()
}

// set addresses the input: by the product's id, else by its custom id, never
// by nothing, which would make a second product.
func (d *differ) set() {
	d.action.ProductSet = &shopify.ProductSetVariables{
		Identifier: shopify.Value(d.identifier()), Input: d.input, Synchronous: shopify.Value(true),
	}
}

func (d *differ) identifier() shopify.ProductSetIdentifiers {
	if d.have.IDs.Product != "" {
		return shopify.ProductSetIdentifiers{ID: shopify.Value(d.have.IDs.Product)}
	}
	return shopify.ProductSetIdentifiers{CustomID: shopify.Value(CustomID(d.want.Ref))}
}

// CustomID gives the custom id of a product.
func CustomID(ref aisles.Ref) shopify.UniqueMetafieldValueInput {
	return shopify.UniqueMetafieldValueInput{Namespace: shopify.Value(CustomNamespace), Key: CustomKey, Value: ref.String()}
}

// differs reports whether a field is ours and to be sent, and notes the change.
// A field that was Shopify's when the facet was confirmed may hold anything, so
// it is sent.
func (d *differ) differs(f aisles.Facet, field, name string, equal bool, before, after any) bool {
	if !d.shop.Settings.Owns(field) {
		return false
	}
	known := d.have.Read || !slices.Contains(d.shapes[f].Shopify, field)
	if known && equal {
		return false
	}
	if !known {
		before = nil
	}
	d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: name, Before: before, After: after})
	return true
}

// reason names the fields that change, without doubles: "title, price changed".
func (d *differ) reason() string {
	var names []string
	for _, f := range d.action.Fields {
		name := f.Field
		if _, rest, ok := strings.Cut(name, "]."); ok {
			name = rest
		} else if head, _, ok := strings.Cut(name, "["); ok {
			name = head
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ") + " changed"
}
