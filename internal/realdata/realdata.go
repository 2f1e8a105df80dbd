// Package realdata finds the folder of real catalogs and recordings that some
// tests need and the project does not carry.
package realdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir gives the folder that AISLES_TESTDATA names, and skips the test when it
// names none. A relative name begins at the module's root, wherever the test
// runs.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("AISLES_TESTDATA")
	if dir == "" {
		t.Skip("AISLES_TESTDATA names no folder of real catalogs")
	}
	if filepath.IsAbs(dir) {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, dir)
		}
		parent := filepath.Dir(root)
		if parent == root {
			t.Fatalf("no go.mod above the test: cannot tell where %s is", dir)
		}
		root = parent
	}
}
