//go:build ignore

// This program writes operations_generated.go: a method of Client for every
// document in operations/, the types of its variables, and those of its
// answer, as Shopify's official schema has them.
//
//	go run generate.go
//
// Rules, so that the call sites read well:
//   - A document holds one operation with one root field, and its fragments.
//     The method returns the root field's value.
//   - A fragment becomes a type of its name. Fragments that several documents
//     share must read the same in each.
//   - An object without a fragment is called after its parent and field, a
//     mutation's payload after its type in the schema. Lists name one element.
//   - A page of nodes is a Connection of them.
//   - Abstract types are flattened: fields of one kind only are pointers.
//   - What an input may leave out is an Opt. Deprecated inputs are left out.
//   - userErrors are []UserError, whatever enum their codes come from.

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/format"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"aisles/shopify/schema"
)

const target = "operations_generated.go"

// maxConstants is how many values an enum may have for each to become a
// constant; countries and currencies have more.
const maxConstants = 64

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	s, err := schema.Load()
	if err != nil {
		return err
	}
	files, err := filepath.Glob("operations/*.graphql")
	if err != nil {
		return err
	}
	g := &generator{schema: s, types: map[string]string{}, fragments: map[string]string{}}
	for _, file := range files {
		if err := g.document(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return g.write()
}

// generator gathers what is written, by name.
type generator struct {
	schema    *ast.Schema
	calls     bytes.Buffer
	types     map[string]string // Go declarations
	fragments map[string]string // GraphQL texts
}

// document adds a file's operation and the types it needs.
func (g *generator) document(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	doc, errs := gqlparser.LoadQueryWithRules(g.schema, string(text), rules.NewDefaultRules())
	if errs != nil {
		return errs
	}
	if len(doc.Operations) != 1 || len(doc.Operations[0].SelectionSet) != 1 {
		return fmt.Errorf("want one operation with one root field")
	}
	op := doc.Operations[0]
	root, ok := op.SelectionSet[0].(*ast.Field)
	if want := snake(op.Name) + ".graphql"; !ok || filepath.Base(file) != want {
		return fmt.Errorf("want the name %s, and a field at the root", want)
	}
	for _, f := range doc.Fragments {
		if err := g.fragment(f); err != nil {
			return err
		}
	}
	variables, err := g.variables(op)
	if err != nil {
		return err
	}
	answer, err := g.fieldType(op.Name, root)
	if err != nil {
		return err
	}
	g.call(op, root, filepath.ToSlash(file), variables, answer)
	return nil
}

// call writes the operation and its method.
func (g *generator) call(op *ast.OperationDefinition, root *ast.Field, file, variables, answer string) {
	w := func(format string, args ...any) { fmt.Fprintf(&g.calls, format+"\n", args...) }
	w("//go:embed %s", file)
	w("var document%s string\n", op.Name)
	w("var operation%s = &operation{name: %q, root: %q, write: %t, document: document%s}\n",
		op.Name, op.Name, cmp.Or(root.Alias, root.Name), op.Operation == ast.Mutation, op.Name)
	w("// %s sends %s and returns its field %s.", op.Name, file, root.Name)
	if variables == "" {
		w("func (c *Client) %s(ctx context.Context) (%s, error) {", op.Name, answer)
		w("return call[%s](ctx, c, operation%s, nil)\n}\n", answer, op.Name)
		return
	}
	w("func (c *Client) %s(ctx context.Context, v %s) (%s, error) {", op.Name, variables, answer)
	w("return call[%s](ctx, c, operation%s, v)\n}\n", answer, op.Name)
}

// variables adds the struct of an operation's variables; "" when it has none.
func (g *generator) variables(op *ast.OperationDefinition) (string, error) {
	if len(op.VariableDefinitions) == 0 {
		return "", nil
	}
	name := op.Name + "Variables"
	var b strings.Builder
	fmt.Fprintf(&b, "// %s are the variables of %s.\ntype %s struct {\n", name, op.Name, name)
	for _, v := range op.VariableDefinitions {
		if err := g.inputField(&b, v.Variable, v.Type, v.DefaultValue != nil); err != nil {
			return "", err
		}
	}
	b.WriteString("}\n")
	return name, g.add(name, b.String())
}

// inputField writes a field of an input or of variables.
func (g *generator) inputField(b *strings.Builder, name string, t *ast.Type, optional bool) error {
	typ, err := g.inputType(t)
	if err != nil {
		return err
	}
	if t.NonNull && !optional {
		fmt.Fprintf(b, "%s %s `json:%q`\n", exported(name), typ, name)
		return nil
	}
	fmt.Fprintf(b, "%s Opt[%s] `json:%q`\n", exported(name), typ, name+",omitzero")
	return nil
}

// inputType gives the Go type of an input, without regard to null.
func (g *generator) inputType(t *ast.Type) (string, error) {
	if t.Elem != nil {
		elem, err := g.inputType(t.Elem)
		return "[]" + elem, err
	}
	def := g.schema.Types[t.NamedType]
	if def.Kind != ast.InputObject {
		return g.leaf(def)
	}
	if _, done := g.types[def.Name]; done {
		return def.Name, nil
	}
	g.types[def.Name] = "" // inputs may refer to each other
	var b strings.Builder
	fmt.Fprintf(&b, "// %s is an input of Shopify's schema.", def.Name)
	if def.Directives.ForName("oneOf") != nil {
		fmt.Fprintf(&b, " Exactly one of its fields is to be given.")
	}
	fmt.Fprintf(&b, "\ntype %s struct {\n", def.Name)
	for _, f := range def.Fields {
		if f.Directives.ForName("deprecated") != nil {
			continue
		}
		if err := g.inputField(&b, f.Name, f.Type, f.DefaultValue != nil); err != nil {
			return "", err
		}
	}
	b.WriteString("}\n")
	g.types[def.Name] = b.String()
	return def.Name, nil
}

// scalars are the Go types of scalars that are no strings. Money and decimals
// stay strings: a float would round them.
var scalars = map[string]string{
	"Int": "int", "Float": "float64", "Boolean": "bool", "DateTime": "time.Time", "JSON": "json.RawMessage",
}

// leaf gives the Go type of a scalar or an enum.
func (g *generator) leaf(def *ast.Definition) (string, error) {
	switch {
	case def.Kind == ast.Scalar:
		return cmp.Or(scalars[def.Name], "string"), nil
	case def.Kind != ast.Enum:
		return "", fmt.Errorf("%s is no leaf", def.Name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "// %s is an enum of Shopify's schema; answers may bring values that are not listed.\ntype %s string\n", def.Name, def.Name)
	if len(def.EnumValues) <= maxConstants {
		fmt.Fprintf(&b, "\n// The values of %s.\nconst (\n", def.Name)
		for _, v := range def.EnumValues {
			fmt.Fprintf(&b, "%s%s %s = %q\n", def.Name, constant(v.Name), def.Name, v.Name)
		}
		b.WriteString(")\n")
	}
	return def.Name, g.add(def.Name, b.String())
}

// fragment adds the type of a fragment.
func (g *generator) fragment(f *ast.FragmentDefinition) error {
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatQueryDocument(&ast.QueryDocument{Fragments: ast.FragmentDefinitionList{f}})
	if was, ok := g.fragments[f.Name]; ok {
		if was != text.String() {
			return fmt.Errorf("fragment %s reads differently in another document", f.Name)
		}
		return nil
	}
	g.fragments[f.Name] = text.String()
	return g.object(f.Name, f.SelectionSet, f.Definition, fmt.Sprintf("is what is asked of a %s", f.Definition.Name))
}

// object adds the type of what a selection set gives.
func (g *generator) object(name string, set ast.SelectionSet, def *ast.Definition, doc string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "// %s %s.\ntype %s struct {\n", name, doc, name)
	if err := g.fields(&b, name, set, def, false); err != nil {
		return err
	}
	b.WriteString("}\n")
	if slices.ContainsFunc(set, func(s ast.Selection) bool { f, ok := s.(*ast.Field); return ok && f.Name == "userErrors" }) {
		fmt.Fprintf(&b, "\nfunc (p *%s) refusals() []UserError { return p.UserErrors }\n", name)
	}
	return g.add(name, b.String())
}

// fields writes the fields of a selection set; optional ones are those of one
// kind of an abstract type.
func (g *generator) fields(b *strings.Builder, name string, set ast.SelectionSet, def *ast.Definition, optional bool) error {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			typ, err := g.fieldType(name, s)
			if err != nil {
				return err
			}
			if optional && !strings.HasPrefix(typ, "*") && !strings.HasPrefix(typ, "[]") {
				typ = "*" + typ
			}
			fmt.Fprintf(b, "%s %s `json:%q`\n", exported(s.Alias), typ, s.Alias)
		case *ast.InlineFragment:
			if err := g.fields(b, name, s.SelectionSet, g.schema.Types[s.TypeCondition], s.TypeCondition != def.Name); err != nil {
				return err
			}
		case *ast.FragmentSpread:
			if s.Definition.TypeCondition != def.Name {
				return fmt.Errorf("fragment %s is not on %s", s.Name, def.Name)
			}
			fmt.Fprintf(b, "%s\n", s.Name)
		}
	}
	return nil
}

