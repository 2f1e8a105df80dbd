package aisles

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
)

// Facet is one of the five parts of a product that change, travel and are
// skipped independently.
type Facet string

// The facets. Prices and options are content; "metadata" is Aisles' name for
// the metafields of a product and its variants.
const (
	FacetContent     Facet = "content"
	FacetMedia       Facet = "media"
	FacetInventory   Facet = "inventory"
	FacetMetadata    Facet = "metadata"
	FacetPublication Facet = "publication"
)

// Facets lists all facets in their order of presentation.
var Facets = []Facet{FacetContent, FacetMedia, FacetInventory, FacetMetadata, FacetPublication}

// Content is the facet of words, variants and prices.
type Content struct {
	Title       string           `json:"title"`
	BodyHTML    string           `json:"body_html"`
	Vendor      string           `json:"vendor"`
	ProductType string           `json:"product_type"`
	Category    string           `json:"category"`
	Tags        []string         `json:"tags"`
	Status      Status           `json:"status"`
	Handle      string           `json:"handle"`
	SEO         SEO              `json:"seo"`
	Options     []Option         `json:"options"`
	Variants    []ContentVariant `json:"variants"`
}

// ContentVariant is the part of a variant that belongs to the content.
type ContentVariant struct {
	Key              string   `json:"key"`
	SKU              string   `json:"sku"`
	Barcode          string   `json:"barcode"`
	Price            Money    `json:"price"`
	CompareAtPrice   Money    `json:"compare_at_price"`
	Cost             Money    `json:"cost"`
	Options          []string `json:"options"`
	Weight           *Weight  `json:"weight"`
	Taxable          bool     `json:"taxable"`
	RequiresShipping bool     `json:"requires_shipping"`
	InventoryPolicy  Policy   `json:"inventory_policy"`
	// Tracked says that the variant is stock-keeping: it has levels. How many
	// it has is the inventory's.
	Tracked bool `json:"tracked"`
}

// Pictures is the media facet: the product's pictures in order, and which of
// them shows which variant. A variant's picture is always among Items.
type Pictures struct {
	Items    []Media          `json:"items"`
	Variants []VariantPicture `json:"variants"`
}

// VariantPicture ties a variant to one of its product's pictures.
type VariantPicture struct {
	Variant string `json:"variant"`
	URL     string `json:"url"`
}

// Inventory is the facet of quantities, for the variants that have levels.
type Inventory struct {
	Variants []VariantLevels `json:"variants"`
}

// VariantLevels is the stock of one variant.
type VariantLevels struct {
	Variant string  `json:"variant"`
	Levels  []Level `json:"levels"`
}

// Metadata is the facet of metafields, for the product and for the variants
// that have any.
type Metadata struct {
	Product  []Metafield         `json:"product"`
	Variants []VariantMetafields `json:"variants"`
}

// VariantMetafields are the metafields of one variant.
type VariantMetafields struct {
	Variant    string      `json:"variant"`
	Metafields []Metafield `json:"metafields"`
}

// Publication is the facet that says whether the product is offered in the
// partner's channels.
type Publication struct {
	Published bool `json:"published"`
}

// Document is a product taken apart. A nil facet is one that was not asked
// for or is not known.
type Document struct {
	Content     *Content     `json:"content,omitempty"`
	Media       *Pictures    `json:"media,omitempty"`
	Inventory   *Inventory   `json:"inventory,omitempty"`
	Metadata    *Metadata    `json:"metadata,omitempty"`
	Publication *Publication `json:"publication,omitempty"`
}

