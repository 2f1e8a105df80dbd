package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// argumentOwner is what arguments are given to: a field, a directive or an
// input object, in the words of error messages.
type argumentOwner struct {
	kind string // Field, Directive or InputObject
	name string
	pos  *ast.Position
}

// arguments checks the arguments of a field or a directive.
func (v *validation) arguments(owner argumentOwner, given ast.ArgumentList, defs ast.ArgumentDefinitionList) {
	for i, a := range given {
		v.under(a.Name, func() {
			def := defs.ForName(a.Name)
			switch {
			case slices.IndexFunc(given, func(o *ast.Argument) bool { return o.Name == a.Name }) < i:
				v.fail(a.Position, "argumentNotUnique", fmt.Sprintf("There can be only one argument named %q", a.Name), "name", a.Name)
			case def == nil:
				v.unknownArgument(owner, a.Name, a.Position)
			default:
				v.value(owner, a.Name, a.Value, def.Type, def.DefaultValue != nil)
			}
		})
	}
	var missing []string
	for _, def := range defs {
		if def.Type.NonNull && def.DefaultValue == nil && given.ForName(def.Name) == nil {
			missing = append(missing, def.Name)
		}
	}
	if len(missing) > 0 {
		names := strings.Join(missing, ", ")
		v.fail(owner.pos, "missingRequiredArguments", fmt.Sprintf("%s '%s' is missing required arguments: %s", owner.kind, owner.name, names), "className", owner.kind, "name", owner.name, "arguments", names)
	}
}

func (v *validation) unknownArgument(owner argumentOwner, name string, pos *ast.Position) {
	v.fail(pos, "argumentNotAccepted", fmt.Sprintf("%s '%s' doesn't accept argument '%s'", owner.kind, owner.name, name), "name", owner.name, "typeName", owner.kind, "argumentName", name)
}

// value checks one argument or field of an input object and reports at most
// one error about itself; those below it report theirs.
func (v *validation) value(owner argumentOwner, name string, value *ast.Value, typ *ast.Type, defaults bool) {
	if value.Kind == ast.Variable {
		v.use(value, typ, name, defaults)
		return
	}
	ok, coercion := v.literal(value, typ)
	switch {
	case coercion != "":
		v.fail(owner.pos, "argumentLiteralsIncompatible", coercion, "typeName", "CoercionError")
	case !ok:
		v.fail(owner.pos, "argumentLiteralsIncompatible", fmt.Sprintf("Argument '%s' on %s '%s' has an invalid value (%s). Expected type '%s'.", name, owner.kind, owner.name, literalText(value), typ), "typeName", owner.kind, "argumentName", name)
	}
}

// use notes that a variable stands where typ is wanted.
func (v *validation) use(value *ast.Value, typ *ast.Type, argument string, defaults bool) {
	v.scope.usages = append(v.scope.usages, usage{value.Raw, value.Position, typ, argument, defaults, slices.Clone(v.path)})
}

// literal tells whether a value fits a type. Errors inside input objects are
// reported at once and do not make the value around them unfit. coercion is
// the message of a scalar that has its own.
func (v *validation) literal(value *ast.Value, typ *ast.Type) (ok bool, coercion string) {
	switch {
	case value.Kind == ast.Variable:
		v.use(value, typ, lastName(v.path), false)
		return true, ""
	case value.Kind == ast.NullValue:
		return !typ.NonNull, ""
	case typ.Elem != nil && value.Kind == ast.ListValue:
		for i, c := range value.Children {
			var fits bool
			var text string
			if c.Value.Kind == ast.ObjectValue {
				v.under(i, func() { fits, text = v.literal(c.Value, typ.Elem) })
			} else {
				fits, text = v.literal(c.Value, typ.Elem)
			}
			if !fits || text != "" {
				return fits, text
			}
		}
		return true, ""
	case typ.Elem != nil:
		return v.literal(value, typ.Elem)
	}
	def := v.schema.Types[typ.Name()]
	switch def.Kind {
	case ast.InputObject:
		if value.Kind != ast.ObjectValue {
			return false, ""
		}
		v.inputObject(value, def)
		return true, ""
	case ast.Enum:
		return value.Kind == ast.EnumValue && def.EnumValues.ForName(value.Raw) != nil, ""
	}
	return literalScalar(def.Name, value)
}

func lastName(path []any) string {
	for i := len(path) - 1; i >= 0; i-- {
		if s, ok := path[i].(string); ok {
			return s
		}
	}
	return ""
}

// inputObject checks the fields of an input object literal.
func (v *validation) inputObject(value *ast.Value, def *ast.Definition) {
	owner := argumentOwner{"InputObject", def.Name, value.Position}
	for i, c := range value.Children {
		v.under(c.Name, func() {
			field := def.Fields.ForName(c.Name)
			switch {
			case slices.IndexFunc(value.Children, func(o *ast.ChildValue) bool { return o.Name == c.Name }) < i:
				v.fail(c.Position, "inputFieldNotUnique", fmt.Sprintf("There can be only one input field named %q", c.Name), "name", c.Name)
			case field == nil:
				v.unknownArgument(owner, c.Name, c.Position)
			default:
				v.value(owner, c.Name, c.Value, field.Type, field.DefaultValue != nil)
			}
		})
	}
	for _, field := range def.Fields {
		if field.Type.NonNull && field.DefaultValue == nil && value.Children.ForName(field.Name) == nil {
			v.under(field.Name, func() {
				v.fail(value.Position, "missingRequiredInputObjectAttribute", fmt.Sprintf("Argument '%s' on InputObject '%s' is required. Expected type %s", field.Name, def.Name, field.Type), "argumentName", field.Name, "argumentType", field.Type.String(), "inputObjectType", def.Name)
			})
		}
	}
	if isOneOf(def) {
		v.oneOf(value, def)
	}
}

func isOneOf(def *ast.Definition) bool { return def.Directives.ForName("oneOf") != nil }

// oneOf checks that exactly one key is given, and that it is not null. A
// variable may stand there only if it cannot be null.
func (v *validation) oneOf(value *ast.Value, def *ast.Definition) {
	if len(value.Children) != 1 {
		v.fail(value.Position, "invalidOneOfInputObject", fmt.Sprintf("OneOf Input Object '%s' must specify exactly one key.", def.Name), "inputObjectType", def.Name)
		return
	}
	c := value.Children[0]
	switch c.Value.Kind {
	case ast.NullValue:
		v.under(c.Name, func() {
			v.fail(value.Position, "invalidOneOfInputObject", fmt.Sprintf("Argument '%s.%s' must be non-null.", def.Name, c.Name), "inputObjectType", def.Name)
		})
	case ast.Variable:
		if field := def.Fields.ForName(c.Name); field != nil && len(v.scope.usages) > 0 {
			last := &v.scope.usages[len(v.scope.usages)-1]
			nonNull := *field.Type
			nonNull.NonNull = true
			last.typ = &nonNull
		}
	}
}
