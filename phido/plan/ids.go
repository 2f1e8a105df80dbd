package plan

// IDs are the Shopify ids learnt about one product. The zero value knows
// none.
type IDs struct {
	// Product is the product's id (gid://shopify/Product/…); empty when it is
	// not known.
	Product string `json:"product,omitempty"`
	// Variants holds the ids of variants by their keys in the catalog.
	Variants map[string]VariantIDs `json:"variants,omitempty"`
	// Media holds the ids of pictures by their URLs in the catalog.
	Media map[string]string `json:"media,omitempty"`
}

// VariantIDs are the ids of one variant and of its inventory item.
type VariantIDs struct {
	Variant       string `json:"variant"`
	InventoryItem string `json:"inventory_item,omitempty"`
}
