package sim

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

func (*product) typeName() string  { return "Product" }
func (p *product) cursorID() int64 { return p.id }

// productFields are the fields of Product.
var productFields = merge(table{
	"id":                      get(func(p *product) any { return p.gid() }),
	"legacyResourceId":        get(func(p *product) any { return legacyID(p.id) }),
	"storefrontId":            get(func(p *product) any { return base64.StdEncoding.EncodeToString([]byte(p.gid())) }),
	"defaultCursor":           get(func(p *product) any { return (&connection{page: []object{p}}).cursor(0) }),
	"title":                   get(func(p *product) any { return p.content.title }),
	"handle":                  get(func(p *product) any { return p.handle }),
	"descriptionHtml":         get(func(p *product) any { return p.content.descriptionHTML }),
	"bodyHtml":                get(func(p *product) any { return p.content.descriptionHTML }),
	"description":             field(plainDescription),
	"descriptionPlainSummary": field(plainDescription),
	"vendor":                  get(func(p *product) any { return p.content.vendor }),
	"productType":             get(func(p *product) any { return p.content.productType }),
	"customProductType":       get(func(p *product) any { return emptyToNil(p.content.productType) }),
	"status":                  get(func(p *product) any { return p.content.status }),
	"tags":                    get(func(p *product) any { return p.content.tags }),
	"category":                get(func(p *product) any { return objectOf(findCategory(p.content.category)) }),
	"seo": get(func(p *product) any {
		return answer(map[string]any{"title": p.content.seoTitle, "description": p.content.seoDescription})
	}),
	"templateSuffix":         get(func(p *product) any { return p.content.templateSuffix }),
	"isGiftCard":             get(func(p *product) any { return p.content.giftCard }),
	"giftCardTemplateSuffix": get(func(p *product) any { return p.content.giftCardSuffix }),
	"requiresSellingPlan":    get(func(p *product) any { return p.content.needsSellingPlan }),
	"combinedListingRole":    get(func(p *product) any { return emptyToNil(p.content.combinedRole) }),
	"createdAt":              get(func(p *product) any { return p.createdAt }),
	"updatedAt":              get(func(p *product) any { return p.updatedAt }),

	"options": field(func(_ *request, p *product, args input) (any, error) { return firstOf(p.optionViews(), args), nil }),
	"variants": field(func(_ *request, p *product, args input) (any, error) {
		return connect(sortVariants(p.variants, args.text("sortKey")), args)
	}),
	"variantsCount":         get(func(p *product) any { return countOf(len(p.variants)) }),
	"totalVariants":         get(func(p *product) any { return len(p.variants) }),
	"hasOnlyDefaultVariant": get(func(p *product) any { return p.onlyDefault() }),
	"hasOutOfStockVariants": get(func(p *product) any { return p.hasOutOfStock() }),
	"hasVariantsThatRequiresComponents": get(func(p *product) any {
		return slices.ContainsFunc(p.variants, func(v *variant) bool { return v.needsParts })
	}),
	"totalInventory":  get(func(p *product) any { return p.totalInventory() }),
	"tracksInventory": get(func(p *product) any { return p.tracksInventory() }),

	"priceRangeV2":        field(func(r *request, p *product, _ input) (any, error) { return r.priceRange(p, money.amount), nil }),
	"priceRange":          field(func(r *request, p *product, _ input) (any, error) { return r.priceRange(p, money.hundredfold), nil }),
	"compareAtPriceRange": field(compareAtPriceRange),

	"media":      field(func(_ *request, p *product, args input) (any, error) { return connect(p.media, args) }),
	"mediaCount": get(func(p *product) any { return countOf(len(p.media)) }),
	"images":     field(func(r *request, p *product, args input) (any, error) { return connect(r.readyImages(p), args) }),
	"featuredImage": field(func(r *request, p *product, _ input) (any, error) {
		return firstObject(r.readyImages(p)), nil
	}),
	"featuredMedia": get(func(p *product) any { return firstObject(p.media) }),

	"onlineStoreUrl": field(func(r *request, p *product, _ input) (any, error) {
		if p.publishedOn(r.publications[0], r.now()) {
			return "https://" + r.info.domain + "/products/" + p.handle, nil
		}
		return nil, nil
	}),
	"onlineStorePreviewUrl": field(func(r *request, p *product, _ input) (any, error) {
		return "https://" + r.info.domain + "/products_preview?preview_key=" + legacyID(p.id).(string), nil
	}),

	"collections": none, "inCollection": constant(false), "events": none, "bundleComponents": none, "productComponents": none,
	"productParents": none, "sellingPlanGroups": none, "translations": constant([]object{}), "sellingPlanGroupsCount": zero,
	"sellingPlanGroupCount": constant(0), "productComponentsCount": zero, "bundleConsolidatedOptions": nothing, "combinedListing": nothing,
	"feedback": nothing, "giftCardSettings": nothing, "restrictedForResource": nothing, "productCategory": nothing,
	"standardizedProductType": nothing, "variantsInCollection": nothing, "variantsInCollectionCount": zero,
}, publishableFields, productPublishingFields, metafieldsOf(func(o object) (string, metafields) {
	p := o.(*product)
	return p.gid(), p.fields
}))

