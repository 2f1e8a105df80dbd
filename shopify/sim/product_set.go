package sim

import (
	"fmt"
	"slices"
	"strings"
)

// maxSetQuantities is how many inventory quantities one productSet takes,
// https://shopify.dev/docs/api/admin-graphql/latest/input-objects/ProductVariantSetInput.
const maxSetQuantities = 50_000

// productSet creates or updates a product: a field the input lacks is left
// alone, a list it gives replaces the list there is. Nothing is changed when
// anything is wrong. The product is the one set, or on failure of an update
// the unchanged one; nil when there is none.
func (s *state) productSet(identifier, in input) (*product, []userError) {
	old, errs := s.identify(identifier, in)
	if len(errs) > 0 {
		return old, errs
	}
	p := s.newProductFor(old)
	if errs = s.applySet(p, old == nil, identifier, in); len(errs) > 0 {
		return old, errs
	}
	p.updatedAt = s.now()
	s.put(p)
	return p, nil
}

// newProductFor gives what a mutation works on: a copy, or a new product.
func (s *state) newProductFor(old *product) *product {
	if old != nil {
		return old.clone()
	}
	return s.newProduct()
}

// identify finds the product a productSet is about; nil means create one.
func (s *state) identify(identifier, in input) (*product, []userError) {
	inID := in.text("id")
	switch {
	case identifier != nil && inID != "":
		return nil, []userError{failf("ID_NOT_ALLOWED", "input", "The id field is not allowed if identifier is provided.")}
	case identifier.given("id"), inID != "":
		id := identifier.text("id") + inID
		if p := s.product(id); p != nil {
			return p, nil
		}
		return nil, []userError{failf("PRODUCT_DOES_NOT_EXIST", "input", "Product does not exist")}
	case identifier.given("handle"):
		switch handle := identifier.text("handle"); {
		case !in.given("handle"):
			return nil, []userError{failf("MISSING_FIELD_REQUIRED", "input", "The input field corresponding to the identifier is required.")}
		case in.text("handle") != handle:
			return nil, []userError{failf("INPUT_MISMATCH", "input", "The identifier value does not match the value of the corresponding field in the input.")}
		default:
			return s.byHandle[slug(handle)], nil
		}
	case identifier.object("customId") != nil:
		return s.identifyCustom(identifier.object("customId"), in)
	}
	return nil, nil
}

// identifyCustom finds a product by the unique metafield value of a customId.
func (s *state) identifyCustom(custom, in input) (*product, []userError) {
	namespace, key, value := resolveNamespace(custom.text("namespace")), custom.text("key"), custom.text("value")
	id, defined := s.byCustomID("PRODUCT", namespace, key, value)
	if !defined {
		return nil, []userError{failf("INVALID_METAFIELD", "identifier.customId", "%s", noCustomID)}
	}
	listed := slices.ContainsFunc(in.objects("metafields"), func(m input) bool {
		return resolveNamespace(m.text("namespace")) == namespace && m.text("key") == key && m.text("value") == value
	})
	if in.has("metafields") && !listed {
		return nil, []userError{failf("METAFIELD_MISMATCH", "input", "The input argument `metafields` (if present) must contain the `customId` value.")}
	}
	return s.productByID(id), nil
}

const noCustomID = "Metafield definition of type 'id' is required when using custom ids."

