package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "aisles/"

// rooms lists, for every package, the packages of this module it may import.
// Read it top to bottom: data flows down, imports point up.
// Adding an edge is a design decision; it is made here, in review.
var rooms = map[string][]string{
	"aisles":             {},
	"internal/db":        {},
	"internal/db/dbtest": {"internal/db", "watch/origin"}, // counts statements in every store test
	"internal/realdata":  {},                              // for tests
	"internal/secret":    {},
	"aisles/store":       {"aisles", "internal/db"},
	"aisles/intake":      {"aisles", "aisles/store"},
	"aisles/api":         {"aisles", "aisles/store", "aisles/intake", "internal/db", "internal/secret"},
	"aisles/admin":       {"aisles", "aisles/store", "aisles/intake"},
	"aisles/client":      {"aisles"},
	"shopify/schema":     {},
	"shopify":            {"shopify/schema"},
	"shopify/sim":        {"shopify/schema"}, // never shopify: two readings of one schema
	"phido/plan":         {"aisles", "shopify"},
	"phido/ledger":       {"aisles", "phido/plan", "internal/db"},
	"phido":              {"aisles", "aisles/client", "phido/plan", "phido/ledger", "shopify"},
	"phido/queue":        {"phido/ledger", "internal/db"},
}

// leaf rooms may be imported by any room.
var leaf = []string{"watch/origin", "watch/telemetry"}

// only names the packages allowed to import each outside dependency.
var only = map[string][]string{
	"github.com/riverqueue/river":  {"phido/queue"},
	"riverqueue.com/riverui":       {"phido/queue"},
	"github.com/jackc/pgx":         {"internal/db", "phido/queue"}, // river.Client[pgx.Tx]
	"modernc.org/sqlite":           {"internal/db"},
	"code.dny.dev/ssrf":            {"aisles/intake"},
	"go.opentelemetry.io/otel/sdk": {"watch/telemetry"},
}

// TestImports checks every non-test file: imports stay inside rooms, every
// package is listed and has exactly one package comment.
func TestImports(t *testing.T) {
	docs := map[string]int{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(p))
		docs[dir] += 0
		if f.Doc != nil {
			docs[dir]++
		}
		allowed, known := rooms[dir]
		isCmd := strings.HasPrefix(dir, "cmd/")
		if !known && !isCmd {
			t.Errorf("%s: package is not in rooms", dir)
		}
		for _, spec := range f.Imports {
			imp := strings.Trim(spec.Path.Value, `"`)
			if own, ok := strings.CutPrefix(imp, module); ok && !isCmd && !slices.Contains(allowed, own) && !slices.Contains(leaf, own) {
				t.Errorf("%s: may not import %s", p, own)
			}
			for dep, homes := range only {
				if strings.HasPrefix(imp, dep) && !slices.Contains(homes, dir) {
					t.Errorf("%s: %s belongs to %v", p, dep, homes)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, n := range docs {
		if n != 1 {
			t.Errorf("%s: has %d package comments, want 1", dir, n)
		}
	}
	for dir := range rooms {
		if _, ok := docs[dir]; !ok {
			t.Errorf("%s: listed in rooms but does not exist", dir)
		}
	}
}

// Gauges. p90 of function length is 37-45 lines in fifteen of the twenty-two
// Go trees we measured; the limits below are about twice that.
const (
	maxFile   = 800 // lines
	maxFunc   = 80  // lines, test files excepted
	maxFields = 25  // per struct
	maxRoot   = 22  // visible entries
)

// TestGauges keeps files, functions, structs and the front door small.
func TestGauges(t *testing.T) {
	root, err := filepath.Glob("[!.]*")
	if err != nil {
		t.Fatal(err)
	}
	if len(root) > maxRoot {
		t.Errorf("%d entries at the root, want at most %d", len(root), maxRoot)
	}
	err = filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".go") {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, nil, parser.ParseComments)
		if err != nil || ast.IsGenerated(f) {
			return err
		}
		lines := func(n ast.Node) int {
			return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1
		}
		if n := fset.Position(f.FileEnd).Line; n > maxFile {
			t.Errorf("%s: %d lines, want at most %d", p, n, maxFile)
		}
		isTest := strings.HasSuffix(p, "_test.go")
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if l := lines(n); !isTest && l > maxFunc {
					t.Errorf("%s: %s has %d lines, want at most %d", p, n.Name.Name, l, maxFunc)
				}
			case *ast.StructType:
				if c := n.Fields.NumFields(); c > maxFields {
					t.Errorf("%s:%d: struct has %d fields, want at most %d", p, fset.Position(n.Pos()).Line, c, maxFields)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
