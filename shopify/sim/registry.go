package sim

// tables gives the resolvers of every object type the simulator serves, by
// type name. A field that is in the schema but in no table is still validated
// and priced, and answered with an error that says it is not served.
func tables() map[string]table {
	return map[string]table{
		"QueryRoot":                queryFields,
		"Mutation":                 mutationFields,
		"Shop":                     shopFields,
		"Product":                  productFields,
		"ProductOption":            optionFields,
		"ProductOptionValue":       optionValueFields,
		"ProductVariant":           variantFields,
		"ProductSetOperation":      operationFields,
		"ProductDeleteOperation":   operationFields,
		"TaxonomyCategory":         categoryFields,
		"MediaImage":               mediaImageFields,
		"Video":                    videoFields,
		"Model3d":                  model3dFields,
		"ExternalVideo":            externalVideoFields,
		"Image":                    imageFields,
		"Metafield":                metafieldFields,
		"MetafieldDefinition":      definitionFields,
		"InventoryItem":            itemFields,
		"InventoryLevel":           levelFields,
		"InventoryAdjustmentGroup": adjustmentFields,
		"Location":                 locationFields,
		"Publication":              publicationFields,
		"ResourcePublication":      publishingFields,
		"ResourcePublicationV2":    publishingFields,
		"ProductPublication":       publishingFields,
	}
}
