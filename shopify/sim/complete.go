package sim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// complete turns what a resolver gave into what the answer holds, and checks
// it against the schema on the way: nothing leaves that Shopify could not have
// sent. ok is false when a null must spread.
func (x *execution) complete(typ *ast.Type, raw any, s *selected, where *step) (value any, ok bool) {
	raw = follow(raw)
	if raw == nil {
		if typ.NonNull {
			x.bug(s, where, "null where the schema says %s", typ)
		}
		return nil, !typ.NonNull
	}
	if typ.Elem != nil {
		return x.list(typ, raw, s, where)
	}
	def := x.schema.Types[typ.Name()]
	if def.IsCompositeType() {
		return x.completeObject(typ, def, raw, s, where)
	}
	leaf, fits := leafValue(def, raw)
	if !fits {
		x.bug(s, where, "%T %v where the schema says %s", raw, raw, typ)
		return nil, !typ.NonNull
	}
	return leaf, true
}

// bug reports that a resolver broke its contract.
func (x *execution) bug(s *selected, where *step, format string, args ...any) {
	x.bugs = append(x.bugs, fmt.Errorf("%s.%s at %v: %s", s.field.ObjectDefinition.Name, s.field.Name, where.path(), fmt.Sprintf(format, args...)))
}

func (x *execution) list(typ *ast.Type, raw any, s *selected, where *step) (any, bool) {
	items := reflect.ValueOf(raw)
	if items.Kind() != reflect.Slice {
		x.bug(s, where, "%T where the schema says %s", raw, typ)
		return nil, !typ.NonNull
	}
	out := make([]any, items.Len())
	for i := range out {
		v, ok := x.complete(typ.Elem, items.Index(i).Interface(), s, &step{where, i})
		if !ok {
			return nil, !typ.NonNull
		}
		out[i] = v
	}
	return out, true
}

func (x *execution) completeObject(typ *ast.Type, def *ast.Definition, raw any, s *selected, where *step) (any, bool) {
	self, is := raw.(object)
	if !is {
		x.bug(s, where, "%T where the schema says %s", raw, typ)
		return nil, !typ.NonNull
	}
	concrete := def
	if name := self.typeName(); name != "" {
		concrete = x.schema.Types[name]
	}
	switch {
	case concrete == nil || concrete.Kind != ast.Object:
		x.bug(s, where, "%T is no object of the schema, which says %s", raw, typ)
		return nil, !typ.NonNull
	case concrete != def && !slices.Contains(x.schema.GetPossibleTypes(def), concrete):
		x.bug(s, where, "%s where the schema says %s", concrete.Name, typ)
		return nil, !typ.NonNull
	}
	if concrete != def {
		if err := x.deniedType(concrete, s); err != nil {
			return x.null(typ, s, where, err)
		}
	}
	out := x.object(self, concrete, s.set, where)
	if out == nil {
		return nil, !typ.NonNull
	}
	return out, true
}

// follow dereferences pointers to scalars and turns nil pointers into nil.
func follow(raw any) any {
	switch v := raw.(type) {
	case nil:
		return nil
	case string, bool, int, *ordered, *record, *connection:
		if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
			return nil
		}
		return raw
	}
	r := reflect.ValueOf(raw)
	if r.Kind() != reflect.Pointer {
		return raw
	}
	if r.IsNil() {
		return nil
	}
	if _, is := raw.(object); is {
		return raw
	}
	return follow(r.Elem().Interface())
}

// leafValue gives a scalar or enum as it stands in the answer; fits is false
// when the schema's type does not have the value.
func leafValue(def *ast.Definition, raw any) (value any, fits bool) {
	if def.Name == "JSON" {
		return raw, true
	}
	value = basic(raw)
	if def.Kind == ast.Enum {
		s, is := value.(string)
		return value, is && def.EnumValues.ForName(s) != nil
	}
	if check := scalars[def.Name].output; check != nil {
		return value, check(value)
	}
	_, is := value.(string)
	return value, is
}

// basic reduces a scalar to string, bool, int64, float64 or json.Number.
func basic(raw any) any {
	switch v := raw.(type) {
	case time.Time:
		return dateTime(v)
	case json.Number:
		return v
	}
	r := reflect.ValueOf(raw)
	switch {
	case r.CanInt():
		return r.Int()
	case r.CanFloat():
		return r.Float()
	case r.Kind() == reflect.String:
		return r.String()
	case r.Kind() == reflect.Bool:
		return r.Bool()
	}
	return raw
}
