package sim

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"
)

// arguments gives the coerced arguments of a field, defaults filled in.
// Everything was validated before.
func arguments(schema *ast.Schema, defs ast.ArgumentDefinitionList, given ast.ArgumentList, variables map[string]any) input {
	in := input{}
	for _, def := range defs {
		a := given.ForName(def.Name)
		if a != nil && !unset(a.Value, variables) {
			in[def.Name] = literalValue(schema, a.Value, def.Type, variables)
		} else if def.DefaultValue != nil {
			in[def.Name] = literalValue(schema, def.DefaultValue, def.Type, nil)
		}
	}
	return in
}

// unset tells whether a value is a variable that was not given.
func unset(v *ast.Value, variables map[string]any) bool {
	if v.Kind != ast.Variable {
		return false
	}
	_, given := variables[v.Raw]
	return !given
}

// literalValue reads a valid literal as a value of its type.
func literalValue(schema *ast.Schema, v *ast.Value, typ *ast.Type, variables map[string]any) any {
	switch {
	case v.Kind == ast.Variable:
		return variables[v.Raw]
	case v.Kind == ast.NullValue:
		return nil
	case typ != nil && typ.Elem != nil && v.Kind != ast.ListValue:
		return []any{literalValue(schema, v, typ.Elem, variables)}
	case v.Kind == ast.ListValue:
		var elem *ast.Type
		if typ != nil {
			elem = typ.Elem
		}
		list := make([]any, len(v.Children))
		for i, c := range v.Children {
			list[i] = literalValue(schema, c.Value, elem, variables)
		}
		return list
	}
	var def *ast.Definition
	if typ != nil {
		def = schema.Types[typ.Name()]
	}
	if v.Kind == ast.ObjectValue {
		return literalObject(schema, v, def, variables)
	}
	if def == nil || def.Kind == ast.Enum {
		return literalScalarValue(v)
	}
	return scalarInput(def.Name, literalScalarValue(v))
}

// literalObject reads an input object; one inside a JSON scalar has no
// definition.
func literalObject(schema *ast.Schema, v *ast.Value, def *ast.Definition, variables map[string]any) map[string]any {
	out := map[string]any{}
	for _, c := range v.Children {
		if unset(c.Value, variables) {
			continue
		}
		var typ *ast.Type
		if def != nil && def.Kind == ast.InputObject {
			typ = def.Fields.ForName(c.Name).Type
		}
		out[c.Name] = literalValue(schema, c.Value, typ, variables)
	}
	if def == nil || def.Kind != ast.InputObject {
		return out
	}
	for _, field := range def.Fields {
		if _, given := out[field.Name]; !given && field.DefaultValue != nil {
			out[field.Name] = literalValue(schema, field.DefaultValue, field.Type, nil)
		}
	}
	return out
}

// scalarInput gives a checked scalar as resolvers take it.
func scalarInput(name string, v any) any {
	n, isNumber := v.(json.Number)
	switch {
	case isNumber && name == "Int":
		i, _ := n.Int64()
		return int(i)
	case isNumber && name == "Float":
		f, _ := n.Float64()
		return f
	case isNumber && name != "JSON":
		return n.String()
	case name == "JSON":
		return plain(v)
	}
	return v
}
