//go:build ignore

// This program writes admin_generated.graphql.gz from Shopify's introspection
// result beside it:
//
//	go run generate.go
//
// With -fetch it first downloads that result, and Shopify's licence, from the
// named version of the npm package @shopify/dev-mcp and rewrites SOURCE.md:
//
//	go run generate.go -fetch 1.16.0

package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	source = "admin_2026-10.json.gz"
	target = "admin_generated.graphql.gz"
	// limit bounds what is read from the network and from archives, in bytes.
	limit = 64 << 20
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate: ")
	version := flag.String("fetch", "", "download the schema of this version of @shopify/dev-mcp first")
	flag.Parse()
	if *version != "" {
		if err := fetch(*version); err != nil {
			log.Fatalf("fetch %s: %v", *version, err)
		}
	}
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

// generate converts source into target. A target that says the same already
// is left alone, so that another gzip implementation changes no bytes.
func generate() error {
	raw, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	doc, err := gunzip(raw)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	sdl, err := convert(doc)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	old, err := os.ReadFile(target)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if was, err := gunzip(old); err == nil && bytes.Equal(was, sdl) {
		return nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(sdl); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(target, b.Bytes(), 0o644)
}

func gunzip(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, limit))
}

// The introspection result, as far as it is converted.
type (
	introspection struct {
		Data struct {
			Schema struct {
				QueryType    struct{ Name string }
				MutationType struct{ Name string }
				Types        []definition
				Directives   []directive
			} `json:"__schema"`
		}
		OfflineScopes struct{ Items []scopeItem } `json:"offline_scopes"`
	}
	definition struct {
		Kind, Name    string
		IsOneOf       bool
		Fields        []field
		InputFields   []value
		Interfaces    []typeRef
		EnumValues    []field
		PossibleTypes []typeRef
	}
	field struct {
		Name         string
		Args         []value
		Type         typeRef
		IsDeprecated bool
	}
	value struct {
		Name         string
		Type         typeRef
		DefaultValue *string
		IsDeprecated bool
	}
	typeRef struct {
		Kind, Name string
		OfType     *typeRef
	}
	directive struct {
		Name         string
		Args         []value
		Locations    []string
		IsRepeatable bool
	}
	scopeItem struct {
		TypeName, FieldName, RequiredAccess string
		OfflineScopes                       []string
	}
)

// builtIn names what every GraphQL schema has and an SDL must not repeat.
var builtIn = []string{"Boolean", "Float", "ID", "Int", "String", "include", "skip", "deprecated", "specifiedBy", "oneOf"}

func convert(doc []byte) ([]byte, error) {
	var in introspection
	if err := json.Unmarshal(doc, &in); err != nil {
		return nil, err
	}
	s := in.Data.Schema
	w := writer{access: map[string]scopeItem{}}
	for _, item := range in.OfflineScopes.Items {
		if item.RequiredAccess != "" {
			w.access[item.TypeName+"."+item.FieldName] = item
		}
	}
	fmt.Fprintf(&w, "schema{query:%s mutation:%s}\n", s.QueryType.Name, s.MutationType.Name)
	fmt.Fprintln(&w, "directive @access(requires:String! scopes:[String!]) on OBJECT|INTERFACE|UNION|FIELD_DEFINITION")
	slices.SortFunc(s.Directives, func(a, b directive) int { return cmp.Compare(a.Name, b.Name) })
	for _, d := range s.Directives {
		if !slices.Contains(builtIn, d.Name) {
			w.directive(d)
		}
	}
	slices.SortFunc(s.Types, func(a, b definition) int { return cmp.Compare(a.Name, b.Name) })
	for _, t := range s.Types {
		if slices.Contains(builtIn, t.Name) || strings.HasPrefix(t.Name, "__") {
			continue
		}
		if err := w.definition(t); err != nil {
			return nil, fmt.Errorf("type %s: %w", t.Name, err)
		}
	}
	return w.Bytes(), nil
}

type writer struct {
	bytes.Buffer
	access map[string]scopeItem // by "Type." or "Type.field"
}

func (w *writer) directive(d directive) {
	fmt.Fprintf(w, "directive @%s", d.Name)
	w.values("(", d.Args, ")")
	if d.IsRepeatable {
		w.WriteString(" repeatable")
	}
	fmt.Fprintf(w, " on %s\n", strings.Join(d.Locations, "|"))
}

