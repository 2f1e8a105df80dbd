package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"aisles/shopify/schema"
)

// scopes are the access scopes of a token; nil stands for all.
type scopes []string

// allow tells whether one of the scopes is there. write_x implies read_x.
func (have scopes) allow(want []string) bool {
	if have == nil || len(want) == 0 {
		return true
	}
	return slices.ContainsFunc(want, func(w string) bool {
		read, is := strings.CutPrefix(w, "read_")
		return slices.Contains(have, w) || is && slices.Contains(have, "write_"+read)
	})
}

// denied says that a field may not be read or called with the token's scopes,
// nil when it may.
func (x *execution) denied(typ *ast.Definition, s *selected) error {
	if x.scopes == nil {
		return nil
	}
	def := s.definition()
	if access, ok := schema.RequiredAccess(def.Directives); ok && !x.scopes.allow(access.Scopes) {
		return accessDenied(s.field.Name, access.Text)
	}
	if typ == x.schema.Mutation && !x.scopes.allow(x.ownerScopes(s)) {
		return accessDenied(s.field.Name, "")
	}
	returned := x.schema.Types[def.Type.Name()]
	if isConnection(returned) {
		if nodes := returned.Fields.ForName("nodes"); nodes != nil {
			if access, ok := schema.RequiredAccess(x.schema.Types[nodes.Type.Name()].Directives); ok && !x.scopes.allow(access.Scopes) {
				return accessDenied(s.field.Name, "")
			}
		}
		return nil
	}
	return x.deniedType(returned, s)
}

// deniedType says that an object type may not be read.
func (x *execution) deniedType(typ *ast.Definition, s *selected) error {
	if access, ok := schema.RequiredAccess(typ.Directives); ok && !x.scopes.allow(access.Scopes) {
		return accessDenied(s.field.Name, access.Text)
	}
	return nil
}

// accessDenied is Shopify's refusal; required is empty where Shopify does not
// say what is missing.
func accessDenied(field, required string) error {
	e := &topError{
		message: fmt.Sprintf("Access denied for %s field.", field),
		code:    "ACCESS_DENIED",
		extra:   map[string]any{"documentation": "https://shopify.dev/api/usage/access-scopes"},
	}
	if required != "" {
		e.message += " Required access: " + required
		e.extra["requiredAccess"] = required
	}
	return e
}

// writeScopes are what changes to an owner's tags and metafields require:
// Shopify asks for the access its own mutations need.
var writeScopes = map[string]string{
	"Product": "write_products", "ProductVariant": "write_products", "Collection": "write_products",
	"Order": "write_orders", "DraftOrder": "write_draft_orders", "Customer": "write_customers", "Location": "write_locations",
}

// ownerScopes are the scopes a mutation requires because of the objects its
// arguments name.
func (x *execution) ownerScopes(s *selected) []string {
	args := x.arguments(s.field)
	var owners []string
	switch s.field.Name {
	case "tagsAdd", "tagsRemove":
		owners = []string{args.text("id")}
	case "metafieldsSet", "metafieldsDelete":
		for _, m := range args.objects("metafields") {
			owners = append(owners, m.text("ownerId"))
		}
	}
	for _, id := range owners {
		kind, _, _ := splitGID(id)
		if scope := writeScopes[kind]; scope != "" && !x.scopes.allow([]string{scope}) {
			return []string{scope}
		}
	}
	return nil
}
