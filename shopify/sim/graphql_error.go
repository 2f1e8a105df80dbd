package sim

import (
	"encoding/json"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// gqlError is one entry of an answer's errors.
type gqlError struct {
	Message    string         `json:"message"`
	Locations  []sourceAt     `json:"locations,omitempty"`
	Path       []any          `json:"path,omitempty"`
	Extensions map[string]any `json:"extensions,omitempty"`

	whole bool // the answer has no data
}

func (e *gqlError) Error() string { return e.Message }

// sourceAt is a place in the document, counted from 1.
type sourceAt struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

func at(p *ast.Position) []sourceAt {
	if p == nil {
		return nil
	}
	return []sourceAt{{p.Line, p.Column}}
}

// compactJSON writes v as Ruby does: without HTML escapes and a line end.
func compactJSON(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// literalText writes a value of a document as Shopify quotes it in messages.
func literalText(v *ast.Value) string {
	switch v.Kind {
	case ast.Variable:
		return "$" + v.Raw
	case ast.StringValue, ast.BlockValue:
		return compactJSON(v.Raw)
	case ast.ListValue:
		parts := make([]string, len(v.Children))
		for i, c := range v.Children {
			parts[i] = literalText(c.Value)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case ast.ObjectValue:
		parts := make([]string, len(v.Children))
		for i, c := range v.Children {
			parts[i] = c.Name + ": " + literalText(c.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return v.Raw
}
