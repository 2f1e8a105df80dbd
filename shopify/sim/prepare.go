package sim

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// prepare parses and validates a document, chooses its operation and coerces
// the variables. The errors are all of one kind: those of the first step that
// failed.
func prepare(schema *ast.Schema, document, operationName string, variables *ordered) (*prepared, []*gqlError) {
	doc, parseErr := parseDocument(document)
	if parseErr != nil {
		return nil, []*gqlError{parseErr}
	}
	if errs := validateDocument(schema, doc); len(errs) > 0 {
		return nil, errs
	}
	op, nameErr := chooseOperation(doc, operationName)
	if nameErr != nil {
		return nil, []*gqlError{nameErr}
	}
	values, errs := coerceVariables(schema, op, variables)
	if len(errs) > 0 {
		return nil, errs
	}
	return &prepared{schema: schema, doc: doc, op: op, variables: values}, nil
}

// chooseOperation finds the operation a request names, or the only one.
func chooseOperation(doc *ast.QueryDocument, name string) (*ast.OperationDefinition, *gqlError) {
	switch {
	case name == "" && len(doc.Operations) == 1:
		return doc.Operations[0], nil
	case name == "":
		return nil, &gqlError{Message: "An operation name is required"}
	}
	if op := doc.Operations.ForName(name); op != nil {
		return op, nil
	}
	return nil, &gqlError{Message: fmt.Sprintf("No operation named %q", name)}
}
