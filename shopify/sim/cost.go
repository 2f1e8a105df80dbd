package sim

import (
	"math"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxQueryCost is the most one request may cost, whatever the plan,
// https://shopify.dev/docs/api/usage/limits#single-query-limit.
const maxQueryCost = 1000

// Costs of fields. Shopify documents that scalars cost nothing and objects 1
// (https://shopify.dev/docs/api/usage/limits#cost-calculation); the rest is
// fitted to recorded answers, see deviations.yml.
const (
	objectCost     = 1
	connectionCost = 2
	mutationCost   = 10
	rootCountCost  = 10
)

// freeTypes are objects and unions that cost nothing themselves.
var freeTypes = map[string]bool{
	"ApiVersion":                  true,
	"CollectionRule":              true,
	"CollectionRuleSet":           true,
	"CurrencyFormats":             true,
	"InventoryItemMeasurement":    true,
	"LocationAddress":             true,
	"MoneyBag":                    true,
	"MoneyV2":                     true,
	"PageInfo":                    true,
	"ShopAddress":                 true,
	"WebhookSubscriptionEndpoint": true,
	"Weight":                      true,
}

// freeFields are fields that cost nothing though their type does elsewhere.
var freeFields = map[string]bool{"Customer.defaultAddress": true}

// paidScalars are the scalars that cost as an object does. Recordings show
// that one of several does: this is the likely one.
var paidScalars = map[string]bool{"Location.hasActiveInventory": true}

// requestedCost is what a request costs before it runs: it depends on the
// document and its variables alone.
func (p *prepared) requestedCost() int {
	var total float64
	if p.op.Operation == ast.Mutation {
		for _, s := range p.collect(p.op.SelectionSet, p.schema.Mutation) {
			if s.definition() != nil {
				total += p.mutationCost(s)
			}
		}
	} else {
		total = p.selectionCost(p.op.SelectionSet, p.schema.Query, true)
	}
	return max(1, int(math.Round(total)))
}

// selectionCost prices what a set selects of a type: of an abstract one, the
// dearest branch.
func (p *prepared) selectionCost(set ast.SelectionSet, def *ast.Definition, root bool) float64 {
	var most float64
	for _, t := range p.branches(set, def) {
		var sum float64
		for _, s := range p.collect(set, t) {
			if s.definition() != nil {
				sum += p.fieldCost(s, root)
			}
		}
		most = max(most, sum)
	}
	return most
}

// fieldCost prices one field with all below it.
func (p *prepared) fieldCost(s *selected, root bool) float64 {
	def := p.schema.Types[s.definition().Type.Name()]
	if isConnection(def) {
		return p.connectionCost(s, def)
	}
	cost := p.ownCost(s, def, root)
	if def.IsCompositeType() && (def.Name != "Count" || !root) {
		cost += p.selectionCost(s.set, def, false)
	}
	return cost
}

// ownCost is the price of a field that is no connection, without what is
// below it.
func (p *prepared) ownCost(s *selected, def *ast.Definition, root bool) float64 {
	name := s.field.ObjectDefinition.Name + "." + s.field.Name
	switch {
	case paidScalars[name]:
		return objectCost
	case !def.IsCompositeType(), freeTypes[def.Name], freeFields[name]:
		return 0
	case def.Name == "Count" && root:
		return rootCountCost
	}
	return objectCost
}

// isConnection tells whether the type pages through a list.
func isConnection(def *ast.Definition) bool {
	return strings.HasSuffix(def.Name, "Connection") && def.Fields.ForName("pageInfo") != nil
}

// connectionCost prices a page: 2, and for each of m(n) items the node with
// what is below it, where n is the page's size.
func (p *prepared) connectionCost(s *selected, def *ast.Definition) float64 {
	args := p.arguments(s.field)
	n, ok := args.number("first")
	if !ok {
		n, _ = args.number("last")
	}
	var perNode, rest float64
	for _, below := range p.collect(s.set, def) {
		switch below.field.Name {
		case "nodes":
			perNode += p.nodeCost(below)
		case "edges":
			edge := p.schema.Types[below.definition().Type.Name()]
			for _, e := range p.collect(below.set, edge) {
				if e.field.Name == "node" {
					perNode += p.nodeCost(e)
				}
			}
		default:
			if below.definition() != nil {
				rest += p.fieldCost(below, false)
			}
		}
	}
	return connectionCost + rest + pageWeight(n)*perNode
}

func (p *prepared) nodeCost(s *selected) float64 {
	return objectCost + p.selectionCost(s.set, p.schema.Types[s.definition().Type.Name()], false)
}

// pageWeight is how many items of a page of n are paid for.
func pageWeight(n int) float64 {
	if n <= 0 {
		return 0
	}
	return math.Max(1, math.Floor(2*math.Log(float64(n))))
}
