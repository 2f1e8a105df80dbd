package sim

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
)

// actualCost is what an answer costs after the fact: the requested cost less
// what was not there. A page counts by the items it holds, an absent object
// costs nothing. Shopify's own rule for short pages is not known; theirs is
// never above the requested cost, nor is this.
func (p *prepared) actualCost(data *ordered, requested int) int {
	if data == nil {
		return min(requested, p.baseCost())
	}
	var total float64
	for _, s := range p.collect(p.op.SelectionSet, data.typ) {
		if s.definition() == nil {
			continue
		}
		value, _ := data.get(s.key)
		if p.op.Operation == ast.Mutation {
			total += p.actualMutation(s, value)
		} else {
			total += p.actualField(s, value, true)
		}
	}
	return min(requested, max(1, int(math.Round(total))))
}

// baseCost is what is paid whatever the answer: the mutations' base.
func (p *prepared) baseCost() int {
	if p.op.Operation == ast.Mutation {
		return mutationCost
	}
	return 1
}

func (p *prepared) actualMutation(s *selected, value any) float64 {
	total := float64(mutationCost)
	if price := inputPrices[s.field.Name]; price != nil {
		total += price(p.arguments(s.field))
	}
	payload, is := value.(*ordered)
	if !is || payload == nil {
		return total
	}
	for _, f := range p.collect(s.set, payload.typ) {
		if f.definition() == nil {
			continue
		}
		below, _ := payload.get(f.key)
		if def := p.schema.Types[f.definition().Type.Name()]; def.IsCompositeType() && !isConnection(def) {
			total += p.actualBelow(f, below)
		} else {
			total += p.actualField(f, below, false)
		}
	}
	return total
}

// actualField prices one field by its value.
func (p *prepared) actualField(s *selected, value any, root bool) float64 {
	def := p.schema.Types[s.definition().Type.Name()]
	if value == nil {
		return 0
	}
	if isConnection(def) {
		return p.actualConnection(s, value)
	}
	return p.ownCost(s, def, root) + p.actualBelow(s, value)
}

// actualBelow prices what is below an object, or the dearest of a list.
func (p *prepared) actualBelow(s *selected, value any) float64 {
	switch v := value.(type) {
	case []any:
		var most float64
		for _, item := range v {
			most = max(most, p.actualBelow(s, item))
		}
		return most
	case *ordered:
		var sum float64
		if v == nil {
			return 0
		}
		for _, f := range p.collect(s.set, v.typ) {
			if f.definition() != nil {
				below, _ := v.get(f.key)
				sum += p.actualField(f, below, false)
			}
		}
		return sum
	}
	return 0
}

// actualConnection prices a page by the items it holds.
func (p *prepared) actualConnection(s *selected, value any) float64 {
	page, is := value.(*ordered)
	if !is || page == nil {
		return 0
	}
	total := float64(connectionCost)
	for _, f := range p.collect(s.set, page.typ) {
		if f.definition() == nil {
			continue
		}
		items, _ := page.get(f.key)
		switch f.field.Name {
		case "nodes", "edges":
			list, _ := items.([]any)
			total += pageWeight(len(list)) * p.average(f, list)
		default:
			total += p.actualField(f, items, false)
		}
	}
	return total
}

// average is the mean price of a page's nodes or edges.
func (p *prepared) average(s *selected, list []any) float64 {
	var sum float64
	for _, item := range list {
		sum += p.actualBelow(s, item)
		if s.field.Name == "nodes" {
			sum += objectCost
		}
	}
	if len(list) == 0 {
		return 0
	}
	return sum / float64(len(list))
}
