package sim

import (
	"math/big"
	"slices"
	"strings"
)

// searchField decides a term about one object.
type searchField[T any] func(s *state, t term, x T) bool

// productSearch are the fields products(query:) can search.
var productSearch = map[string]searchField[*product]{
	"":             func(_ *state, t term, p *product) bool { return p.mentions(t) },
	"id":           func(_ *state, t term, p *product) bool { return t.isID(p.id) },
	"title":        func(_ *state, t term, p *product) bool { return t.inText(p.content.title) },
	"handle":       func(_ *state, t term, p *product) bool { return t.isKeyword(p.handle) },
	"vendor":       func(_ *state, t term, p *product) bool { return t.isKeyword(p.content.vendor) },
	"product_type": func(_ *state, t term, p *product) bool { return t.isKeyword(p.content.productType) },
	"status":       func(_ *state, t term, p *product) bool { return t.isKeyword(p.content.status) },
	"tag":          func(_ *state, t term, p *product) bool { return slices.ContainsFunc(p.content.tags, t.isKeyword) },
	"tag_not":      func(_ *state, t term, p *product) bool { return !slices.ContainsFunc(p.content.tags, t.isKeyword) },
	"category_id": func(_ *state, t term, p *product) bool {
		return t.isKeyword(strings.TrimPrefix(p.content.category, "gid://shopify/TaxonomyCategory/"))
	},
	"gift_card":  func(_ *state, t term, p *product) bool { return t.isBool(p.content.giftCard) },
	"created_at": func(s *state, t term, p *product) bool { return t.isTime(p.createdAt, s.now()) },
	"updated_at": func(s *state, t term, p *product) bool { return t.isTime(p.updatedAt, s.now()) },
	"published_at": func(s *state, t term, p *product) bool {
		at := s.publishedAt(p)
		return at != nil && t.isTime(*at, s.now())
	},
	"published_status": func(s *state, t term, p *product) bool {
		visible := s.publishedAt(p) != nil && p.content.status == "ACTIVE"
		return t.value == "any" || visible == (t.value == "published" || t.value == "visible" || t.value == "online_store:visible")
	},
	"inventory_total": func(_ *state, t term, p *product) bool {
		return t.isNumber(new(big.Rat).SetInt64(int64(p.totalInventory())))
	},
	"has_only_default_variant": func(_ *state, t term, p *product) bool { return t.isBool(p.onlyDefault()) },
	"out_of_stock_somewhere":   func(_ *state, t term, p *product) bool { return t.isBool(p.hasOutOfStock()) },
	"sku":                      anyVariant("sku"),
	"barcode":                  anyVariant("barcode"),
	"price":                    anyVariant("price"),
	"variant_id":               anyVariant("id"),
	"variant_title":            anyVariant("title"),
}

func anyVariant(field string) searchField[*product] {
	return func(s *state, t term, p *product) bool {
		return slices.ContainsFunc(p.variants, func(v *variant) bool { return variantSearch[field](s, t, v) })
	}
}

