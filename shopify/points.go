package shopify

import "strings"

// sized is implemented by variables whose number Shopify charges for. What a
// call costs beside is learnt from answers, so an error here costs a THROTTLED
// at worst.
type sized interface{ points() float64 }

// points of a productSet: per variant, picture and metafield,
// https://shopify.dev/changelog/dynamic-complexity-cost-for-productset-mutation.
func (v ProductSetVariables) points() float64 {
	files, _ := v.Input.Files.Get()
	metafields, _ := v.Input.Metafields.Get()
	variants, _ := v.Input.Variants.Get()
	sum := 1.9*float64(len(files)) + 0.4*float64(len(metafields)) + 0.2*float64(len(variants))
	for _, variant := range variants {
		metafields, _ := variant.Metafields.Get()
		sum += 0.4 * float64(len(metafields))
		if !variant.File.IsZero() {
			sum += 0.6
		}
	}
	return sum
}

// points of a productVariantsBulkUpdate: as productSet's of variants.
func (v ProductVariantsBulkUpdateVariables) points() float64 {
	sum := 0.2 * float64(len(v.Variants))
	for _, variant := range v.Variants {
		metafields, _ := variant.Metafields.Get()
		sum += 0.4 * float64(len(metafields))
	}
	return sum
}

// points of a metafieldsSet: per owner, by its kind,
// https://shopify.dev/changelog/dynamic-complexity-cost-for-metafieldsset-mutation.
func (v MetafieldsSetVariables) points() float64 {
	seen := map[string]bool{}
	sum := 0.0
	for _, m := range v.Metafields {
		if seen[m.OwnerID] {
			continue
		}
		seen[m.OwnerID] = true
		kind, _, _ := strings.Cut(strings.TrimPrefix(m.OwnerID, "gid://shopify/"), "/")
		sum += ownerPoints[kind]
	}
	return sum
}

// ownerPoints of kinds that are not listed are learnt from answers.
var ownerPoints = map[string]float64{"Product": 4, "ProductVariant": 2}