// fieldType gives the Go type of a field, null included.
func (g *generator) fieldType(parent string, f *ast.Field) (string, error) {
	def := g.schema.Types[f.Definition.Type.Name()]
	elem, err := g.valueType(parent, f, def)
	if err != nil {
		return "", err
	}
	var wrap func(t *ast.Type) string
	wrap = func(t *ast.Type) string {
		switch {
		case t.Elem != nil:
			return "[]" + wrap(t.Elem)
		case t.NonNull || elem == "json.RawMessage":
			return elem
		}
		return "*" + elem
	}
	return wrap(f.Definition.Type), nil
}

// valueType gives the Go type of a field's single value.
func (g *generator) valueType(parent string, f *ast.Field, def *ast.Definition) (string, error) {
	if len(f.SelectionSet) == 0 {
		return g.leaf(def)
	}
	if f.Name == "userErrors" {
		return "UserError", nil
	}
	if spread, ok := f.SelectionSet[0].(*ast.FragmentSpread); ok && len(f.SelectionSet) == 1 {
		return spread.Name, nil
	}
	name := parent + exported(f.Alias)
	if f.Definition.Type.Elem != nil {
		name = strings.TrimSuffix(name, "s")
	}
	if strings.HasSuffix(def.Name, "Connection") {
		return g.connection(strings.TrimSuffix(name, "s"), f)
	}
	doc := fmt.Sprintf("is the field %s of %s", f.Alias, parent)
	if strings.HasSuffix(def.Name, "Payload") {
		name, doc = def.Name, fmt.Sprintf("is what %s answers", f.Name)
	}
	return name, g.object(name, f.SelectionSet, def, doc)
}