// applySet makes all changes to p, collecting what is wrong.
func (s *state) applySet(p *product, isNew bool, identifier, in input) []userError {
	var errs []userError
	if g, ok := in["giftCard"].(bool); ok {
		if !isNew && g != p.content.giftCard {
			errs = append(errs, failf("GIFT_CARD_ATTRIBUTE_CANNOT_BE_CHANGED", "input.giftCard", "The product gift_card attribute cannot be changed after creation."))
		}
		p.content.giftCard = g
	}
	for _, f := range p.applyContent(in) {
		errs = append(errs, f.setError())
	}
	taken, faults := s.applyHandle(p, in)
	for _, f := range faults {
		errs = append(errs, f.setError())
	}
	if taken != nil {
		errs = append(errs, *taken)
	}
	if in.has("files") && in["files"] != nil {
		errs = append(errs, s.setFiles(p, in.objects("files"))...)
	}
	errs = append(errs, s.setVariants(p, isNew, in)...)
	if in.has("metafields") {
		errs = append(errs, s.applyMetafields(&p.fields, metafieldOwner{"PRODUCT", p.id}, in.objects("metafields"), "input.metafields", true)...)
	} else if custom := identifier.object("customId"); custom != nil && isNew {
		errs = append(errs, s.applyMetafields(&p.fields, metafieldOwner{"PRODUCT", p.id}, []input{custom}, "identifier.customId", false)...)
	}
	if len(in.texts("collections")) > 0 {
		errs = append(errs, failf("INVALID_INPUT", "input.collections", "Collection does not exist"))
	}
	return errs
}

