package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// validation checks a document against the schema and reports what is wrong
// in the words of graphql-ruby, which Shopify runs.
type validation struct {
	schema *ast.Schema
	doc    *ast.QueryDocument
	errs   []*gqlError

	path  []any  // of the node that is looked at
	scope *scope // of the operation or fragment that is looked at
}

// scope is what one operation or fragment uses of others.
type scope struct {
	usages  []usage
	spreads []string
}

// usage is one place where a variable stands.
type usage struct {
	name     string
	pos      *ast.Position
	typ      *ast.Type // what the place wants
	argument string
	defaults bool // the place has a default value
	path     []any
}

// validateDocument gives all errors of a document, nil when there are none.
// The document's nodes then carry their definitions.
func validateDocument(schema *ast.Schema, doc *ast.QueryDocument) []*gqlError {
	v := &validation{schema: schema, doc: doc}
	v.fragmentNames()
	v.operationNames()
	if len(v.errs) > 0 {
		return v.errs // cycles among them: nothing below would end
	}
	scopes := map[string]*scope{}
	for _, f := range doc.Fragments {
		scopes[f.Name] = v.enter([]any{"fragment " + f.Name}, func() { v.fragment(f) })
	}
	for _, op := range doc.Operations {
		own := v.enter([]any{operationLabel(op)}, func() { v.operation(op) })
		v.path = []any{operationLabel(op)}
		v.variables(op, own, scopes)
	}
	v.unusedFragments()
	if len(v.errs) == 0 {
		v.remaining()
	}
	return v.errs
}

// operationLabel starts the path of an operation's errors.
func operationLabel(op *ast.OperationDefinition) string {
	return strings.TrimSpace(string(op.Operation) + " " + op.Name)
}

func (v *validation) enter(path []any, check func()) *scope {
	v.path, v.scope = path, &scope{}
	check()
	return v.scope
}

// under runs check with the path one step longer.
func (v *validation) under(step any, check func()) {
	v.path = append(v.path, step)
	check()
	v.path = v.path[:len(v.path)-1]
}

// fail reports an error at the current path. extensions are names and values
// in turn.
func (v *validation) fail(pos *ast.Position, code, message string, extensions ...any) {
	e := &gqlError{Message: message, Locations: at(pos), Path: slices.Clone(v.path), Extensions: map[string]any{"code": code}}
	for i := 0; i+1 < len(extensions); i += 2 {
		e.Extensions[extensions[i].(string)] = extensions[i+1]
	}
	v.errs = append(v.errs, e)
}

func (v *validation) operation(op *ast.OperationDefinition) {
	parent := v.schema.Query
	switch op.Operation {
	case ast.Mutation:
		parent = v.schema.Mutation
	case ast.Subscription:
		v.fail(op.Position, "missingSubscriptionConfiguration", "Schema is not configured for subscriptions")
		return
	}
	v.directives(op.Directives, map[ast.Operation]ast.DirectiveLocation{ast.Query: ast.LocationQuery, ast.Mutation: ast.LocationMutation}[op.Operation])
	for _, d := range op.VariableDefinitions {
		v.variableDefinition(op, d)
	}
	v.selections(op.SelectionSet, parent)
}

// variableDefinition checks a variable's type and default.
func (v *validation) variableDefinition(op *ast.OperationDefinition, d *ast.VariableDefinition) {
	if op.VariableDefinitions.ForName(d.Variable) != d {
		v.fail(d.Position, "variableNotUnique", fmt.Sprintf("There can only be one variable named %q", d.Variable), "variableName", d.Variable)
		return
	}
	def := v.schema.Types[d.Type.Name()]
	switch {
	case def == nil:
		v.fail(d.Position, "variableRequiresValidType", fmt.Sprintf("%s isn't a defined input type (on $%s)", d.Type.Name(), d.Variable), "typeName", d.Type.Name(), "variableName", d.Variable)
	case !def.IsInputType():
		v.fail(d.Position, "variableRequiresValidType", fmt.Sprintf("%s isn't a valid input type (on $%s)", d.Type.Name(), d.Variable), "typeName", d.Type.Name(), "variableName", d.Variable)
	case d.DefaultValue != nil:
		if ok, _ := v.literal(d.DefaultValue, d.Type); !ok {
			v.fail(d.Position, "defaultValueInvalidType", fmt.Sprintf("Default value for $%s doesn't match type %s", d.Variable, d.Type), "variableName", d.Variable, "typeName", d.Type.String())
		}
	}
}

