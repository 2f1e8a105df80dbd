package sim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// searchIn applies the argument query to all. What the search ignores becomes
// a warning of the answer; a time that is none is an error.
func searchIn[T any](r *request, all []T, args input, fields map[string]searchField[T]) ([]T, error) {
	text := args.text("query")
	for _, t := range parseQuery(text).terms() {
		if strings.HasSuffix(t.field, "_at") && fields[t.field] != nil && !t.hasTime() {
			return nil, &topError{message: "Invalid timestamp for query filter `" + t.field + "`.", code: "BAD_REQUEST"}
		}
	}
	found, unknown := search(r.state, all, text, fields)
	if len(unknown) > 0 {
		w := searchWarning{Query: text}
		for _, t := range unknown {
			w.Warnings = append(w.Warnings, searchProblem{Field: t.field, Message: "Invalid search field for this query.", Code: "invalid_field"})
		}
		r.warnings = append(r.warnings, w)
	}
	return found, nil
}

// sortProducts orders products by a ProductSortKeys value; ties and unknown
// keys go by id.
func (s *state) sortProducts(all []*product, key string) []*product {
	var compare func(a, b *product) int
	switch key {
	case "TITLE":
		compare = func(a, b *product) int {
			return cmp.Compare(strings.ToLower(a.content.title), strings.ToLower(b.content.title))
		}
	case "VENDOR":
		compare = func(a, b *product) int { return cmp.Compare(a.content.vendor, b.content.vendor) }
	case "PRODUCT_TYPE":
		compare = func(a, b *product) int { return cmp.Compare(a.content.productType, b.content.productType) }
	case "CREATED_AT":
		compare = func(a, b *product) int { return a.createdAt.Compare(b.createdAt) }
	case "UPDATED_AT":
		compare = func(a, b *product) int { return a.updatedAt.Compare(b.updatedAt) }
	case "INVENTORY_TOTAL":
		compare = func(a, b *product) int { return cmp.Compare(a.totalInventory(), b.totalInventory()) }
	case "PUBLISHED_AT":
		compare = func(a, b *product) int {
			x, y := s.publishedAt(a), s.publishedAt(b)
			if x == nil || y == nil {
				return cmp.Compare(boolInt(x != nil), boolInt(y != nil))
			}
			return x.Compare(*y)
		}
	default:
		return all
	}
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *product) int { return cmp.Or(compare(a, b), cmp.Compare(a.id, b.id)) })
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// allVariants lists the shop's variants by id.
func (s *state) allVariants() []*variant {
	out := make([]*variant, 0, len(s.variants))
	for _, v := range s.variants {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b *variant) int { return cmp.Compare(a.id, b.id) })
	return out
}

// queryFields are the roots of queries.
var queryFields = table{
	"shop": root(func(r *request, _ input) (any, error) { return shop{r.state}, nil }),

	"product":             byID("Product", func(r *request, id string) *product { return r.product(id) }),
	"productByIdentifier": root(productByIdentifier),
	"products": root(func(r *request, args input) (any, error) {
		found, err := searchIn(r, r.products, args, productSearch)
		if err != nil {
			return nil, err
		}
		return connect(r.sortProducts(found, args.text("sortKey")), args)
	}),
	"productsCount": root(func(r *request, args input) (any, error) {
		found, err := searchIn(r, r.products, args, productSearch)
		return limitedCount(len(found), args), err
	}),
	"productOperation": root(func(r *request, args input) (any, error) {
		_, id, _ := splitGID(args.text("id"))
		if o := r.operations[id]; o != nil && o.gid() == args.text("id") {
			return o, nil
		}
		return nil, nil
	}),
	"productTags":    distinct(func(p *product) []string { return p.content.tags }),
	"productTypes":   distinct(func(p *product) []string { return []string{p.content.productType} }),
	"productVendors": distinct(func(p *product) []string { return []string{p.content.vendor} }),

	"productVariant":             byID("ProductVariant", func(r *request, id string) *variant { return r.variants[idOf("ProductVariant", id)] }),
	"productVariantByIdentifier": root(variantByIdentifier),
	"productVariants": root(func(r *request, args input) (any, error) {
		found, err := searchIn(r, r.allVariants(), args, variantSearch)
		if err != nil {
			return nil, err
		}
		return connect(sortVariants(found, cmp.Or(args.text("sortKey"), "ID")), args)
	}),
	// The count ignores its query, as Shopify's does.
	"productVariantsCount": root(func(r *request, args input) (any, error) { return limitedCount(len(r.variants), args), nil }),

	"inventoryItem": root(func(r *request, args input) (any, error) {
		id := args.text("id")
		if err := wrongKind(id, "InventoryItem"); err != nil {
			return nil, err
		}
		if v := r.byItem[idOf("InventoryItem", id)]; v != nil {
			return stockItem{v}, nil
		}
		return nil, nil
	}),
	"inventoryItems": root(func(r *request, args input) (any, error) {
		found, err := searchIn(r, r.allVariants(), args, itemSearch)
		if err != nil {
			return nil, err
		}
		return connect(listOf(found, func(v *variant) stockItem { return stockItem{v} }), args)
	}),
	"inventoryLevel": byID("InventoryLevel", func(r *request, id string) *levelView { return r.levelByID(id) }),

	"location": root(func(r *request, args input) (any, error) {
		if !args.given("id") {
			return r.locations[0], nil
		}
		return objectOf(r.location(args.text("id"))), wrongKind(args.text("id"), "Location")
	}),
	"locations":      root(locationsPage),
	"locationsCount": root(func(r *request, args input) (any, error) { return limitedCount(len(r.locations), args), nil }),

	"publication":       byID("Publication", func(r *request, id string) *publication { return r.publication(id) }),
	"publications":      root(func(r *request, args input) (any, error) { return connect(r.publications, args) }),
	"publicationsCount": root(func(r *request, args input) (any, error) { return limitedCount(len(r.publications), args), nil }),

	"metafieldDefinition": root(definitionByIdentifier),
	"metafieldDefinitions": root(func(r *request, args input) (any, error) {
		return r.definitionsPage(args.text("ownerType"), args, r)
	}),

	"node": root(func(r *request, args input) (any, error) { return r.node(args.text("id")), nil }),
	"nodes": root(func(r *request, args input) (any, error) {
		ids := args.texts("ids")
		out := make([]any, len(ids))
		for i, id := range ids {
			out[i] = r.node(id)
		}
		return out, nil
	}),

	"collection": nothing, "collections": none, "collectionsCount": zero,
}

