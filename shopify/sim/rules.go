package sim

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Rules that Shopify enforces and its schema does not say.

const (
	// maxInputArray is how many elements an input array may hold,
	// https://shopify.dev/docs/api/usage/limits#input-array-limits.
	maxInputArray = 250
	// maxVariantArray is the cap of lists of a product's variants,
	// https://shopify.dev/docs/api/admin-graphql/latest/input-objects/ProductSetInput.
	maxVariantArray = 2048
	// maxPage is how many items a connection gives at once,
	// https://shopify.dev/docs/api/usage/pagination-graphql.
	maxPage = 250
)

// longArrays are the input arrays with a cap of their own, by type and field;
// arguments stand under their mutation.
var longArrays = map[string]int{
	"ProductSetInput.variants":           maxVariantArray,
	"OptionSetInput.values":              maxVariantArray,
	"productVariantsBulkCreate.variants": maxVariantArray,
	"productVariantsBulkUpdate.variants": maxVariantArray,
}

// oversized reports input arrays above their cap. Such a request is answered
// with errors only.
func (p *prepared) oversized() []*gqlError {
	var errs []*gqlError
	for _, s := range p.roots() {
		p.walkArguments(s, func(name string, path []any, value any) {
			list, _ := value.([]any)
			limit := maxInputArray
			if own, ok := longArrays[name]; ok {
				limit = own
			}
			if len(list) > limit {
				errs = append(errs, &gqlError{
					Message:    fmt.Sprintf("The input array size of %d is greater than the maximum allowed of %d.", len(list), limit),
					Locations:  at(s.field.Position),
					Path:       slices.Clone(path),
					Extensions: map[string]any{"code": "MAX_INPUT_SIZE_EXCEEDED"},
				})
			}
		})
	}
	return errs
}

// roots are the selected root fields.
func (p *prepared) roots() []*selected {
	root := p.schema.Query
	if p.op.Operation == ast.Mutation {
		root = p.schema.Mutation
	}
	return slices.DeleteFunc(p.collect(p.op.SelectionSet, root), func(s *selected) bool { return s.definition() == nil })
}

// walkArguments visits every value of a field's arguments under the name
// "type.field" (an argument's type is its field) and with its path.
func (p *prepared) walkArguments(s *selected, visit func(name string, path []any, value any)) {
	args := p.arguments(s.field)
	for _, def := range s.definition().Arguments {
		if value, given := args[def.Name]; given {
			path := []any{s.key, def.Name}
			visit(s.field.Name+"."+def.Name, path, value)
			p.walkInput(def.Type, value, path, visit)
		}
	}
}

// walkInput visits the fields of all input objects in a value.
func (p *prepared) walkInput(typ *ast.Type, value any, path []any, visit func(name string, path []any, value any)) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			if typ.Elem != nil {
				p.walkInput(typ.Elem, item, append(path[:len(path):len(path)], i), visit)
			}
		}
	case map[string]any:
		def := p.schema.Types[typ.Name()]
		if def.Kind != ast.InputObject {
			return
		}
		for _, f := range def.Fields {
			if below, given := v[f.Name]; given {
				to := append(path[:len(path):len(path)], f.Name)
				visit(def.Name+"."+f.Name, to, below)
				p.walkInput(f.Type, below, to, visit)
			}
		}
	}
}

// unpaged reports connections whose page is not given as Shopify wants it.
// The answer then has no data, and nothing was changed.
func (p *prepared) unpaged() []*gqlError {
	root := p.schema.Query
	if p.op.Operation == ast.Mutation {
		root = p.schema.Mutation
	}
	var errs []*gqlError
	p.unpagedIn(p.op.SelectionSet, root, nil, &errs)
	return errs
}

func (p *prepared) unpagedIn(set ast.SelectionSet, def *ast.Definition, path []any, errs *[]*gqlError) {
	for _, t := range p.branches(set, def) {
		for _, s := range p.collect(set, t) {
			if s.definition() == nil {
				continue
			}
			below := append(path[:len(path):len(path)], s.key)
			typ := p.schema.Types[s.definition().Type.Name()]
			if isConnection(typ) {
				if text := pageProblem(s.definition(), p.arguments(s.field)); text != "" {
					e := &gqlError{Message: text, Locations: at(s.field.Position), Path: below, Extensions: map[string]any{"code": "BAD_REQUEST"}}
					if !slices.ContainsFunc(*errs, func(o *gqlError) bool { return slices.Equal(o.Path, below) }) {
						*errs = append(*errs, e)
					}
				}
			}
			if typ.IsCompositeType() {
				p.unpagedIn(s.set, typ, below, errs)
			}
		}
	}
}

// pageProblem says what is wrong with a connection's arguments.
func pageProblem(def *ast.FieldDefinition, args input) string {
	if def.Arguments.ForName("first") == nil {
		return ""
	}
	first, hasFirst := args.number("first")
	last, hasLast := args.number("last")
	switch {
	case hasFirst && hasLast:
		return "providing both first and last is not supported"
	case !hasFirst && !hasLast:
		return "you must provide one of first or last"
	}
	for name, n := range map[string]int{"first": first, "last": last} {
		switch {
		case n > maxPage:
			return fmt.Sprintf("%s cannot exceed %d. To query larger amounts of data with fewer limits, bulk operations should be used instead.", name, maxPage)
		case n < 0:
			return name + " must be greater than or equal to 0"
		}
	}
	return ""
}
