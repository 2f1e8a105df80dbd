package plan

import (
	"encoding/json"
	"slices"

	"aisles/aisles"
)

// CustomNamespace and CustomKey name the metafield by which a shop's products
// are found again: an app-owned definition of type id, unique within the shop.
// Its value is partner/key.
const (
	CustomNamespace = "$app:aisles"
	CustomKey       = "product"
)

// DefaultChannel is the publication used when a connection names none.
const DefaultChannel = "Online Store"

// Want is what the catalog wants of one product. Facets that are nil in the
// document are not looked at.
type Want struct {
	aisles.Ref
	// Removed says that the catalog no longer has the product.
	Removed  bool
	Document aisles.Document
}

// State says what is known of a product in the shop.
type State string

// The states of a product in the shop. New means: known to be absent.
const (
	New      State = ""
	Live     State = "live"
	Archived State = "archived"
)

// Have is what the shop is known to have of one product. The zero value is a
// product that is not there.
type Have struct {
	State State
	IDs   IDs
	// Document is what was last confirmed, or what was read from the shop.
	Document aisles.Document
	// Shapes are the shapes under which the facets were confirmed, see [Shapes].
	Shapes map[aisles.Facet]string
	// Read says that Document was read from the shop: its lists may hold what
	// is not ours, and nothing is taken out of them.
	Read bool
	// Files are the product's files in the shop, in order, and PublishedOn the
	// publications it is in. Both are known only when they were read.
	Files       []File
	PublishedOn []string
}

// File is one file of a product in a shop.
type File struct {
	ID string
	// Source is where the file came from, or where the shop serves it.
	Source string
	Alt    string
}

// Shop is what planning needs to know of a shop: the connection's settings and
// the ids of what the settings name.
type Shop struct {
	Settings aisles.Settings
	// Locations and Publications hold ids by name.
	Locations    map[string]string
	Publications map[string]string
	// FirstLocation is the id of the location that "default" stands for.
	FirstLocation string
}

// Channels gives the names of the publications published products appear in.
func Channels(s aisles.Settings) []string {
	if len(s.Channels) == 0 {
		return []string{DefaultChannel}
	}
	return s.Channels
}

// shape is the part of a connection's settings that shapes one facet.
type shape struct {
	Shopify   []string          `json:"shopify,omitempty"` // fields that are not ours
	Channels  []string          `json:"channels,omitempty"`
	Locations map[string]string `json:"locations,omitempty"`
}

// Shapes gives, for each facet, the part of the settings that shapes what is
// sent of it, as canonical JSON. A facet that was confirmed under another
// shape is pending again, although its fingerprint is the same.
func Shapes(s aisles.Settings) map[aisles.Facet]string {
	var content, media, publication []string
	for _, field := range aisles.OwnedFields {
		if s.Owns(field) {
			continue
		}
		switch field {
		case "media":
			media = append(media, field)
		case "publication":
			publication = append(publication, field)
		default:
			content = append(content, field)
		}
	}
	channels := slices.Sorted(slices.Values(Channels(s)))
	return map[aisles.Facet]string{
		aisles.FacetContent:     shape{Shopify: content}.String(),
		aisles.FacetMedia:       shape{Shopify: media}.String(),
		aisles.FacetInventory:   shape{Locations: s.Locations}.String(),
		aisles.FacetMetadata:    shape{}.String(),
		aisles.FacetPublication: shape{Shopify: publication, Channels: channels}.String(),
	}
}

func (s shape) String() string {
	b, err := json.Marshal(s)
	if err != nil {
		return "" // strings and maps of strings cannot fail
	}
	return string(b)
}

// parseShape reads a shape; one that cannot be read counts as unknown, so that
// what it shaped is sent again.
func parseShape(text string) (s shape, ok bool) {
	return s, text != "" && json.Unmarshal([]byte(text), &s) == nil
}

// NeedsRead reports whether planning needs the product as the shop has it now:
// it is there, and what was last confirmed of a wanted facet is not known.
func NeedsRead(w Want, h Have) bool {
	if h.State == New || w.Removed || h.Read {
		return false
	}
	d := w.Document
	return d.Content != nil && h.Document.Content == nil ||
		d.Media != nil && (h.Document.Media == nil || h.Document.Content == nil) ||
		d.Publication != nil && h.Document.Publication == nil
}

// NeedsFiles reports whether planning needs the product's files as the shop
// has them now: a list of files that is sent replaces the one there is, with
// the files other people put there.
func NeedsFiles(w Want, h Have) bool {
	if h.State == New || w.Removed || h.Read || h.Files != nil || w.Document.Media == nil || h.Document.Media == nil {
		return false
	}
	return !samePictures(*w.Document.Media, *h.Document.Media)
}
