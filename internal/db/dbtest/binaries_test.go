package dbtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fake makes a folder of binaries that say they are a version.
func fake(t *testing.T, says string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"initdb", "postgres"} {
		script := "#!/bin/sh\necho '" + says + "'\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestNewestBinariesWin(t *testing.T) {
	t.Parallel()
	old := fake(t, "postgres (PostgreSQL) 13.9")
	v14 := fake(t, "postgres (PostgreSQL) 14.2 (Debian 14.2-1)")
	v100 := fake(t, "postgres (PostgreSQL) 100beta1")
	strange := fake(t, "hello")
	empty := t.TempDir()
	tests := []struct {
		name string
		dirs []string
		want string
		err  string
	}{
		{"newest", []string{old, v14, v100, strange, empty}, v100, ""},
		{"not the oldest", []string{v14, old}, v14, ""},
		{"too old", []string{old, empty}, "", "only PostgreSQL 13"},
		{"none", []string{empty, strange}, "", "no PostgreSQL was found"},
	}
	for _, tt := range tests {
		got, err := newest(tt.dirs)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: got %q, %v, want %q, %q", tt.name, got, err, tt.want, tt.err)
		}
	}
}