func (w *writer) definition(t definition) error {
	switch t.Kind {
	case "SCALAR":
		fmt.Fprintf(w, "scalar %s\n", t.Name)
	case "ENUM":
		fmt.Fprintf(w, "enum %s{\n", t.Name)
		for _, v := range t.EnumValues {
			fmt.Fprintf(w, "%s%s\n", v.Name, deprecated(v.IsDeprecated))
		}
		w.WriteString("}\n")
	case "UNION":
		fmt.Fprintf(w, "union %s%s=%s\n", t.Name, w.requires(t.Name, ""), names(t.PossibleTypes, "|"))
	case "INPUT_OBJECT":
		fmt.Fprintf(w, "input %s", t.Name)
		if t.IsOneOf {
			w.WriteString(" @oneOf")
		}
		w.values("{\n", t.InputFields, "\n}\n")
	case "OBJECT", "INTERFACE":
		fmt.Fprintf(w, "%s %s", map[string]string{"OBJECT": "type", "INTERFACE": "interface"}[t.Kind], t.Name)
		if len(t.Interfaces) > 0 {
			fmt.Fprintf(w, " implements %s", names(t.Interfaces, "&"))
		}
		fmt.Fprintf(w, "%s{\n", w.requires(t.Name, ""))
		for _, f := range t.Fields {
			w.WriteString(f.Name)
			w.values("(", f.Args, ")")
			fmt.Fprintf(w, ":%s%s%s\n", f.Type, deprecated(f.IsDeprecated), w.requires(t.Name, f.Name))
		}
		w.WriteString("}\n")
	default:
		return fmt.Errorf("unknown kind %q", t.Kind)
	}
	return nil
}

// values writes arguments or input fields between open and end, or nothing
// when there are none.
func (w *writer) values(open string, vs []value, end string) {
	if len(vs) == 0 {
		return
	}
	w.WriteString(open)
	for i, v := range vs {
		if i > 0 {
			w.WriteString("\n")
		}
		fmt.Fprintf(w, "%s:%s", v.Name, v.Type)
		if v.DefaultValue != nil {
			fmt.Fprintf(w, "=%s", *v.DefaultValue)
		}
		w.WriteString(deprecated(v.IsDeprecated))
	}
	w.WriteString(end)
}

func (w *writer) requires(typ, field string) string {
	item, ok := w.access[typ+"."+field]
	if !ok {
		return ""
	}
	s := " @access(requires:" + strconv.Quote(strings.TrimSpace(item.RequiredAccess))
	if len(item.OfflineScopes) > 0 {
		s += " scopes:["
		for i, scope := range item.OfflineScopes {
			if i > 0 {
				s += " "
			}
			s += strconv.Quote(scope)
		}
		s += "]"
	}
	return s + ")"
}

func deprecated(is bool) string {
	if is {
		return " @deprecated"
	}
	return ""
}

func names(refs []typeRef, sep string) string {
	var s []string
	for _, r := range refs {
		s = append(s, r.Name)
	}
	return strings.Join(s, sep)
}

// String writes the type as it stands in SDL.
func (t typeRef) String() string {
	switch t.Kind {
	case "NON_NULL":
		return t.OfType.String() + "!"
	case "LIST":
		return "[" + t.OfType.String() + "]"
	}
	return t.Name
}

// fetch replaces source, LICENSE and SOURCE.md by those of the package's
// version.
func fetch(version string) error {
	dir, err := os.MkdirTemp("", "dev-mcp")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pkg := "@shopify/dev-mcp@" + version
	pack := exec.Command("npm", "pack", "--silent", "--pack-destination", dir, pkg)
	pack.Stderr = os.Stderr
	name, err := pack.Output()
	if err != nil {
		return fmt.Errorf("npm pack %s: %w", pkg, err)
	}
	packed, err := os.Open(filepath.Join(dir, strings.TrimSpace(string(name))))
	if err != nil {
		return err
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		return fmt.Errorf("open %s: %w", pkg, err)
	}
	want := map[string]string{"package/dist/data/" + source: source, "package/LICENSE": "LICENSE"}
	for archive := tar.NewReader(z); len(want) > 0; {
		h, err := archive.Next()
		if err != nil {
			return fmt.Errorf("read %s, still missing %v: %w", pkg, want, err)
		}
		file, ok := want[h.Name]
		if !ok {
			continue
		}
		delete(want, h.Name)
		b, err := io.ReadAll(io.LimitReader(archive, limit))
		if err != nil {
			return fmt.Errorf("read %s of %s: %w", h.Name, pkg, err)
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			return err
		}
		if file == source {
			if err := describe(version, b); err != nil {
				return err
			}
		}
	}
	return nil
}

const sourceText = `# Source of the schema

| | |
|---|---|
| file | ` + "`" + source + "`" + `, byte for byte as published |
| sha256 | ` + "`%x`" + ` |
| from | npm package ` + "`@shopify/dev-mcp`" + ` %s, file ` + "`dist/data/" + source + "`" + ` |
| fetched | %s |
| licence | ISC, Copyright 2025-present, Shopify Inc.; the notice is in ` + "`LICENSE`" + ` of this folder |

It is the introspection result of Shopify's GraphQL Admin API with two additions of Shopify: facts per field
(` + "`gidTypes`" + `, ` + "`requiredAccess`" + `, …) and the block ` + "`offline_scopes`" + `.

` + "`" + target + "`" + ` is made from it by ` + "`go generate`" + `: the same types as SDL, in the order of their names,
without descriptions and reasons of deprecation, and with the sentences and scopes of ` + "`offline_scopes`" + ` as
the directive ` + "`@access`" + `. Nothing else is added or left out.

To take another version: ` + "`go run generate.go -fetch VERSION`" + ` in this folder, alone in its commit.
`

func describe(version string, b []byte) error {
	text := fmt.Sprintf(sourceText, sha256.Sum256(b), version, time.Now().UTC().Format(time.DateOnly))
	return os.WriteFile("SOURCE.md", []byte(text), 0o644)
}
