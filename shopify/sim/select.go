package sim

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// operation to be run: a validated document's chosen operation with its
// variables.
type prepared struct {
	schema    *ast.Schema
	doc       *ast.QueryDocument
	op        *ast.OperationDefinition
	variables map[string]any
}

// selected is what is asked of one response key: the field, and the selections
// of all its occurrences.
type selected struct {
	key   string
	field *ast.Field
	set   ast.SelectionSet
}

// definition is nil for __typename and introspection.
func (s *selected) definition() *ast.FieldDefinition { return s.field.Definition }

// collect lists what a selection set asks of an object of the given type, in
// the order of the document. Fields under @skip and @include are left out as
// the variables say.
func (p *prepared) collect(set ast.SelectionSet, typ *ast.Definition) []*selected {
	var out []*selected
	byKey := map[string]*selected{}
	p.each(set, typ, func(f *ast.Field) {
		if s := byKey[f.Alias]; s != nil {
			s.set = append(s.set[:len(s.set):len(s.set)], f.SelectionSet...)
			return
		}
		s := &selected{f.Alias, f, f.SelectionSet}
		byKey[f.Alias] = s
		out = append(out, s)
	})
	return out
}

func (p *prepared) each(set ast.SelectionSet, typ *ast.Definition, visit func(*ast.Field)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if p.included(s.Directives) {
				visit(s)
			}
		case *ast.InlineFragment:
			if p.included(s.Directives) && p.applies(s.TypeCondition, typ) {
				p.each(s.SelectionSet, typ, visit)
			}
		case *ast.FragmentSpread:
			f := p.doc.Fragments.ForName(s.Name)
			if p.included(s.Directives) && p.applies(f.TypeCondition, typ) {
				p.each(f.SelectionSet, typ, visit)
			}
		}
	}
}

// applies tells whether a fragment on the named type applies to an object
// type.
func (p *prepared) applies(condition string, typ *ast.Definition) bool {
	if condition == "" || condition == typ.Name {
		return true
	}
	on := p.schema.Types[condition]
	return on.Kind != ast.Object && slices.Contains(p.schema.GetPossibleTypes(on), typ)
}

func (p *prepared) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		condition, _ := literalValue(p.schema, d.Arguments.ForName("if").Value, nil, p.variables).(bool)
		if condition == (d.Name == "skip") {
			return false
		}
	}
	return true
}

// conditions lists the types that fragments in the set are on.
func (p *prepared) conditions(set ast.SelectionSet, seen []string) []string {
	add := func(name string, below ast.SelectionSet) {
		if name != "" && !slices.Contains(seen, name) {
			seen = append(seen, name)
		}
		seen = p.conditions(below, seen)
	}
	for _, s := range set {
		switch s := s.(type) {
		case *ast.InlineFragment:
			add(s.TypeCondition, s.SelectionSet)
		case *ast.FragmentSpread:
			f := p.doc.Fragments.ForName(s.Name)
			add(f.TypeCondition, f.SelectionSet)
		}
	}
	return seen
}

// branches lists, for a selection on an abstract type, one object type for
// each way its fragments can apply.
func (p *prepared) branches(set ast.SelectionSet, def *ast.Definition) []*ast.Definition {
	if def.Kind == ast.Object {
		return []*ast.Definition{def}
	}
	conditions := p.conditions(set, nil)
	possible := p.schema.GetPossibleTypes(def)
	if len(conditions) == 0 && len(possible) > 0 {
		return possible[:1]
	}
	var out []*ast.Definition
	seen := map[string]bool{}
	for _, t := range possible {
		way := make([]byte, len(conditions))
		for i, c := range conditions {
			if p.applies(c, t) {
				way[i] = 1
			}
		}
		if !seen[string(way)] {
			seen[string(way)] = true
			out = append(out, t)
		}
	}
	return out
}

// arguments gives the coerced arguments of a field.
func (p *prepared) arguments(f *ast.Field) input {
	if f.Definition == nil {
		return nil
	}
	return arguments(p.schema, f.Definition.Arguments, f.Arguments, p.variables)
}
