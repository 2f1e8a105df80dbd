package plan

import (
	"slices"

	"aisles/aisles"
)

// publication compares the channels the product is to be in with those we put
// it in. Channels that the connection does not name are not ours.
func (d *differ) publication() {
	w, h := d.want.Document.Publication, d.have.Document.Publication
	if w == nil || !d.shop.Settings.Owns("publication") {
		return
	}
	var wanted, had []string
	if w.Published {
		wanted = d.channelIDs(Channels(d.shop.Settings))
	}
	s, known := d.shapes[aisles.FacetPublication]
	switch {
	case d.have.Read:
		for _, id := range d.channelIDs(Channels(d.shop.Settings)) {
			if slices.Contains(d.have.PublishedOn, id) {
				had = append(had, id)
			}
		}
	case h != nil && h.Published && known && !slices.Contains(s.Shopify, "publication"):
		had = d.channelIDs(s.Channels)
	}
	d.action.Publish = without(wanted, had)
	d.action.Unpublish = without(had, wanted)
	if len(d.action.Publish)+len(d.action.Unpublish) == 0 {
		return
	}
	d.action.Removes = d.action.Removes || !w.Published
	d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "publication", Before: d.channelNames(had), After: d.channelNames(wanted)})
}

// channelIDs leaves out names the shop no longer has: there is nothing to take
// the product out of.
func (d *differ) channelIDs(names []string) []string {
	ids := make([]string, 0, len(names))
	for _, n := range names {
		if id := d.shop.Publications[n]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (d *differ) channelNames(ids []string) []string {
	names := make([]string, 0, len(ids))
	for name, id := range d.shop.Publications {
		if slices.Contains(ids, id) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
