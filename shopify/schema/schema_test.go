package schema_test

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"aisles/shopify/schema"
)

// TestLoad checks the converted schema against the vendored artifact: every
// type, field, argument, input field and enum value is there.
func TestLoad(t *testing.T) {
	t.Parallel()
	s, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	types := introspection(t)
	if len(types) < 3000 {
		t.Fatalf("the artifact has %d types; it was cut", len(types))
	}
	for _, want := range types {
		if strings.HasPrefix(want.Name, "__") {
			continue
		}
		got := s.Types[want.Name]
		if got == nil {
			t.Errorf("type %s is missing", want.Name)
			continue
		}
		if string(got.Kind) != want.Kind {
			t.Errorf("type %s: kind %s, want %s", want.Name, got.Kind, want.Kind)
		}
		if oneOf := got.Directives.ForName("oneOf") != nil; oneOf != want.IsOneOf {
			t.Errorf("type %s: oneOf %t, want %t", want.Name, oneOf, want.IsOneOf)
		}
		fields := append(want.Fields, want.InputFields...)
		for _, f := range fields {
			checkField(t, want.Name, got.Fields.ForName(f.Name), f)
		}
		for _, v := range want.EnumValues {
			if got.EnumValues.ForName(v.Name) == nil {
				t.Errorf("enum %s: value %s is missing", want.Name, v.Name)
			}
		}
	}
	if s.Query.Name != "QueryRoot" || s.Mutation.Name != "Mutation" {
		t.Errorf("roots are %s and %s", s.Query.Name, s.Mutation.Name)
	}
	if s.Directives["idempotent"] == nil {
		t.Error("directive @idempotent is missing")
	}
}

func checkField(t *testing.T, typ string, got *ast.FieldDefinition, want field) {
	t.Helper()
	if got == nil {
		t.Errorf("%s.%s is missing", typ, want.Name)
		return
	}
	if got.Type.String() != want.Type.String() {
		t.Errorf("%s.%s: type %s, want %s", typ, want.Name, got.Type, want.Type)
	}
	for _, a := range want.Args {
		arg := got.Arguments.ForName(a.Name)
		if arg == nil || arg.Type.String() != a.Type.String() || (arg.DefaultValue == nil) != (a.DefaultValue == nil) {
			t.Errorf("%s.%s: argument %s: got %+v, want type %s, default %v", typ, want.Name, a.Name, arg, a.Type, a.DefaultValue)
		}
	}
}

// TestRequiredAccess reads the three shapes: a field, a type, nothing.
func TestRequiredAccess(t *testing.T) {
	t.Parallel()
	s, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := schema.RequiredAccess(s.Mutation.Fields.ForName("inventorySetQuantities").Directives)
	want := schema.Access{
		Text:   "`write_inventory` access scope. Also: The user must have a permission to update an inventory.",
		Scopes: []string{"write_inventory"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inventorySetQuantities (-want +got):\n%s", diff)
	}
	if got, ok := schema.RequiredAccess(s.Types["InventoryItem"].Directives); !ok || len(got.Scopes) != 2 {
		t.Errorf("InventoryItem: got %+v, %t", got, ok)
	}
	if got, ok := schema.RequiredAccess(s.Query.Fields.ForName("shop").Directives); ok {
		t.Errorf("shop: got %+v, want none", got)
	}
}

type typeRef struct {
	Kind, Name string
	OfType     *typeRef
}

func (r typeRef) String() string {
	switch r.Kind {
	case "NON_NULL":
		return r.OfType.String() + "!"
	case "LIST":
		return "[" + r.OfType.String() + "]"
	}
	return r.Name
}

type field struct {
	Name         string
	Type         typeRef
	DefaultValue *string
	Args         []field
}

type typ struct {
	Kind, Name          string
	IsOneOf             bool
	Fields, InputFields []field
	EnumValues          []struct{ Name string }
}

func introspection(t *testing.T) []typ {
	t.Helper()
	f, err := os.Open("admin_" + schema.Version + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Data struct {
			Schema struct{ Types []typ } `json:"__schema"`
		}
	}
	if err := json.NewDecoder(z).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	return doc.Data.Schema.Types
}