// setFiles makes the list the product's media: files named by id are kept in
// their new order, each source makes a new file, the rest is taken off.
func (s *state) setFiles(p *product, files []input) []userError {
	if len(files) > maxMedia {
		return []userError{failf("INVALID_INPUT", "input.files", "Exceeded the maximum of %d media per product.", maxMedia)}
	}
	var errs []userError
	var media []*file
	for i, in := range files {
		f, e := s.setFile(in, fmt.Sprintf("input.files.%d", i))
		if e != nil {
			errs = append(errs, *e)
		} else if !slices.ContainsFunc(media, func(m *file) bool { return m.id == f.id }) {
			media = append(media, f)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	p.media = media
	p.removeMedia(func(*file) bool { return false })
	return nil
}

// setFile finds or makes the file of a FileSetInput.
func (s *state) setFile(in input, path string) (*file, *userError) {
	fail := func(e userError) (*file, *userError) { return nil, &e }
	id, source := in.text("id"), in.text("originalSource")
	switch {
	case len([]rune(in.text("alt"))) > maxAlt:
		return fail(failf("INVALID_INPUT", path+".alt", "The alt value exceeds the maximum limit of %d characters.", maxAlt))
	case id != "":
		f := s.file(id)
		if f == nil {
			return fail(failf("INVALID_INPUT", path+".id", "File id %s does not exist.", id))
		}
		if in.given("alt") && f.alt != in.text("alt") {
			changed := *f
			changed.alt, changed.updatedAt = in.text("alt"), s.now()
			return &changed, nil
		}
		return f, nil
	case source == "":
		return fail(failf("INVALID_INPUT", path, "Either id or originalSource must be specified."))
	case !validSource(source):
		return fail(failf("INVALID_INPUT", path+".originalSource", "Image URL is invalid"))
	}
	return s.makeFile(contentKind(in.text("contentType"), source), source, in.text("filename"), in.text("alt")), nil
}

// setVariants applies productOptions and variants, which go together.
func (s *state) setVariants(p *product, isNew bool, in input) []userError {
	hasOptions, hasVariants := in.given("productOptions"), in.given("variants")
	switch {
	case !hasOptions && !hasVariants:
		if isNew && p.content.giftCard {
			p.variants[0].makeGiftCard()
		}
		s.stockDefault(p.variants)
		return nil
	case !hasVariants || len(in.objects("variants")) == 0:
		return []userError{failf("VARIANTS_INPUT_MISSING", "input.variants", "Variants input is required when updating product options")}
	case len(in.objects("productOptions")) == 0:
		return []userError{failf("PRODUCT_OPTIONS_INPUT_MISSING", "input.productOptions", "Product options input is required when updating variants")}
	}
	quantities := 0
	for _, v := range in.objects("variants") {
		quantities += len(v.objects("inventoryQuantities"))
	}
	if quantities > maxSetQuantities {
		return []userError{failf("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", "input.variants", "Inventory quantity input exceeds the limit of %d. Consider using separate `inventorySetQuantities` mutations.", maxSetQuantities)}
	}
	was := p.variantTuples()
	if errs := s.setOptions(p, in.objects("productOptions")); len(errs) > 0 {
		return errs
	}
	return s.setVariantList(p, was, isNew, in)
}

// variantTuple is a variant's values by option id, for matching.
type variantTuple struct {
	variant *variant
	values  map[int64]string
}

func (p *product) variantTuples() []variantTuple {
	out := make([]variantTuple, 0, len(p.variants))
	for _, v := range p.variants {
		t := variantTuple{v, map[int64]string{}}
		for i, o := range p.options {
			t.values[o.id] = v.options[i]
		}
		out = append(out, t)
	}
	return out
}

// setVariantList makes the list the product's variants. An entry is matched
// to a variant by id, else by its option values; what is not listed goes.
func (s *state) setVariantList(p *product, was []variantTuple, isNew bool, in input) []userError {
	entries := in.objects("variants")
	tuples := make([][]string, len(entries))
	claimed := map[int64]bool{}
	var errs []userError
	for i, e := range entries {
		tuple, tupleErrs := p.optionTuple(e.objects("optionValues"), fmt.Sprintf("input.variants.%d", i))
		tuples[i] = tuple
		errs = append(errs, tupleErrs...)
		if id := e.text("id"); id != "" {
			if isNew || p.findVariant(idOf("ProductVariant", id)) == nil {
				errs = append(errs, failf("PRODUCT_VARIANT_DOES_NOT_EXIST", fmt.Sprintf("input.variants.%d.id", i), "Product variant does not exist"))
			}
			claimed[idOf("ProductVariant", id)] = true
		}
	}
	if errs = append(errs, duplicateTuples(tuples)...); len(errs) > 0 {
		return errs
	}
	free := map[string]*variant{}
	for _, t := range was {
		if tuple, ok := t.under(p.options); ok && !isNew && !claimed[t.variant.id] {
			free[strings.Join(tuple, "\x00")] = t.variant
		}
	}
	variants := make([]*variant, len(entries))
	for i, e := range entries {
		v := p.findVariant(idOf("ProductVariant", e.text("id")))
		if v == nil {
			v = free[strings.Join(tuples[i], "\x00")]
		}
		added := v == nil
		if added {
			v = s.newVariant(p, nil)
			v.item.tracked = newVariantsTracked
			if p.content.giftCard {
				v.makeGiftCard()
			}
		}
		v.options = tuples[i]
		errs = append(errs, s.applyVariant(v, e, fmt.Sprintf("input.variants.%d", i))...)
		errs = append(errs, s.applyVariantSet(p, v, e, in, fmt.Sprintf("input.variants.%d", i))...)
		variants[i] = v
	}
	orderByPosition(variants, entries)
	p.variants = variants
	s.stockDefault(p.variants)
	return errs
}

// under gives the tuple's values in the order of options, if it has exactly
// those options.
func (t variantTuple) under(options []*option) ([]string, bool) {
	if len(options) != len(t.values) {
		return nil, false
	}
	out := make([]string, len(options))
	for i, o := range options {
		v, ok := t.values[o.id]
		if !ok {
			return nil, false
		}
		out[i] = v
	}
	return out, true
}

// duplicateTuples reports each variant whose option values stood before.
func duplicateTuples(tuples [][]string) []userError {
	var errs []userError
	seen := map[string]bool{}
	for i, t := range tuples {
		if t == nil {
			continue
		}
		key := strings.Join(t, "\x00")
		if seen[key] {
			errs = append(errs, failf("INVALID_VARIANT", fmt.Sprintf("input.variants.%d", i), "%s", variantExists(t)))
		}
		seen[key] = true
	}
	return errs
}

func variantExists(options []string) string {
	return fmt.Sprintf("The variant '%s' already exists. Please change at least one option value.", strings.Join(options, " / "))
}

// orderByPosition moves variants with an explicit position to it.
func orderByPosition(variants []*variant, entries []input) {
	positions := make(map[*variant]int, len(variants))
	explicit := false
	for i, e := range entries {
		positions[variants[i]] = i + 1
		if n, ok := e.number("position"); ok {
			positions[variants[i]], explicit = n, true
		}
	}
	if explicit {
		slices.SortStableFunc(variants, func(a, b *variant) int { return positions[a] - positions[b] })
	}
}