// Split takes a normalised product apart into all its facets.
func Split(p Product) Document {
	c := &Content{
		Title: p.Title, BodyHTML: p.BodyHTML, Vendor: p.Vendor, ProductType: p.ProductType, Category: p.Category,
		Tags: list(p.Tags), Status: p.Status, Handle: p.Handle, SEO: p.SEO, Options: list(p.Options), Variants: []ContentVariant{},
	}
	media := &Pictures{Items: list(p.Media), Variants: []VariantPicture{}}
	inventory := &Inventory{Variants: []VariantLevels{}}
	metadata := &Metadata{Product: list(p.Metadata), Variants: []VariantMetafields{}}
	shown := map[string]bool{}
	for _, m := range p.Media {
		shown[m.URL] = true
	}
	for _, v := range p.Variants {
		c.Variants = append(c.Variants, ContentVariant{
			Key: v.Key, SKU: v.SKU, Barcode: v.Barcode, Price: v.Price, CompareAtPrice: v.CompareAtPrice, Cost: v.Cost,
			Options: list(v.Options), Weight: v.Weight, Taxable: v.Taxable, RequiresShipping: v.RequiresShipping,
			InventoryPolicy: v.InventoryPolicy, Tracked: len(v.Inventory) > 0,
		})
		if v.Image != "" {
			if !shown[v.Image] {
				shown[v.Image] = true
				media.Items = append(media.Items[:len(media.Items):len(media.Items)], Media{URL: v.Image})
			}
			media.Variants = append(media.Variants, VariantPicture{v.Key, v.Image})
		}
		if len(v.Inventory) > 0 {
			inventory.Variants = append(inventory.Variants, VariantLevels{v.Key, v.Inventory})
		}
		if len(v.Metadata) > 0 {
			metadata.Variants = append(metadata.Variants, VariantMetafields{v.Key, v.Metadata})
		}
	}
	return Document{Content: c, Media: media, Inventory: inventory, Metadata: metadata, Publication: &Publication{p.Published}}
}

// Only gives the document with just the facets named.
func (d Document) Only(facets ...Facet) Document {
	var out Document
	for _, f := range facets {
		switch f {
		case FacetContent:
			out.Content = d.Content
		case FacetMedia:
			out.Media = d.Media
		case FacetInventory:
			out.Inventory = d.Inventory
		case FacetMetadata:
			out.Metadata = d.Metadata
		case FacetPublication:
			out.Publication = d.Publication
		}
	}
	return out
}

// Get gives one facet's document, nil when it is absent.
func (d Document) Get(f Facet) any {
	switch {
	case f == FacetContent && d.Content != nil:
		return d.Content
	case f == FacetMedia && d.Media != nil:
		return d.Media
	case f == FacetInventory && d.Inventory != nil:
		return d.Inventory
	case f == FacetMetadata && d.Metadata != nil:
		return d.Metadata
	case f == FacetPublication && d.Publication != nil:
		return d.Publication
	}
	return nil
}

// FingerprintVersion is the version of the canonical bytes. Raise it when a
// facet's document changes shape; the store then re-stamps every product
// without making a change of it.
const FingerprintVersion = 1

// Fingerprint is the versioned digest of one facet: "1:" and 22 characters.
// Two facets are the same exactly when their fingerprints are, within one
// version.
type Fingerprint string

// Version gives the version of the canonical bytes; 0 when there is none.
func (f Fingerprint) Version() int {
	for i := range f {
		if f[i] == ':' {
			v, err := strconv.Atoi(string(f[:i]))
			if err != nil {
				return 0
			}
			return v
		}
	}
	return 0
}

// Fingerprints are the fingerprints of a product's facets.
type Fingerprints map[Facet]Fingerprint

// Fingerprints gives a fingerprint for every facet that is present. The
// canonical bytes are the facet's JSON, whose fields have one order.
func (d Document) Fingerprints() Fingerprints {
	out := Fingerprints{}
	for _, f := range Facets {
		if doc := d.Get(f); doc != nil {
			out[f] = fingerprint(f, doc)
		}
	}
	return out
}

func fingerprint(f Facet, doc any) Fingerprint {
	canonical, err := json.Marshal(doc)
	if err != nil {
		// Only a number that JSON lacks can do this, and Validate lets none in.
		canonical = fmt.Appendf(nil, "%#v", doc)
	}
	h := sha256.New()
	h.Write([]byte(f))
	h.Write([]byte{0})
	h.Write(canonical)
	return Fingerprint(strconv.Itoa(FingerprintVersion) + ":" + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16]))
}

// list gives an empty list for nil, so that both have one JSON form.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}
