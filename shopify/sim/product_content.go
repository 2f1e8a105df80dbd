package sim

import (
	"fmt"
	"slices"
	"strings"
)

// attributeFault is what is wrong with one attribute of a product. The product
// mutations word it differently, see setError and createError.
type attributeFault struct {
	attribute string
	label     string
	text      string
}

// createError words a fault as productCreate and productUpdate do.
func (f attributeFault) createError() userError {
	return failf("", f.attribute, "%s %s", f.label, f.text)
}

// setError words a fault as productSet does: only the title has a path of its
// own, and is then not named again.
func (f attributeFault) setError() userError {
	if f.attribute == "title" {
		return failf("INVALID_PRODUCT", "input.title", "%s", f.text)
	}
	return failf("INVALID_PRODUCT", "input", "%s %s", f.label, f.text)
}

var longText = fmt.Sprintf("is too long (maximum is %d characters)", maxString)

// applyContent changes the plain attributes an input gives, and tells what is
// wrong with them. ProductCreateInput, ProductUpdateInput, ProductInput and
// ProductSetInput share these names.
func (p *product) applyContent(in input) []attributeFault {
	c := &p.content
	in.setText("title", &c.title)
	in.setText("descriptionHtml", &c.descriptionHTML)
	in.setText("productType", &c.productType)
	if in.given("vendor") {
		c.vendor = in.text("vendor")
	}
	if in.given("status") {
		c.status = in.text("status")
	}
	in.setText("category", &c.category)
	in.setPtr("templateSuffix", &c.templateSuffix)
	in.setPtr("giftCardTemplateSuffix", &c.giftCardSuffix)
	in.setFlag("requiresSellingPlan", &c.needsSellingPlan)
	if in.given("combinedListingRole") {
		c.combinedRole = in.text("combinedListingRole")
	}
	if seo := in.object("seo"); seo != nil {
		seo.setPtr("title", &c.seoTitle)
		seo.setPtr("description", &c.seoDescription)
	}
	if in.has("tags") {
		c.tags = normalTags(in.texts("tags"))
	}
	return c.check()
}

// check finds what is wrong with the attributes.
func (c *productContent) check() []attributeFault {
	var faults []attributeFault
	switch {
	case strings.TrimSpace(c.title) == "":
		faults = append(faults, attributeFault{"title", "Title", "can't be blank"})
	case tooLong(c.title):
		faults = append(faults, attributeFault{"title", "Title", longText})
	}
	if tooLong(c.vendor) {
		faults = append(faults, attributeFault{"vendor", "Vendor", longText})
	}
	if tooLong(c.productType) {
		faults = append(faults,
			attributeFault{"productType", "Product type", longText},
			attributeFault{"customProductType", "Custom product type", longText})
	}
	if slices.ContainsFunc(c.tags, tooLong) {
		faults = append(faults, attributeFault{"tags", "Product tags", "is invalid"})
	}
	return faults
}

// applyHandle sets the handle an input gives, or generates one for a product
// that has none yet. A collision is reported as a user error, a handle that is
// too long as a fault.
func (s *state) applyHandle(p *product, in input) (*userError, []attributeFault) {
	raw := in.text("handle")
	switch {
	case in.given("handle"):
		if s.setHandle(p, raw) {
			e := failf("HANDLE_NOT_UNIQUE", "input.handle", "Handle '%s' already in use. Please provide a new handle.", raw)
			return &e, nil
		}
	case p.handle == "":
		s.generateHandle(p, p.content.title)
	}
	if tooLong(p.handle) {
		return nil, []attributeFault{{"handle", "Handle", longText}}
	}
	return nil, nil
}

// applyMetafields writes the metafields an input lists; with replace, those it
// does not list are removed. path is the list's place in the input.
func (s *state) applyMetafields(fields *metafields, owner metafieldOwner, entries []input, path string, replace bool) []userError {
	var errs []userError
	listed := map[*metafield]bool{}
	for i, e := range entries {
		in := metafieldInput{namespace: resolveNamespace(e.text("namespace")), key: e.text("key"), typ: e.text("type"), value: e.text("value")}
		if id := idOf("Metafield", e.text("id")); id != 0 {
			j := slices.IndexFunc(*fields, func(f *metafield) bool { return f.id == id })
			if j < 0 {
				errs = append(errs, failf("INVALID_METAFIELD", fmt.Sprintf("%s.%d.id", path, i), "Metafield does not exist"))
				continue
			}
			in.namespace, in.key = (*fields)[j].namespace, (*fields)[j].key
		}
		if old := fields.find(in.namespace, in.key); old != nil && in.typ == "" {
			in.typ = old.typ
		}
		typ, faults := s.checkMetafield(owner, in)
		for _, f := range faults {
			at := fmt.Sprintf("%s.%d", path, i)
			if f.field != "" {
				at += "." + f.field
			}
			errs = append(errs, failf("INVALID_METAFIELD", at, "%s", f.message))
		}
		if len(faults) == 0 {
			listed[fields.write(s, in, typ)] = true
		}
	}
	if replace && len(errs) == 0 {
		*fields = slices.DeleteFunc(*fields, func(f *metafield) bool { return !listed[f] })
	}
	return errs
}
