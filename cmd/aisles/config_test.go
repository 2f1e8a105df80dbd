package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files anew")

const configDoc = "../../docs/config.md"

// TestConfigDoc keeps docs/config.md as the command line is.
func TestConfigDoc(t *testing.T) {
	t.Parallel()
	var cmd command
	parser, err := newParser(&cmd, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Commands, flags and environment

A flag wins over its environment variable, that over ` + "`aisles.toml`" + ` in the working directory (or the file ` + "`AISLES_CONFIG`" + `
names), where a flag stands under its own name, and that over the default.

## Everywhere

`)
	flags(&b, parser.Model.Flags)
	commands(&b, "aisles", parser.Model.Children)
	b.WriteString("\n## Exit status\n\n```" + exitStatuses + "\n```\n")
	if *update {
		if err := os.WriteFile(configDoc, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(configDoc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/config.md (-as it is +as it should be):\n%s", diff)
	}
}

func commands(b *strings.Builder, path string, nodes []*kong.Node) {
	for _, n := range nodes {
		name := path + " " + n.Name
		if len(n.Children) > 0 {
			commands(b, name, n.Children)
			continue
		}
		fmt.Fprintf(b, "\n## `%s`\n\n%s\n", strings.TrimSpace(name+" "+arguments(n)), n.Help)
		if len(n.Flags) > 0 {
			b.WriteString("\n")
			flags(b, n.Flags)
		}
	}
}

func arguments(n *kong.Node) string {
	var out []string
	for _, p := range n.Positional {
		name := strings.ToUpper(p.Name)
		if p.IsSlice() {
			name += "…"
		}
		if !p.Required {
			name = "[" + name + "]"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func flags(b *strings.Builder, list []*kong.Flag) {
	b.WriteString("| flag | environment | default | |\n|---|---|---|---|\n")
	for _, f := range list {
		if f.Name == "help" || f.Hidden && len(f.Envs) == 0 {
			continue
		}
		name := "`--" + f.Name + "`"
		if f.Hidden {
			name = "–"
		}
		env := "–"
		if len(f.Envs) > 0 {
			env = "`" + strings.Join(f.Envs, "`, `") + "`"
		}
		value := "–"
		if f.HasDefault {
			value = "`" + f.Default + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, env, value, f.Help)
	}
}

// TestListInFile: what is many on the command line is a list in the file.
func TestListInFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{`["10.1.0.0/16", "fd12::/32"]`: 2, `"10.1.0.0/16,fd12::/32"`: 2, `["10.1.0.0"]`: -1} {
		file, err := tomlFile(strings.NewReader("feed-networks = " + text))
		if err != nil {
			t.Fatal(err)
		}
		var cmd command
		parser, err := kong.New(&cmd, kong.Resolvers(file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{"up"}); (err != nil) != (want < 0) || (err == nil && len(cmd.Up.FeedNetworks) != want) {
			t.Errorf("%s: %v, %v", text, cmd.Up.FeedNetworks, err)
		}
	}
}