// distinct is a StringConnection of a product attribute's values.
func distinct(pick func(*product) []string) resolver {
	return root(func(r *request, args input) (any, error) {
		seen := map[string]bool{"": true}
		var values []string
		for _, p := range r.products {
			for _, v := range pick(p) {
				if !seen[v] {
					seen[v] = true
					values = append(values, v)
				}
			}
		}
		slices.Sort(values)
		values = firstOf(values, args)
		return answer(map[string]any{
			"nodes":    values,
			"edges":    listOf(values, func(v string) *record { return answer(map[string]any{"node": v, "cursor": v}) }),
			"pageInfo": answer(map[string]any{"hasNextPage": false, "hasPreviousPage": false, "startCursor": nil, "endCursor": nil}),
		}), nil
	})
}

// productByIdentifier finds a product by id, handle or custom id.
func productByIdentifier(r *request, args input) (any, error) {
	in := args.object("identifier")
	switch {
	case in.given("id"):
		return objectOf(r.product(in.text("id"))), nil
	case in.given("handle"):
		return objectOf(r.byHandle[slug(in.text("handle"))]), nil
	}
	id, err := r.customOwner("PRODUCT", in.object("customId"))
	return objectOf(r.productByID(id)), err
}

func variantByIdentifier(r *request, args input) (any, error) {
	in := args.object("identifier")
	if in.given("id") {
		return objectOf(r.variants[idOf("ProductVariant", in.text("id"))]), nil
	}
	id, err := r.customOwner("PRODUCTVARIANT", in.object("customId"))
	return objectOf(r.variants[id]), err
}

func (s *state) customOwner(owner string, custom input) (int64, error) {
	id, defined := s.byCustomID(owner, resolveNamespace(custom.text("namespace")), custom.text("key"), custom.text("value"))
	if !defined {
		return 0, &topError{message: noCustomID, code: "NOT_FOUND"}
	}
	return id, nil
}

func locationsPage(r *request, args input) (any, error) {
	found, err := searchIn(r, r.locations, args, locationSearch)
	if err != nil {
		return nil, err
	}
	if key := args.text("sortKey"); key != "ID" && key != "RELEVANCE" {
		found = slices.Clone(found)
		slices.SortStableFunc(found, func(a, b *location) int { return cmp.Compare(strings.ToLower(a.name), strings.ToLower(b.name)) })
	}
	return connect(found, args)
}

// levelByID finds a level; its id names the item it is of.
func (s *state) levelByID(id string) *levelView {
	_, query, _ := strings.Cut(id, "?inventory_item_id=")
	item, _ := strconv.ParseInt(query, 10, 64)
	v := s.byItem[item]
	if v == nil {
		return nil
	}
	for _, l := range (stockItem{v}).levels() {
		if l.id == idOf("InventoryLevel", id) {
			return l
		}
	}
	return nil
}

func definitionByIdentifier(r *request, args input) (any, error) {
	if in := args.object("identifier"); in != nil {
		return objectOf(r.definition(in.text("ownerType"), resolveNamespace(in.text("namespace")), in.text("key"))), nil
	}
	return r.node(args.text("id")), wrongKind(args.text("id"), "MetafieldDefinition")
}

// definitionsPage lists definitions of an owner type. Filters on the search
// warn through r, which may be nil.
func (s *state) definitionsPage(owner string, args input, r *request) (any, error) {
	var found []*definition
	for _, d := range s.definitions {
		pinned := d.pinned > 0
		switch {
		case d.owner != owner,
			args.given("namespace") && d.namespace != resolveNamespace(args.text("namespace")),
			args.given("key") && d.key != args.text("key"),
			args.text("pinnedStatus") == "PINNED" && !pinned,
			args.text("pinnedStatus") == "UNPINNED" && pinned:
		default:
			found = append(found, d)
		}
	}
	if r == nil {
		found, _ = search(s, found, args.text("query"), definitionSearch)
	} else if kept, err := searchIn(r, found, args, definitionSearch); err != nil {
		return nil, err
	} else {
		found = kept
	}
	switch args.text("sortKey") {
	case "NAME":
		found = slices.Clone(found)
		slices.SortStableFunc(found, func(a, b *definition) int { return cmp.Compare(a.name, b.name) })
	case "PINNED_POSITION":
		found = slices.Clone(found)
		slices.SortStableFunc(found, func(a, b *definition) int { return cmp.Compare(b.pinned, a.pinned) })
	}
	return connect(found, args)
}
