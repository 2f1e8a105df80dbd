package plan

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"aisles/aisles"
	"aisles/shopify"
)

// samePictures reports whether two media facets are the same.
func samePictures(a, b aisles.Pictures) bool {
	return slices.Equal(a.Items, b.Items) && slices.Equal(a.Variants, b.Variants)
}

// media compares the product's pictures. A list of files that is sent
// replaces, so it names every file the product has by its id, those of other
// people in their places; only what the shop has not is named by its source.
func (d *differ) media() {
	w, h := d.want.Document.Media, d.have.Document.Media
	if w == nil {
		return
	}
	if h == nil {
		h = &aisles.Pictures{}
	}
	if !d.shop.Settings.Owns("media") {
		return
	}
	d.recognise(w)
	files, refs := d.files(w, h)
	same := slices.Equal(w.Items, h.Items) && d.allThere(w)
	if d.differs(aisles.FacetMedia, "media", "media", same, h.Items, w.Items) {
		d.input.Files, d.send = shopify.Value(files), true
	}
	d.variantPictures(w, h, files, refs)
}

// recognise finds wanted pictures among the shop's files that nobody has
// learnt: what was uploaded before the answer was lost is not uploaded twice.
func (d *differ) recognise(w *aisles.Pictures) {
	if d.have.Files == nil {
		return
	}
	ids, ours := map[string]string{}, map[string]bool{}
	for url, id := range d.have.IDs.Media {
		ids[url], ours[id] = id, true
	}
	var missing []aisles.Media
	for _, m := range w.Items {
		if ids[m.URL] == "" {
			missing = append(missing, m)
		}
	}
	var unknown []File
	for _, f := range d.have.Files {
		if !ours[f.ID] {
			unknown = append(unknown, f)
		}
	}
	for url, id := range MatchFiles(missing, unknown) {
		ids[url] = id
	}
	d.have.IDs.Media = ids
}

// allThere reports whether every picture's id is known, and, where the shop's
// files were read, is among them.
func (d *differ) allThere(w *aisles.Pictures) bool {
	for _, m := range w.Items {
		id := d.have.IDs.Media[m.URL]
		if id == "" || d.have.Files != nil && !d.inShop(id) {
			return false
		}
	}
	return true
}

func (d *differ) inShop(id string) bool {
	return slices.ContainsFunc(d.have.Files, func(f File) bool { return f.ID == id })
}

// files gives the list of files to be sent, and how each picture is named in
// it.
func (d *differ) files(w, h *aisles.Pictures) ([]shopify.FileSetInput, map[string]shopify.FileSetInput) {
	alts := map[string]string{}
	for _, m := range h.Items {
		alts[m.URL] = m.Alt
	}
	ours := map[string]bool{}
	for _, id := range d.have.IDs.Media {
		ours[id] = true
	}
	refs := map[string]shopify.FileSetInput{}
	list := make([]shopify.FileSetInput, 0, len(w.Items)+len(d.have.Files))
	for _, m := range w.Items {
		in := newFile(m)
		if id := d.have.IDs.Media[m.URL]; id != "" && d.inShop(id) {
			in = shopify.FileSetInput{ID: shopify.Value(id)}
			if alt, known := alts[m.URL]; !known || alt != m.Alt {
				in.Alt = shopify.Value(m.Alt)
			}
		}
		list = append(list, in)
		in.Alt = shopify.Opt[string]{}
		refs[m.URL] = in
	}
	for at, f := range d.have.Files {
		if !ours[f.ID] {
			list = slices.Insert(list, min(at, len(list)), shopify.FileSetInput{ID: shopify.Value(f.ID)})
		}
	}
	return list, refs
}

func newFile(m aisles.Media) shopify.FileSetInput {
	in := shopify.FileSetInput{OriginalSource: shopify.Value(m.URL), ContentType: shopify.Value(shopify.FileContentTypeImage)}
	if m.Alt != "" {
		in.Alt = shopify.Value(m.Alt)
	}
	return in
}

// variantPictures ties variants to pictures. productSet takes that only with
// the whole list of variants; so the list is sent when a tie changes, with ids
// and option values and nothing else.
func (d *differ) variantPictures(w, h *aisles.Pictures, files []shopify.FileSetInput, refs map[string]shopify.FileSetInput) {
	before, after := pictureOf(h), pictureOf(w)
	content := d.want.Document.Content
	if content == nil {
		content = d.have.Document.Content
	}
	list, listed := d.input.Variants.Get()
	changed := false
	if content == nil || listed && len(list) != len(content.Variants) {
		return
	}
	if !listed {
		for _, p := range matchVariants(content.Variants, content.Variants, d.have.IDs) {
			list = append(list, variantFields{}.set(p.ids.Variant, optionValues(content.Options, p.want.Options)))
		}
	}
	for i, v := range content.Variants {
		now, is := after[v.Key]
		was, had := before[v.Key]
		moved := is && (!had || now != was || d.have.IDs.Media[now] == "")
		switch {
		case moved:
			list[i].File = shopify.Value(refs[now])
		case had && !is && stays(w, was):
			list[i].File = shopify.Null[shopify.FileSetInput]()
		default:
			continue
		}
		changed = true
		d.action.Fields = append(d.action.Fields, aisles.FieldChange{Field: "variants[" + v.Key + "].image", Before: textOrNil(was), After: textOrNil(now)})
	}
	if !changed {
		return
	}
	d.input.Files = shopify.Value(files) // a variant's file must be among the product's
	d.input.ProductOptions = shopify.Value(optionSet(content.Options))
	d.input.Variants, d.send = shopify.Value(list), true
}

// stays reports whether the product keeps the picture. A variant loses the one
// the product loses by itself.
func stays(w *aisles.Pictures, url string) bool {
	return slices.ContainsFunc(w.Items, func(m aisles.Media) bool { return m.URL == url })
}

func pictureOf(p *aisles.Pictures) map[string]string {
	out := map[string]string{}
	for _, v := range p.Variants {
		out[v.Variant] = v.URL
	}
	return out
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// uploadSuffix is what Shopify appends to a file's name that is taken
// (duplicateResolutionMode APPEND_UUID).
var uploadSuffix = regexp.MustCompile(`_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// fileName gives the name a picture has wherever it is served from: without
// query, folder and the suffix that tells doubles apart.
func fileName(source string) string {
	u, err := url.Parse(source)
	if err != nil {
		return source
	}
	name := path.Base(u.Path)
	ext := path.Ext(name)
	return uploadSuffix.ReplaceAllString(strings.TrimSuffix(name, ext), "") + ext
}

// MatchFiles finds the shop's files that are the wanted pictures: by source,
// else by file name where that names one on either side. What it does not find
// is not ours.
func MatchFiles(items []aisles.Media, files []File) map[string]string {
	out := map[string]string{}
	taken := map[string]bool{}
	for _, m := range items {
		for _, f := range files {
			if f.Source == m.URL && !taken[f.ID] {
				out[m.URL], taken[f.ID] = f.ID, true
				break
			}
		}
	}
	names, have := map[string]int{}, map[string][]string{}
	for _, m := range items {
		names[fileName(m.URL)]++
	}
	for _, f := range files {
		have[fileName(f.Source)] = append(have[fileName(f.Source)], f.ID)
	}
	for _, m := range items {
		name := fileName(m.URL)
		if ids := have[name]; out[m.URL] == "" && names[name] == 1 && len(ids) == 1 && !taken[ids[0]] {
			out[m.URL], taken[ids[0]] = ids[0], true
		}
	}
	return out
}