func (v *validation) fragment(f *ast.FragmentDefinition) {
	if def := v.condition(f.TypeCondition, f.Position); def != nil {
		v.directives(f.Directives, ast.LocationFragmentDefinition)
		v.selections(f.SelectionSet, def)
	}
}

// condition finds the type a fragment is on.
func (v *validation) condition(name string, pos *ast.Position) *ast.Definition {
	def := v.schema.Types[name]
	switch {
	case def == nil:
		v.fail(pos, "undefinedType", fmt.Sprintf("No such type %s, so it can't be a fragment condition", name), "typeName", name)
	case !def.IsCompositeType():
		v.fail(pos, "fragmentOnNonCompositeType", fmt.Sprintf("Invalid fragment on type %s (must be Union, Interface or Object)", name), "typeName", name, "argumentName", "on")
	default:
		return def
	}
	return nil
}

func (v *validation) selections(set ast.SelectionSet, parent *ast.Definition) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			v.under(s.Alias, func() { v.field(s, parent) })
		case *ast.InlineFragment:
			v.inlineFragment(s, parent)
		case *ast.FragmentSpread:
			v.spread(s, parent)
		}
	}
	v.merge(set, parent)
}

func (v *validation) inlineFragment(f *ast.InlineFragment, parent *ast.Definition) {
	v.directives(f.Directives, ast.LocationInlineFragment)
	on := parent
	if f.TypeCondition != "" {
		if on = v.condition(f.TypeCondition, f.Position); on == nil {
			return
		}
		v.possible("Inline fragment", f.Position, on, parent)
	}
	v.selections(f.SelectionSet, on)
}

func (v *validation) spread(s *ast.FragmentSpread, parent *ast.Definition) {
	v.directives(s.Directives, ast.LocationFragmentSpread)
	v.scope.spreads = append(v.scope.spreads, s.Name)
	f := v.doc.Fragments.ForName(s.Name)
	if f == nil {
		v.fail(s.Position, "useAndDefineFragment", fmt.Sprintf("Fragment %s was used, but not defined", s.Name), "fragmentName", s.Name)
		return
	}
	if on := v.schema.Types[f.TypeCondition]; on != nil {
		v.possible("Fragment "+s.Name, s.Position, on, parent)
	}
}

// possible checks that a fragment's type and the one it stands in have an
// object type in common.
func (v *validation) possible(what string, pos *ast.Position, on, parent *ast.Definition) {
	if overlap(v.schema, on, parent) {
		return
	}
	v.fail(pos, "cannotSpreadFragment", fmt.Sprintf("%s on %s can't be spread inside %s", what, on.Name, parent.Name), "typeName", on.Name, "fragmentName", strings.TrimPrefix(what, "Fragment "), "parentName", parent.Name)
}

func overlap(schema *ast.Schema, a, b *ast.Definition) bool {
	if a == b {
		return true
	}
	return slices.ContainsFunc(schema.GetPossibleTypes(a), func(t *ast.Definition) bool {
		return slices.Contains(schema.GetPossibleTypes(b), t)
	})
}