// merge joins tables; a field must not stand in two of them.
func merge(first table, more ...table) table {
	for _, t := range more {
		for name, f := range t {
			if _, twice := first[name]; twice {
				panic("sim: field " + name + " has two resolvers")
			}
			first[name] = f
		}
	}
	return first
}

func emptyToNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func firstObject[T object](all []T) any {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

var htmlTag = regexp.MustCompile(`<[^>]*>`)

// plainDescription is the description without its tags.
func plainDescription(_ *request, p *product, args input) (any, error) {
	text := strings.Join(strings.Fields(htmlTag.ReplaceAllString(p.content.descriptionHTML, " ")), " ")
	if n, ok := args.number("truncateAt"); ok && len([]rune(text)) > n {
		text = string([]rune(text)[:max(n-3, 0)]) + "..."
	}
	return text, nil
}

// priceRange is what the cheapest and the dearest variant cost.
func (s *state) priceRange(p *product, write func(money) string) any {
	low, high, ok := p.priceRange(func(v *variant) money { return v.price })
	if !ok {
		low, _ = parseMoney("0")
		high = low
	}
	amount := func(m money) object {
		return answer(map[string]any{"amount": write(m), "currencyCode": s.info.currency})
	}
	return answer(map[string]any{"minVariantPrice": amount(low), "maxVariantPrice": amount(high)})
}

func compareAtPriceRange(r *request, p *product, _ input) (any, error) {
	low, high, ok := p.priceRange(func(v *variant) money { return v.compareAtPrice })
	if !ok {
		return nil, nil
	}
	return answer(map[string]any{"minVariantCompareAtPrice": r.amountOf(low), "maxVariantCompareAtPrice": r.amountOf(high)}), nil
}

// optionView shows option number at of a product.
type optionView struct {
	*option
	product *product
	at      int
}

func (*optionView) typeName() string { return "ProductOption" }

func (p *product) optionViews() []*optionView {
	out := make([]*optionView, len(p.options))
	for i, o := range p.options {
		out[i] = &optionView{o, p, i}
	}
	return out
}

// optionFields are the fields of ProductOption.
var optionFields = table{
	"id":       get(func(o *optionView) any { return gid("ProductOption", o.id) }),
	"name":     get(func(o *optionView) any { return o.name }),
	"position": get(func(o *optionView) any { return o.at + 1 }),
	"values":   get(func(o *optionView) any { return o.product.usedValues(o.at) }),
	"optionValues": get(func(o *optionView) any {
		return listOf(o.values, func(v *optionValue) *optionValueView { return &optionValueView{v, o} })
	}),
	"linkedMetafield": nothing,
	"translations":    constant([]object{}),
}

// optionValueView shows one value of an option.
type optionValueView struct {
	*optionValue
	option *optionView
}

func (*optionValueView) typeName() string { return "ProductOptionValue" }

// optionValueFields are the fields of ProductOptionValue.
var optionValueFields = table{
	"id":                   get(func(v *optionValueView) any { return gid("ProductOptionValue", v.id) }),
	"name":                 get(func(v *optionValueView) any { return v.name }),
	"hasVariants":          get(func(v *optionValueView) any { return v.option.product.used(v.option.at, v.name) }),
	"linkedMetafieldValue": nothing,
	"swatch":               nothing,
	"translations":         constant([]object{}),
}

func (*category) typeName() string { return "TaxonomyCategory" }

// categoryFields are the fields of TaxonomyCategory.
var categoryFields = table{
	"id":          get(func(c *category) any { return c.gid() }),
	"name":        get(func(c *category) any { return c.name }),
	"fullName":    get(func(c *category) any { return c.fullName() }),
	"level":       get(func(c *category) any { return c.level() }),
	"isRoot":      get(func(c *category) any { return c.parent() == nil }),
	"isLeaf":      get(func(c *category) any { return c.leaf() }),
	"isArchived":  constant(false),
	"ancestorIds": get(func(c *category) any { return c.ancestors() }),
	"childrenIds": get(func(c *category) any { return c.children() }),
	"attributes":  none,
	"parentId": get(func(c *category) any {
		if p := c.parent(); p != nil {
			return p.gid()
		}
		return nil
	}),
}
