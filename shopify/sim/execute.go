package sim

import (
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// execution runs one prepared operation against a shop.
type execution struct {
	*prepared
	request *request
	tables  map[string]table
	scopes  scopes
	// userError refuses mutations; nil is off.
	userError *fault

	errs []*gqlError
	bugs []error // resolvers that broke their contract
}

// step is one step of a response path, from the field up to the root.
type step struct {
	up  *step
	key any
}

func (s *step) path() []any {
	var path []any
	for ; s != nil; s = s.up {
		path = append(path, s.key)
	}
	slices.Reverse(path)
	return path
}

// run resolves the operation's root fields one after the other. data is nil
// when a null reached the root.
func (x *execution) run() (data *ordered) {
	root := x.schema.Query
	if x.op.Operation == ast.Mutation {
		root = x.schema.Mutation
	}
	return x.object(nil, root, x.op.SelectionSet, nil)
}

// object resolves a selection on one object. It is nil when a field that
// cannot be null is.
func (x *execution) object(self object, typ *ast.Definition, set ast.SelectionSet, where *step) *ordered {
	out := &ordered{typ: typ}
	for _, s := range x.collect(set, typ) {
		if s.field.Name == "__typename" {
			out.set(s.key, typ.Name)
			continue
		}
		value, ok := x.field(self, typ, s, &step{where, s.key})
		if !ok {
			return nil
		}
		out.set(s.key, value)
	}
	return out
}

// field resolves and completes one field; ok is false when its null must
// spread to the object around it.
func (x *execution) field(self object, typ *ast.Definition, s *selected, where *step) (value any, ok bool) {
	def := s.definition()
	if denied := x.denied(typ, s); denied != nil {
		return x.null(def.Type, s, where, denied)
	}
	if x.userError != nil && typ == x.schema.Mutation {
		return x.complete(def.Type, x.refusal(x.schema.Types[def.Type.Name()]), s, where)
	}
	raw, err := x.resolve(self, typ, s, where)
	if err != nil {
		return x.null(def.Type, s, where, err)
	}
	return x.complete(def.Type, raw, s, where)
}

// null answers a field with null because of err.
func (x *execution) null(typ *ast.Type, s *selected, where *step, err error) (any, bool) {
	x.fail(s, where, err)
	return nil, !typ.NonNull
}

// fail reports an error of a resolver.
func (x *execution) fail(s *selected, where *step, err error) {
	var top *topError
	if !errors.As(err, &top) {
		x.bugs = append(x.bugs, fmt.Errorf("%s.%s: %w", s.field.ObjectDefinition.Name, s.field.Name, err))
		return
	}
	e := &gqlError{Message: top.message, Locations: at(s.field.Position), Path: append(where.path(), top.path...), Extensions: map[string]any{"code": top.code}}
	maps.Copy(e.Extensions, top.extra)
	e.whole = top.whole
	x.errs = append(x.errs, e)
}

// resolve asks the object itself, then the table of its type. A panic of a
// resolver counts as an error of its own.
func (x *execution) resolve(self object, typ *ast.Definition, s *selected, where *step) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("resolver panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if x.isRoot(typ) {
		x.request.idempotencyKey = x.idempotencyKey(s.field)
	}
	warned := len(x.request.warnings)
	defer func() {
		for i := range x.request.warnings[warned:] {
			x.request.warnings[warned+i].Path = where.path()
		}
	}()
	if own, is := self.(fieldValuer); is {
		if value, known := own.fieldValue(s.field.Name); known {
			if r, lazy := value.(resolver); lazy {
				return r(x.request, self, x.arguments(s.field))
			}
			return value, nil
		}
	}
	if r := x.tables[typ.Name][s.field.Name]; r != nil {
		return r(x.request, self, x.arguments(s.field))
	}
	return nil, &topError{
		message: fmt.Sprintf("The simulator does not serve the field '%s' of type '%s'.", s.field.Name, typ.Name),
		code:    "NOT_SIMULATED",
	}
}

func (x *execution) isRoot(typ *ast.Definition) bool {
	return typ == x.schema.Query || typ == x.schema.Mutation
}

func (p *prepared) idempotencyKey(f *ast.Field) string {
	d := f.Directives.ForName("idempotent")
	if d == nil {
		return ""
	}
	key, _ := literalValue(p.schema, d.Arguments.ForName("key").Value, nil, p.variables).(string)
	return key
}
