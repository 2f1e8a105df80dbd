// Package schema holds Shopify's official GraphQL Admin schema.
//
// The artifact is admin_2026-10.json.gz, Shopify's own introspection result,
// untouched (SOURCE.md says where it is from). admin_generated.graphql.gz is
// the same schema as SDL: without descriptions, with the access scopes each
// type and field requires as the directive @access. Both change only by
// generate.go.
package schema

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// Version is the Admin API version of the vendored schema, as it stands in
// the path of a request: /admin/api/{Version}/graphql.json.
const Version = "2026-10"

//go:generate go run generate.go

//go:embed admin_generated.graphql.gz
var compressed []byte

// Load gives the schema. It is parsed once and shared: callers must not
// change it. The error is that of a damaged artifact; it does not go away.
func Load() (*ast.Schema, error) { return load() }

var load = sync.OnceValues(func() (*ast.Schema, error) {
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return nil, fmt.Errorf("open schema %s: %w", Version, err)
	}
	sdl, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("read schema %s: %w", Version, err)
	}
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "admin_" + Version, Input: string(sdl)})
	if err != nil {
		return nil, fmt.Errorf("load schema %s: %w", Version, err)
	}
	return s, nil
})

// Access is what Shopify asks of an app before it serves a type or a field.
type Access struct {
	// Text is Shopify's sentence, as it stands in ACCESS_DENIED errors.
	Text string
	// Scopes are those of which an app with an offline token needs one. Empty
	// means that the sentence names none.
	Scopes []string
}

// RequiredAccess reads the access a type or a field requires from its
// directives. ok is false when it requires none.
func RequiredAccess(directives ast.DirectiveList) (access Access, ok bool) {
	d := directives.ForName("access")
	if d == nil {
		return Access{}, false
	}
	if a := d.Arguments.ForName("requires"); a != nil {
		access.Text = a.Value.Raw
	}
	if a := d.Arguments.ForName("scopes"); a != nil {
		for _, c := range a.Value.Children {
			access.Scopes = append(access.Scopes, c.Value.Raw)
		}
	}
	return access, true
}
