package aisles

// Status says whether a product is on sale.
type Status string

// The statuses of a product, as Shopify names them in lower case.
const (
	Active   Status = "active"
	Draft    Status = "draft"
	Archived Status = "archived"
)

// Product is one product of a partner's catalog, whole. Its JSON is what the
// API gives and takes.
type Product struct {
	// Key names the product within its partner and never changes: for a
	// Shopify CSV the handle.
	Key         string      `json:"key"`
	Title       string      `json:"title"`
	BodyHTML    string      `json:"body_html"`
	Vendor      string      `json:"vendor"`
	ProductType string      `json:"product_type"`
	Category    string      `json:"category"`
	Tags        []string    `json:"tags"`
	Status      Status      `json:"status"`
	Handle      string      `json:"handle"`
	SEO         SEO         `json:"seo"`
	Options     []Option    `json:"options"`
	Variants    []Variant   `json:"variants"`
	Media       []Media     `json:"media"`
	Metadata    []Metafield `json:"metadata"`
	Published   bool        `json:"published"`
}

// SEO is what search engines are shown instead of title and body.
type SEO struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

// Option is a way in which a product's variants differ; a product has at most
// three.
type Option struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// Variant is what a customer buys.
type Variant struct {
	// Key is the SKU where that is unique within the product, else the
	// option values joined by " / ". See [Product.Normalise].
	Key              string      `json:"key"`
	SKU              string      `json:"sku"`
	Barcode          string      `json:"barcode"`
	Price            Money       `json:"price"`
	CompareAtPrice   Money       `json:"compare_at_price,omitempty"`
	Cost             Money       `json:"cost,omitempty"`
	Options          []string    `json:"options"`
	Weight           *Weight     `json:"weight,omitempty"`
	Taxable          bool        `json:"taxable"`
	RequiresShipping bool        `json:"requires_shipping"`
	InventoryPolicy  Policy      `json:"inventory_policy"`
	Inventory        []Level     `json:"inventory"`
	Image            string      `json:"image,omitempty"`
	Metadata         []Metafield `json:"metadata"`
}

// Policy says whether a variant may be sold when none is left.
type Policy string

// The policies of a variant.
const (
	Deny     Policy = "deny"
	Continue Policy = "continue"
)

// Weight is what a variant weighs. Units are kg, g, lb and oz.
type Weight struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Level is how many of a variant are available at a location. A variant
// without levels is not stock-keeping.
type Level struct {
	Location string `json:"location"`
	Quantity int64  `json:"quantity"`
}

// Media is a picture of a product, named by where it can be fetched.
type Media struct {
	URL string `json:"url"`
	Alt string `json:"alt"`
}

// Metafield is a typed value under a namespace and key, Shopify's word. Value
// is always text in Shopify's form for the type.
type Metafield struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
	Type      string `json:"type"`
	Value     string `json:"value"`
}

// Ref names one product of one partner.
type Ref struct {
	Partner string `json:"partner"`
	Key     string `json:"key"`
}

// String gives partner/key, the form used in messages and custom ids.
func (r Ref) String() string { return r.Partner + "/" + r.Key }
