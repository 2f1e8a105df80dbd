package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDeviations: every entry of deviations.yml says what a reader needs, and
// the test it leans on exists.
func TestDeviations(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("deviations.yml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	entries := strings.Split(string(raw), "\n- rule: ")[1:]
	if len(entries) < 20 {
		t.Fatalf("%d entries: the file was not understood", len(entries))
	}
	for _, entry := range entries {
		values := map[string]string{}
		lines := strings.Split(entry, "\n")
		for _, line := range lines[1:] {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.HasPrefix(line, "#") {
				values[key] = value
			}
		}
		if kind := values["kind"]; kind != "unconfirmed" && kind != "differs" || values["reason"] == "" || values["default"] == "" {
			t.Errorf("%s: kind, reason or default is missing: %v", lines[0], values)
		}
		if test := values["test"]; test != "" && !strings.Contains(tests.String(), "func "+test+"(") {
			t.Errorf("%s: there is no %s", lines[0], test)
		}
	}
}
