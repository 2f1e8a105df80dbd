package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fragmentNames checks that fragments are unique and end.
func (v *validation) fragmentNames() {
	for _, f := range v.doc.Fragments {
		v.path = []any{"fragment " + f.Name}
		if v.doc.Fragments.ForName(f.Name) != f {
			v.fail(f.Position, "fragmentNotUnique", fmt.Sprintf("Fragment name %q must be unique", f.Name), "fragmentName", f.Name)
		} else if v.reaches(f.SelectionSet, f.Name, map[string]bool{}) {
			v.fail(f.Position, "infiniteLoop", fmt.Sprintf("Fragment %s contains an infinite loop", f.Name), "fragmentName", f.Name)
		}
	}
}

// reaches tells whether a selection spreads the fragment called name.
func (v *validation) reaches(set ast.SelectionSet, name string, seen map[string]bool) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return v.reaches(s.SelectionSet, name, seen)
		case *ast.InlineFragment:
			return v.reaches(s.SelectionSet, name, seen)
		case *ast.FragmentSpread:
			if s.Name == name {
				return true
			}
			if f := v.doc.Fragments.ForName(s.Name); f != nil && !seen[s.Name] {
				seen[s.Name] = true
				return v.reaches(f.SelectionSet, name, seen)
			}
		}
		return false
	})
}

func (v *validation) operationNames() {
	for _, op := range v.doc.Operations {
		v.path = []any{operationLabel(op)}
		switch {
		case op.Name == "" && len(v.doc.Operations) > 1:
			v.fail(op.Position, "uniquelyNamedOperations", "Operation name is required when multiple operations are present", "operationName", nil)
		case v.doc.Operations.ForName(op.Name) != op:
			v.fail(op.Position, "uniquelyNamedOperations", fmt.Sprintf("Operation name %q must be unique", op.Name), "operationName", op.Name)
		}
	}
}

func (v *validation) unusedFragments() {
	used := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if f := v.doc.Fragments.ForName(s.Name); f != nil && !used[s.Name] {
					used[s.Name] = true
					walk(f.SelectionSet)
				}
			}
		}
	}
	for _, op := range v.doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range v.doc.Fragments {
		if !used[f.Name] {
			v.path = []any{"fragment " + f.Name}
			v.fail(f.Position, "useAndDefineFragment", fmt.Sprintf("Fragment %s was defined, but not used", f.Name), "fragmentName", f.Name)
		}
	}
}

// merged is a field with the type it was selected on.
type merged struct {
	field  *ast.Field
	parent *ast.Definition
}

// merge checks that fields with the same key in one selection set are the
// same field with the same arguments. Conflicts further down are found by the
// general rules.
func (v *validation) merge(set ast.SelectionSet, parent *ast.Definition) {
	byKey := map[string]merged{}
	v.flatten(set, parent, func(m merged) {
		first, again := byKey[m.field.Alias]
		if !again {
			byKey[m.field.Alias] = m
			return
		}
		apart := first.parent != m.parent && first.parent.Kind == ast.Object && m.parent.Kind == ast.Object
		switch {
		case apart:
		case first.field.Name != m.field.Name:
			v.conflict(m.field, "field", first.field.Name+" or "+m.field.Name)
		case argumentText(first.field) != argumentText(m.field):
			v.conflict(m.field, "argument", argumentText(first.field)+" or "+argumentText(m.field))
		}
	})
}

func (v *validation) conflict(f *ast.Field, kind, conflicts string) {
	e := &gqlError{
		Message:    fmt.Sprintf("Field '%s' has %s conflict: %s?", f.Alias, map[string]string{"field": "a field", "argument": "an argument"}[kind], conflicts),
		Locations:  at(f.Position),
		Path:       []any{},
		Extensions: map[string]any{"code": "fieldConflict", "fieldName": f.Alias, "conflicts": conflicts},
	}
	if !slices.ContainsFunc(v.errs, func(o *gqlError) bool { return o.Message == e.Message }) {
		v.errs = append(v.errs, e)
	}
}

func (v *validation) flatten(set ast.SelectionSet, parent *ast.Definition, visit func(merged)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			visit(merged{s, parent})
		case *ast.InlineFragment:
			on := parent
			if t := v.schema.Types[s.TypeCondition]; t != nil {
				on = t
			}
			v.flatten(s.SelectionSet, on, visit)
		case *ast.FragmentSpread:
			if f := v.doc.Fragments.ForName(s.Name); f != nil && v.schema.Types[f.TypeCondition] != nil {
				v.flatten(f.SelectionSet, v.schema.Types[f.TypeCondition], visit)
			}
		}
	}
}

// argumentText writes arguments as graphql-ruby does in conflicts.
func argumentText(f *ast.Field) string {
	parts := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		parts[i] = a.Name + ":" + compactJSON(literalText(a.Value))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}
