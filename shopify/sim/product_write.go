package sim

import (
	"fmt"
	"slices"
	"strings"
)

// productCreate makes a product with its first variant.
func (s *state) productCreate(in input, media []input) (*product, []userError) {
	p := s.newProduct()
	p.content.giftCard = in.flag("giftCard")
	p.content.claimedBundles = in.object("claimOwnership").flag("bundles")
	errs := s.applyPlain(p, in)
	if options := in.objects("productOptions"); len(options) > 0 {
		errs = append(errs, s.createOptions(p, options)...)
	}
	if p.content.giftCard {
		p.variants[0].makeGiftCard()
	}
	files, mediaErrs := s.makeMedia(media)
	for _, e := range mediaErrs {
		e.code = ""
		errs = append(errs, e)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	p.media = files
	s.stockDefault(p.variants)
	s.put(p)
	return p, nil
}

// productUpdate changes a product's own attributes; on failure the product
// comes back unchanged.
func (s *state) productUpdate(old *product, in input, media []input) (*product, []userError) {
	if old == nil {
		return nil, []userError{failf("", "id", "Product does not exist")}
	}
	p := old.clone()
	errs := s.applyPlain(p, in)
	files, mediaErrs := s.makeMedia(media)
	for _, e := range mediaErrs {
		e.code = ""
		errs = append(errs, e)
	}
	if len(errs) > 0 {
		return old, errs
	}
	p.media = append(p.media, files...)
	p.updatedAt = s.now()
	s.put(p)
	return p, nil
}

// applyPlain applies what productCreate and productUpdate have in common.
func (s *state) applyPlain(p *product, in input) []userError {
	var errs []userError
	faults := p.applyContent(in)
	for _, f := range faults {
		errs = append(errs, f.createError())
	}
	titled := !slices.ContainsFunc(faults, func(f attributeFault) bool { return f.attribute == "title" })
	if titled || in.given("handle") {
		taken, handleFaults := s.applyHandle(p, in)
		for _, f := range handleFaults {
			errs = append(errs, f.createError())
		}
		if taken != nil {
			taken.code = ""
			errs = append(errs, *taken)
		}
	}
	errs = append(errs, s.applyMetafields(&p.fields, metafieldOwner{"PRODUCT", p.id}, in.objects("metafields"), "metafields", false)...)
	if len(in.texts("collectionsToJoin")) > 0 {
		errs = append(errs, failf("", "collectionsToJoin", "Collection does not exist"))
	}
	return errs
}

// createOptions replaces a new product's standalone option; its variant gets
// the first value of each.
func (s *state) createOptions(p *product, entries []input) []userError {
	if len(entries) > maxOptions {
		return []userError{failf("", "options", "Can only specify a maximum of %d options", maxOptions)}
	}
	var errs []userError
	p.options = nil
	first := make([]string, 0, len(entries))
	for _, e := range entries {
		o := &option{id: s.newID(), name: e.text("name")}
		for _, v := range e.objects("values") {
			if o.value(v.text("name")) == nil {
				o.values = append(o.values, &optionValue{id: s.newID(), name: v.text("name")})
			}
		}
		switch {
		case strings.TrimSpace(o.name) == "":
			errs = append(errs, failf("", "options", "Name can't be blank"))
		case strings.Contains(o.name, optionDelimiter):
			errs = append(errs, failf("", "options", "Name cannot contain the character sequence %q", optionDelimiter))
		case len(o.values) == 0:
			errs = append(errs, failf("", "options", "Option values can't be empty"))
		case p.option(o.name, 0) != nil:
			errs = append(errs, failf("", "options", "Option name '%s' already exists", o.name))
		default:
			first = append(first, o.values[0].name)
		}
		p.options = append(p.options, o)
	}
	p.variants[0].options = first
	return errs
}

// makeMedia makes the files of CreateMediaInputs; what is wrong with one does
// not touch the others.
func (s *state) makeMedia(media []input) (files []*file, errs []userError) {
	for i, m := range media {
		source, kind := m.text("originalSource"), m.text("mediaContentType")
		switch {
		case !validSource(source):
			label := "Image"
			if kind != "IMAGE" {
				label = "Media"
			}
			errs = append(errs, failf("INVALID", fmt.Sprintf("media.%d.originalSource", i), "%s URL is invalid", label))
		case len([]rune(m.text("alt"))) > maxAlt:
			errs = append(errs, failf("INVALID", fmt.Sprintf("media.%d.alt", i), "The alt value exceeds the maximum limit of %d characters.", maxAlt))
		default:
			files = append(files, s.makeFile(kind, source, "", m.text("alt")))
		}
	}
	return files, errs
}

// productCreateMedia appends the valid ones of the media to a product.
func (s *state) productCreateMedia(id string, media []input) (*product, []*file, []userError) {
	old := s.product(id)
	if old == nil {
		return nil, nil, []userError{failf("PRODUCT_DOES_NOT_EXIST", "productId", "Product does not exist")}
	}
	if len(old.media)+len(media) > maxMedia {
		return old, nil, []userError{failf("PRODUCT_MEDIA_LIMIT_EXCEEDED", "media", "Exceeded the maximum of %d media per product.", maxMedia)}
	}
	files, errs := s.makeMedia(media)
	if len(files) == 0 {
		return old, nil, errs
	}
	p := old.clone()
	p.media = append(p.media, files...)
	p.updatedAt = s.now()
	s.put(p)
	return p, files, errs
}

// productDelete removes a product at once.
func (s *state) productDelete(id string) []userError {
	p := s.product(id)
	if p == nil {
		return []userError{failf("", "id", "Product does not exist")}
	}
	s.drop(p)
	return nil
}

// changeTags sets a product's tags to what change makes of them.
func (s *state) changeTags(old *product, change func([]string) []string) (*product, []userError) {
	p := old.clone()
	p.content.tags = normalTags(change(p.content.tags))
	if slices.ContainsFunc(p.content.tags, tooLong) {
		return old, []userError{failf("", "tags", "Product tags is invalid")}
	}
	if len(p.content.tags) > maxTags {
		return old, []userError{failf("", "tags", "Exceeded maximum of %d tags.", maxTags)}
	}
	if !slices.Equal(p.content.tags, old.content.tags) {
		p.updatedAt = s.now()
		s.put(p)
	}
	return p, nil
}

// maxTags is how many tags a product may carry,
// https://help.shopify.com/en/manual/shopify-admin/productivity-tools/using-tags.
const maxTags = 250
