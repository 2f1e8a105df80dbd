package sim

import (
	"cmp"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// variables checks how an operation uses its variables, in itself and in the
// fragments it spreads.
func (v *validation) variables(op *ast.OperationDefinition, own *scope, fragments map[string]*scope) {
	name := cmp.Or(op.Name, "anonymous "+string(op.Operation))
	used := map[string]bool{}
	for _, u := range reachable(own, fragments) {
		used[u.name] = true
		d := op.VariableDefinitions.ForName(u.name)
		if d == nil {
			v.failAt(u, "variableNotDefined", fmt.Sprintf("Variable $%s is used by %s but not declared", u.name, name), "variableName", u.name)
			continue
		}
		if problem := mismatch(d, u); problem != "" {
			v.failAt(u, "variableMismatch", fmt.Sprintf("%s on variable $%s and argument %s (%s / %s)", problem, u.name, u.argument, d.Type, u.typ),
				"variableName", u.name, "typeName", d.Type.String(), "argumentName", u.argument, "errorMessage", problem)
		}
	}
	for _, d := range op.VariableDefinitions {
		if !used[d.Variable] {
			v.fail(op.Position, "variableNotUsed", fmt.Sprintf("Variable $%s is declared by %s but not used", d.Variable, name), "variableName", d.Variable)
		}
	}
}

func (v *validation) failAt(u usage, code, message string, extensions ...any) {
	was := v.path
	v.path = u.path
	v.fail(u.pos, code, message, extensions...)
	v.path = was
}

// reachable lists the usages of a scope and of all fragments below it.
func reachable(own *scope, fragments map[string]*scope) []usage {
	usages := append([]usage(nil), own.usages...)
	seen := map[string]bool{}
	queue := own.spreads
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if f := fragments[name]; f != nil && !seen[name] {
			seen[name] = true
			usages = append(usages, f.usages...)
			queue = append(queue[:len(queue):len(queue)], f.spreads...)
		}
	}
	return usages
}

// mismatch says why a variable may not stand where it stands, "" when it may.
func mismatch(d *ast.VariableDefinition, u usage) string {
	have := *d.Type
	if d.DefaultValue != nil && d.DefaultValue.Kind != ast.NullValue {
		have.NonNull = true
	}
	want := *u.typ
	if u.defaults {
		want.NonNull = false
	}
	switch {
	case have.Name() != want.Name():
		return "Type mismatch"
	case depth(&have) != depth(&want):
		return "List dimension mismatch"
	case !nullable(&have, &want):
		return "Nullability mismatch"
	}
	return ""
}

func depth(t *ast.Type) int {
	if t.Elem == nil {
		return 0
	}
	return 1 + depth(t.Elem)
}

// nullable tells whether have gives null only where want takes it.
func nullable(have, want *ast.Type) bool {
	if want.NonNull && !have.NonNull {
		return false
	}
	return have.Elem == nil || nullable(have.Elem, want.Elem)
}