// connection gives the type of a page; name is that of a node without a
// fragment.
func (g *generator) connection(name string, page *ast.Field) (string, error) {
	node := ""
	for _, s := range page.SelectionSet {
		f, ok := s.(*ast.Field)
		switch {
		case ok && f.Alias == "nodes" && len(f.SelectionSet) > 0:
			node = name
			if spread, ok := f.SelectionSet[0].(*ast.FragmentSpread); ok && len(f.SelectionSet) == 1 {
				node = spread.Name
			} else if err := g.object(name, f.SelectionSet, g.schema.Types[f.Definition.Type.Name()], "is a node of the field "+page.Alias); err != nil {
				return "", err
			}
		case !ok || f.Alias != "pageInfo":
			return "", fmt.Errorf("%s: want nodes and pageInfo alone", page.Alias)
		}
	}
	if node == "" {
		return "", fmt.Errorf("%s: want nodes", page.Alias)
	}
	return "Connection[" + node + "]", nil
}

// add notes a declaration. Two of one name must be the same.
func (g *generator) add(name, declaration string) error {
	if was, ok := g.types[name]; ok && was != declaration {
		return fmt.Errorf("two types would be called %s", name)
	}
	g.types[name] = declaration
	return nil
}

// write formats and writes the file.
func (g *generator) write() error {
	var b bytes.Buffer
	b.WriteString("// Code generated by generate.go from operations/*.graphql. DO NOT EDIT.\n\npackage shopify\n\n")
	b.WriteString("import (\n\"context\"\n_ \"embed\" // the documents\n")
	declared := strings.Join(slices.Collect(maps.Values(g.types)), "")
	if strings.Contains(declared, "json.RawMessage") {
		b.WriteString("\"encoding/json\"\n")
	}
	if strings.Contains(declared, "time.Time") {
		b.WriteString("\"time\"\n")
	}
	b.WriteString(")\n\n")
	b.Write(g.calls.Bytes())
	for _, name := range slices.Sorted(maps.Keys(g.types)) {
		b.WriteString(g.types[name] + "\n")
	}
	text, err := format.Source(b.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(target, text, 0o644)
}

// initialisms are written as Go does.
var initialisms = map[string]string{
	"Api": "API", "Html": "HTML", "Id": "ID", "Ids": "IDs", "Seo": "SEO", "Sku": "SKU", "Url": "URL", "Uuid": "UUID",
}

// exported turns a GraphQL name into an exported Go one.
func exported(name string) string {
	var b strings.Builder
	for _, word := range words(name) {
		word = strings.ToUpper(word[:1]) + word[1:]
		b.WriteString(cmp.Or(initialisms[word], word))
	}
	return b.String()
}

// constant turns an enum's value, IN_CAPITALS, into the end of a Go name.
func constant(value string) string {
	var b strings.Builder
	for _, word := range strings.Split(strings.ToLower(value), "_") {
		b.WriteString(exported(word))
	}
	return b.String()
}

// snake turns a Go name into a file's: ProductsByIDs, products_by_ids.
func snake(name string) string {
	name = strings.ReplaceAll(name, "IDs", "Ids")
	return strings.ToLower(strings.Join(words(name), "_"))
}

// words cuts a name before its capitals; a run of capitals is one word.
func words(name string) []string {
	var out []string
	start := 0
	runes := []rune(name)
	for i := 1; i < len(runes); i++ {
		if unicode.IsUpper(runes[i]) && !unicode.IsUpper(runes[i-1]) {
			out = append(out, string(runes[start:i]))
			start = i
		}
	}
	return append(out, string(runes[start:]))
}
