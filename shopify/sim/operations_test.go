package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// TestOperations: every document the client sends is valid, its roots are
// served and its price without variables is within what one request may cost.
func TestOperations(t *testing.T) {
	t.Parallel()
	s := testServer(t)
	files, err := filepath.Glob("../operations/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d operations (%v)", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, parseErr := parseDocument(string(text))
		if parseErr != nil {
			t.Errorf("%s: %s", file, parseErr.Message)
			continue
		}
		for _, e := range validateDocument(s.schema, doc) {
			t.Errorf("%s: %s", file, e.Message)
		}
		for _, op := range doc.Operations {
			p := &prepared{schema: s.schema, doc: doc, op: op, variables: sampleVariables(op)}
			root := map[ast.Operation]string{ast.Query: "QueryRoot", ast.Mutation: "Mutation"}[op.Operation]
			for _, field := range p.roots() {
				if s.tables[root][field.field.Name] == nil {
					t.Errorf("%s: %s is not served", file, field.field.Name)
				}
			}
			if cost := p.requestedCost(); cost > maxQueryCost {
				t.Errorf("%s: %s costs %d", file, op.Name, cost)
			} else {
				t.Logf("%s: %s costs %d", strings.TrimPrefix(file, "../operations/"), op.Name, cost)
			}
		}
	}
}

// sampleVariables gives each variable its default, else something small.
func sampleVariables(op *ast.OperationDefinition) map[string]any {
	values := map[string]any{}
	for _, d := range op.VariableDefinitions {
		switch {
		case d.DefaultValue != nil:
			values[d.Variable] = literalValue(nil, d.DefaultValue, nil, nil)
		case d.Type.Name() == "Boolean":
			values[d.Variable] = true
		case d.Type.Name() == "Int":
			values[d.Variable] = 1
		}
	}
	return values
}