// field checks one field and what is below it.
func (v *validation) field(f *ast.Field, parent *ast.Definition) {
	v.directives(f.Directives, ast.LocationField)
	def := fieldDefinition(v.schema, parent, f.Name)
	if def == nil {
		v.fail(f.Position, "undefinedField", fmt.Sprintf("Field '%s' doesn't exist on type '%s'", f.Name, parent.Name), "typeName", parent.Name, "fieldName", f.Name)
		return
	}
	v.arguments(argumentOwner{"Field", f.Name, f.Position}, f.Arguments, def.Arguments)
	typ := v.schema.Types[def.Type.Name()]
	switch composite := typ.IsCompositeType(); {
	case composite && len(f.SelectionSet) == 0:
		v.fail(f.Position, "selectionMismatch", fmt.Sprintf("Field must have selections (field '%s' returns %s but has no selections. Did you mean '%s { ... }'?)", f.Name, typ.Name, f.Name), "nodeName", "field '"+f.Name+"'", "typeName", typ.Name)
	case !composite && len(f.SelectionSet) > 0:
		kind := "scalars"
		if typ.Kind == ast.Enum {
			kind = "enums"
		}
		v.fail(f.Position, "selectionMismatch", fmt.Sprintf("Selections can't be made on %s (field '%s' returns %s but has selections %s)", kind, f.Name, typ.Name, selectionNames(f.SelectionSet)), "nodeName", "field '"+f.Name+"'", "typeName", typ.Name)
	case composite:
		v.selections(f.SelectionSet, typ)
	}
}

// fieldDefinition finds a field of a type, the ones every type has included.
func fieldDefinition(schema *ast.Schema, parent *ast.Definition, name string) *ast.FieldDefinition {
	if name == "__typename" {
		return &ast.FieldDefinition{Name: name, Type: ast.NonNullNamedType("String", nil)}
	}
	if parent.Kind == ast.Union || strings.HasPrefix(name, "__") && parent != schema.Query {
		return nil
	}
	return parent.Fields.ForName(name)
}

func selectionNames(set ast.SelectionSet) string {
	var names []string
	for _, s := range set {
		if f, ok := s.(*ast.Field); ok {
			names = append(names, compactJSON(f.Name))
		}
	}
	return "[" + strings.Join(names, ", ") + "]"
}

func (v *validation) directives(list ast.DirectiveList, where ast.DirectiveLocation) {
	for _, d := range list {
		def := v.schema.Directives[d.Name]
		switch {
		case def == nil:
			v.fail(d.Position, "undefinedDirective", fmt.Sprintf("Directive @%s is not defined", d.Name), "directiveName", d.Name)
		case !slices.Contains(def.Locations, where):
			v.fail(d.Position, "directiveCannotBeApplied", fmt.Sprintf("'@%s' can't be applied to %s (allowed: %s)", d.Name, placeName(where), placeNames(def.Locations)), "directiveName", d.Name)
		case list.ForName(d.Name) != d:
			v.fail(d.Position, "directiveNotUniqueForLocation", fmt.Sprintf("The directive %q can only be used once at this location.", d.Name), "directiveName", d.Name)
		default:
			v.arguments(argumentOwner{"Directive", d.Name, d.Position}, d.Arguments, def.Arguments)
		}
	}
}

func placeName(l ast.DirectiveLocation) string {
	switch l {
	case ast.LocationQuery:
		return "queries"
	case ast.LocationMutation:
		return "mutations"
	}
	return strings.ReplaceAll(strings.ToLower(string(l)), "_", " ") + "s"
}

func placeNames(ls []ast.DirectiveLocation) string {
	names := make([]string, len(ls))
	for i, l := range ls {
		names[i] = placeName(l)
	}
	return strings.Join(names, ", ")
}

// remaining applies the rules of the GraphQL specification once more through
// another implementation, for what the rules above let pass; its words are
// not Shopify's. It also fills in the definitions of the document's nodes.
func (v *validation) remaining() {
	for _, e := range validator.ValidateWithRules(v.schema, v.doc, strictRules) {
		out := &gqlError{Message: e.Message, Extensions: map[string]any{"code": "invalidDocument", "rule": e.Rule}}
		for _, l := range e.Locations {
			out.Locations = append(out.Locations, sourceAt{l.Line, l.Column})
		}
		v.errs = append(v.errs, out)
	}
}

var strictRules = rules.NewDefaultRules()
