package sim

import (
	"slices"
	"testing"

	"aisles/shopify/schema"
)

// unserved are the fields of the types below which the simulator refuses,
// because nothing it holds could answer them.
var unserved = map[string][]string{
	"Product": {"contextualPricing"}, "ProductVariant": {"contextualPricing"},
	"Publication": {"app"}, "ResourcePublication": {"channel"}, "ProductPublication": {"channel"},
}

// TestTablesMatchTheSchema: every resolver is for a field the schema has, and
// the types of a catalog are served whole.
func TestTablesMatchTheSchema(t *testing.T) {
	t.Parallel()
	s, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	whole := []string{
		"Product", "ProductOption", "ProductOptionValue", "ProductVariant", "TaxonomyCategory", "MediaImage", "Image", "Metafield",
		"MetafieldDefinition", "InventoryItem", "InventoryLevel", "InventoryAdjustmentGroup", "Location", "Publication",
		"ResourcePublication", "ResourcePublicationV2", "ProductPublication", "Video", "Model3d", "ExternalVideo",
	}
	shared := []string{"ResourcePublication", "ResourcePublicationV2", "ProductPublication", "ProductSetOperation", "ProductDeleteOperation"}
	for typ, fields := range tables() {
		def := s.Types[typ]
		if def == nil {
			t.Errorf("%s: no such type", typ)
			continue
		}
		for name := range fields {
			if def.Fields.ForName(name) == nil && !slices.Contains(shared, typ) {
				t.Errorf("%s.%s: no such field", typ, name)
			}
		}
		if !slices.Contains(whole, typ) {
			continue
		}
		for _, f := range def.Fields {
			_, served := fields[f.Name]
			if known := slices.Contains(unserved[typ], f.Name); !served && !known && f.Name[:2] != "__" {
				t.Errorf("%s.%s: no resolver", typ, f.Name)
			} else if served && known {
				t.Errorf("%s.%s: served, but listed as unserved", typ, f.Name)
			}
		}
	}
}
