package shopify

import "slices"

// repeatable is implemented by variables of writes that may be sent twice with
// the same effect as once. A write whose variables do not is not.
type repeatable interface{ repeatable() bool }

// repeatable: an identifier finds the product the first call made, and what is
// set twice is the same. A file given by its source is added each time.
func (v ProductSetVariables) repeatable() bool {
	if _, ok := v.Identifier.Get(); !ok {
		return false
	}
	files, _ := v.Input.Files.Get()
	for _, f := range files {
		if addsFile(f) {
			return false
		}
	}
	variants, _ := v.Input.Variants.Get()
	for _, variant := range variants {
		if f, ok := variant.File.Get(); ok && addsFile(f) {
			return false
		}
	}
	return true
}

func addsFile(f FileSetInput) bool {
	_, ok := f.OriginalSource.Get()
	return ok
}

// repeatable: a value set twice is the same; a compareDigest that the first
// call outdated is no obstacle to a value that does not change. Whether one of
// null is, which asks that there be no value yet, is not documented.
func (v MetafieldsSetVariables) repeatable() bool {
	return !slices.ContainsFunc(v.Metafields, func(m MetafieldsSetInput) bool { return m.CompareDigest.IsNull() })
}

// repeatable: a tag is there once.
func (TagsAddVariables) repeatable() bool { return true }

// repeatable: a tag that is gone stays so.
func (TagsRemoveVariables) repeatable() bool { return true }

// repeatable: publishing what is published changes nothing.
func (PublicationUpdateVariables) repeatable() bool { return true }

// repeatable: all is set but pictures given by source and relative quantities.
func (v ProductVariantsBulkUpdateVariables) repeatable() bool {
	for _, variant := range v.Variants {
		if !variant.MediaSrc.IsZero() || !variant.QuantityAdjustments.IsZero() {
			return false
		}
	}
	return true
}
