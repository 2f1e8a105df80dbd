package sim

import "strings"

// mutationCost prices a mutation: its base, what its input adds, and what is
// selected below the objects of its payload, which are free themselves.
func (p *prepared) mutationCost(s *selected) float64 {
	payload := p.schema.Types[s.definition().Type.Name()]
	total := float64(mutationCost)
	if price := inputPrices[s.field.Name]; price != nil {
		total += price(p.arguments(s.field))
	}
	for _, f := range p.collect(s.set, payload) {
		if f.definition() == nil {
			continue
		}
		cost := p.fieldCost(f, false)
		if def := p.schema.Types[f.definition().Type.Name()]; def.IsCompositeType() && !isConnection(def) && !freeTypes[def.Name] {
			cost -= objectCost
		}
		total += cost
	}
	return total
}

// inputPrices gives what a mutation's arguments add to its cost.
var inputPrices = map[string]func(args input) float64{
	"productSet":                productSetPrice,
	"productCreate":             productPrice,
	"productUpdate":             productPrice,
	"productVariantsBulkCreate": variantsPrice,
	"productVariantsBulkUpdate": variantsPrice,
	"metafieldsSet":             ownersPrice,
	"fileCreate":                flat(10),
	"productCreateMedia":        flat(10),
}

func flat(n float64) func(input) float64 { return func(input) float64 { return n } }

// productSetPrice, https://shopify.dev/changelog/dynamic-complexity-cost-for-productset-mutation.
func productSetPrice(args input) float64 {
	in := args.object("input")
	cost := 0.4*float64(len(in.objects("metafields"))) + 1.9*float64(len(in.objects("files")))
	for _, v := range in.objects("variants") {
		cost += 0.2 + 0.4*float64(len(v.objects("metafields")))
		if v.given("file") {
			cost += 0.6
		}
	}
	return cost
}

// productPrice, https://shopify.dev/changelog/dynamic-complexity-cost-for-productcreate-and-productupdate-mutations.
func productPrice(args input) float64 {
	in := args.object("product")
	if in == nil {
		in = args.object("input")
	}
	return 0.4*float64(len(in.objects("metafields"))) + 1.9*float64(len(args.objects("media")))
}

// variantsPrice is fitted to recordings: Shopify's table was not seen.
func variantsPrice(args input) float64 {
	var cost float64
	for _, v := range args.objects("variants") {
		cost += 0.2 + 0.4*float64(len(v.objects("metafields")))
	}
	return cost
}

// ownerWeights, https://shopify.dev/changelog/dynamic-complexity-cost-for-metafieldsset-mutation.
var ownerWeights = map[string]float64{"Order": 10, "Product": 4, "ProductVariant": 2, "Collection": 1, "Customer": 1, "Shop": 1}

// ownersPrice counts each owner once.
func ownersPrice(args input) float64 {
	var cost float64
	seen := map[string]bool{}
	for _, m := range args.objects("metafields") {
		owner := m.text("ownerId")
		kind, _, _ := strings.Cut(strings.TrimPrefix(owner, "gid://shopify/"), "/")
		if !seen[owner] {
			seen[owner] = true
			cost += ownerWeights[kind]
		}
	}
	return cost
}
