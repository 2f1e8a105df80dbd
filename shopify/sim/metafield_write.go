package sim

import (
	"fmt"
	"slices"
)

// maxMetafieldsSet is how many metafields one metafieldsSet takes,
// https://shopify.dev/docs/api/admin-graphql/latest/mutations/metafieldsSet.
const maxMetafieldsSet = 25

// ownedField is a metafield together with the global id of its owner.
type ownedField struct {
	field *metafield
	owner string
}

// metafieldsSet writes all entries or none.
func (s *state) metafieldsSet(entries []input) ([]ownedField, []userError) {
	if len(entries) > maxMetafieldsSet {
		return nil, []userError{failf("LESS_THAN_OR_EQUAL_TO", "metafields", "Exceeded the maximum metafields input limit of %d.", maxMetafieldsSet)}
	}
	var errs []userError
	types := make([]string, len(entries))
	for i, e := range entries {
		typ, more := s.checkSet(e, fmt.Sprintf("metafields.%d", i))
		types[i] = typ
		errs = append(errs, more...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	out := make([]ownedField, len(entries))
	for i, e := range entries {
		in := setInput(e)
		s.changeFields(e.text("ownerId"), func(fields *metafields) {
			out[i] = ownedField{fields.write(s, in, types[i]), e.text("ownerId")}
		})
	}
	return out, nil
}

func setInput(e input) metafieldInput {
	return metafieldInput{namespace: resolveNamespace(e.text("namespace")), key: e.text("key"), typ: e.text("type"), value: e.text("value")}
}

// checkSet validates one entry of metafieldsSet and tells its type.
func (s *state) checkSet(e input, path string) (string, []userError) {
	fields, owner := s.owned(e.text("ownerId"))
	if fields == nil {
		return "", []userError{failf("INVALID_VALUE", path+".ownerId", "Owner does not exist.")}
	}
	in := setInput(e)
	typ, faults := s.checkMetafield(owner, in)
	var errs []userError
	for _, f := range faults {
		at := path
		if f.field != "" {
			at += "." + f.field
		}
		u := failf(f.code, at, "%s", f.message)
		u.element = f.element + 1
		errs = append(errs, u)
	}
	if len(errs) == 0 && e.has("compareDigest") {
		errs = checkDigest(fields.find(in.namespace, in.key), in, e.textPtr("compareDigest"), path)
	}
	return typ, errs
}

// checkDigest is the compare-and-set of metafieldsSet: nil means that there
// must be no such metafield yet. A write that changes nothing always passes.
func checkDigest(old *metafield, in metafieldInput, digest *string, path string) []userError {
	switch {
	case old == nil && digest == nil, old != nil && old.value == in.value:
		return nil
	case old == nil:
		return []userError{failf("INVALID_COMPARE_DIGEST", path, "Invalid `compareDigest` value.")}
	case digest == nil || *digest != old.digest():
		return []userError{failf("STALE_OBJECT", path, "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.")}
	}
	return nil
}

// changeFields runs change on an owner's metafields and keeps the index of
// unique values and the owner's time of update.
func (s *state) changeFields(ownerID string, change func(*metafields)) {
	fields, owner := s.owned(ownerID)
	if fields == nil {
		return
	}
	s.indexUnique(owner, *fields, true)
	change(fields)
	s.indexUnique(owner, *fields, false)
	switch owner.typ {
	case "PRODUCT":
		s.productByID(owner.id).updatedAt = s.now()
	case "PRODUCTVARIANT":
		v := s.variants[owner.id]
		v.updatedAt, v.product.updatedAt = s.now(), s.now()
	}
}

// deletedField names a metafield that metafieldsDelete removed.
type deletedField struct{ ownerID, namespace, key string }

// metafieldsDelete removes metafields; one that does not exist answers nil.
func (s *state) metafieldsDelete(entries []input) ([]*deletedField, []userError) {
	for _, e := range entries {
		if foreignNamespace(resolveNamespace(e.text("namespace"))) {
			return nil, []userError{failf("", "metafields", "%s", notAllowedNamespace)}
		}
	}
	out := make([]*deletedField, len(entries))
	for i, e := range entries {
		ns, key := resolveNamespace(e.text("namespace")), e.text("key")
		fields, _ := s.owned(e.text("ownerId"))
		if fields == nil || fields.find(ns, key) == nil {
			continue
		}
		s.changeFields(e.text("ownerId"), func(fields *metafields) {
			*fields = slices.DeleteFunc(*fields, func(f *metafield) bool { return f.namespace == ns && f.key == key })
		})
		out[i] = &deletedField{e.text("ownerId"), ns, key}
	}
	return out, nil
}