// mentions is the search in all fields of a product.
func (p *product) mentions(t term) bool {
	texts := append([]string{p.content.title, p.content.vendor, p.content.productType, p.handle}, p.content.tags...)
	for _, v := range p.variants {
		texts = append(texts, textOf(v.sku), textOf(v.barcode), v.title())
	}
	return slices.ContainsFunc(texts, t.inText)
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// variantSearch are the fields productVariants(query:) can search.
var variantSearch = map[string]searchField[*variant]{
	"": func(_ *state, t term, v *variant) bool {
		return t.inText(v.displayName()) || t.isKeyword(textOf(v.sku)) || t.isKeyword(textOf(v.barcode))
	},
	"id":             func(_ *state, t term, v *variant) bool { return t.isID(v.id) },
	"product_id":     func(_ *state, t term, v *variant) bool { return t.isID(v.product.id) },
	"product_ids":    func(_ *state, t term, v *variant) bool { return t.isID(v.product.id) },
	"sku":            func(_ *state, t term, v *variant) bool { return t.isKeyword(textOf(v.sku)) },
	"barcode":        func(_ *state, t term, v *variant) bool { return t.isKeyword(textOf(v.barcode)) },
	"title":          func(_ *state, t term, v *variant) bool { return t.inText(v.title()) },
	"vendor":         func(_ *state, t term, v *variant) bool { return t.isKeyword(v.product.content.vendor) },
	"product_type":   func(_ *state, t term, v *variant) bool { return t.isKeyword(v.product.content.productType) },
	"product_status": func(_ *state, t term, v *variant) bool { return t.isKeyword(v.product.content.status) },
	"tag": func(_ *state, t term, v *variant) bool {
		return slices.ContainsFunc(v.product.content.tags, t.isKeyword)
	},
	"taxable":    func(_ *state, t term, v *variant) bool { return t.isBool(v.taxable) },
	"price":      func(_ *state, t term, v *variant) bool { return t.isNumber(v.price.rat) },
	"updated_at": func(s *state, t term, v *variant) bool { return t.isTime(v.updatedAt, s.now()) },
	"inventory_quantity": func(_ *state, t term, v *variant) bool {
		return t.isNumber(new(big.Rat).SetInt64(int64(v.inventoryQuantity())))
	},
}

// itemSearch are the fields inventoryItems(query:) can search; an item is
// found through its variant.
var itemSearch = map[string]searchField[*variant]{
	"":           func(_ *state, t term, v *variant) bool { return t.isKeyword(textOf(v.sku)) },
	"id":         func(_ *state, t term, v *variant) bool { return t.isID(v.item.id) },
	"sku":        variantSearch["sku"],
	"created_at": func(s *state, t term, v *variant) bool { return t.isTime(v.createdAt, s.now()) },
	"updated_at": variantSearch["updated_at"],
}

// locationSearch are the fields locations(query:) can search.
var locationSearch = map[string]searchField[*location]{
	"":            func(_ *state, t term, l *location) bool { return t.inText(l.name) },
	"id":          func(_ *state, t term, l *location) bool { return t.isID(l.id) },
	"location_id": func(_ *state, t term, l *location) bool { return t.isID(l.id) },
	"name":        func(_ *state, t term, l *location) bool { return t.inText(l.name) },
	"active":      func(_ *state, t term, l *location) bool { return t.isBool(true) },
	"created_at":  func(s *state, t term, l *location) bool { return t.isTime(l.createdAt, s.now()) },
}

// definitionSearch are the fields metafieldDefinitions(query:) can search.
var definitionSearch = map[string]searchField[*definition]{
	"":           func(_ *state, t term, d *definition) bool { return t.inText(d.name) || t.isKeyword(d.key) },
	"id":         func(_ *state, t term, d *definition) bool { return t.isID(d.id) },
	"key":        func(_ *state, t term, d *definition) bool { return t.isKeyword(d.key) },
	"namespace":  func(_ *state, t term, d *definition) bool { return t.isKeyword(d.namespace) },
	"owner_type": func(_ *state, t term, d *definition) bool { return t.isKeyword(d.owner) },
	"type":       func(_ *state, t term, d *definition) bool { return t.isKeyword(d.typ) },
}

// search keeps what the query matches. Terms about fields that do not exist
// are ignored, which is Shopify's "fail open"; they come back as unknown.
func search[T any](s *state, all []T, text string, fields map[string]searchField[T]) (found []T, unknown []term) {
	if strings.TrimSpace(text) == "" {
		return all, nil
	}
	q := parseQuery(text)
	for _, t := range q.terms() {
		if fields[t.field] == nil {
			unknown = append(unknown, t)
		}
	}
	if q = q.without(func(t term) bool { return fields[t.field] == nil }); q == nil {
		return all, unknown
	}
	for _, x := range all {
		if q.matches(func(t term) bool { return fields[t.field](s, t, x) }) {
			found = append(found, x)
		}
	}
	return found, unknown
}
