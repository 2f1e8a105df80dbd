package sim

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// problem is one thing wrong with a variable's value.
type problem struct {
	Path        []any  `json:"path"`
	Explanation string `json:"explanation"`
	Message     string `json:"message,omitempty"` // a scalar's own words
}

// enumOrder is the order in which Shopify lists an enum's values in messages,
// where a recording shows it; the schema has them by name.
var enumOrder = map[string][]string{
	"MediaContentType": {"VIDEO", "EXTERNAL_VIDEO", "MODEL_3D", "IMAGE"},
	"StagedUploadTargetGenerateUploadResource": {"COLLECTION_IMAGE", "FILE", "IMAGE", "MODEL_3D", "PRODUCT_IMAGE", "SHOP_IMAGE", "VIDEO",
		"BULK_MUTATION_VARIABLES", "RETURN_LABEL", "URL_REDIRECT_IMPORT", "DISPUTE_FILE_UPLOAD"},
}

// coerceVariables checks the variables of a request against the operation's
// definitions and gives their values, with defaults, by name. An omitted
// variable without default is absent. Errors come one per variable.
func coerceVariables(schema *ast.Schema, op *ast.OperationDefinition, given *ordered) (map[string]any, []*gqlError) {
	values := map[string]any{}
	var errs []*gqlError
	for _, d := range op.VariableDefinitions {
		value, ok := given.get(d.Variable)
		if !ok && d.DefaultValue != nil {
			values[d.Variable] = literalValue(schema, d.DefaultValue, d.Type, nil)
			continue
		}
		if !ok && !d.Type.NonNull {
			continue
		}
		c := coercion{schema: schema}
		coerced := c.value(value, d.Type, nil)
		if len(c.problems) > 0 {
			errs = append(errs, variableError(d, value, c.problems))
			continue
		}
		values[d.Variable] = coerced
	}
	return values, errs
}

func variableError(d *ast.VariableDefinition, value any, problems []problem) *gqlError {
	message := fmt.Sprintf("Variable $%s of type %s was provided invalid value", d.Variable, d.Type)
	var where []string
	for _, p := range problems {
		if len(p.Path) > 0 {
			where = append(where, fmt.Sprintf("%s (%s)", joinPath(p.Path), p.Explanation))
		}
	}
	if len(where) > 0 {
		message += " for " + strings.Join(where, ", ")
	}
	return &gqlError{Message: message, Locations: at(d.Position), Extensions: map[string]any{"code": "INVALID_VARIABLE", "value": value, "problems": problems}}
}

func joinPath(path []any) string {
	parts := make([]string, len(path))
	for i, p := range path {
		parts[i] = fmt.Sprint(p)
	}
	return strings.Join(parts, ".")
}

// coercion turns JSON into values of the schema's input types.
type coercion struct {
	schema   *ast.Schema
	problems []problem
}

func (c *coercion) fail(path []any, format string, args ...any) {
	c.problems = append(c.problems, problem{Path: append([]any{}, path...), Explanation: fmt.Sprintf(format, args...)})
}

func (c *coercion) value(v any, typ *ast.Type, path []any) any {
	switch {
	case v == nil && typ.NonNull:
		c.fail(path, "Expected value to not be null")
		return nil
	case v == nil:
		return nil
	case typ.Elem != nil:
		return c.list(v, typ.Elem, path)
	}
	def := c.schema.Types[typ.Name()]
	switch def.Kind {
	case ast.InputObject:
		return c.object(v, def, path)
	case ast.Enum:
		if s, ok := v.(string); ok && def.EnumValues.ForName(s) != nil {
			return s
		}
		c.fail(path, "Expected %s to be one of: %s", compactJSON(v), strings.Join(enumNames(def), ", "))
		return nil
	}
	text, own := scalarProblem(def.Name, v)
	if text != "" {
		p := problem{Path: append([]any{}, path...), Explanation: text}
		if own {
			p.Message = text
		}
		c.problems = append(c.problems, p)
		return nil
	}
	return scalarInput(def.Name, v)
}

func (c *coercion) list(v any, elem *ast.Type, path []any) any {
	items, ok := v.([]any)
	if !ok {
		return []any{c.value(v, elem, path)}
	}
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = c.value(item, elem, append(path[:len(path):len(path)], i))
	}
	return out
}

// object checks the keys in the order given, then what is missing, as
// graphql-ruby does.
func (c *coercion) object(v any, def *ast.Definition, path []any) any {
	in, ok := v.(*ordered)
	if !ok {
		c.fail(path, "Expected %s to be a key-value object.", compactJSON(v))
		return nil
	}
	out := map[string]any{}
	for _, key := range in.keys {
		below := append(path[:len(path):len(path)], key)
		if field := def.Fields.ForName(key); field != nil {
			out[key] = c.value(in.values[key], field.Type, below)
		} else {
			c.fail(below, "Field is not defined on %s", def.Name)
		}
	}
	for _, field := range def.Fields {
		switch _, given := in.values[field.Name]; {
		case given:
		case field.DefaultValue != nil:
			out[field.Name] = literalValue(c.schema, field.DefaultValue, field.Type, nil)
		case field.Type.NonNull:
			c.fail(append(path[:len(path):len(path)], field.Name), "Expected value to not be null")
		}
	}
	if isOneOf(def) {
		c.oneOf(in, def, path)
	}
	return out
}

func (c *coercion) oneOf(in *ordered, def *ast.Definition, path []any) {
	if len(in.keys) != 1 {
		c.fail(path, "'%s' requires exactly one argument, but %d were provided.", def.Name, len(in.keys))
	} else if in.values[in.keys[0]] == nil {
		c.fail(path, "'%s' requires exactly one argument, but '%s' was `null`.", def.Name, in.keys[0])
	}
}

func enumNames(def *ast.Definition) []string {
	if order := enumOrder[def.Name]; len(order) == len(def.EnumValues) {
		return order
	}
	names := make([]string, len(def.EnumValues))
	for i, v := range def.EnumValues {
		names[i] = v.Name
	}
	return names
}
