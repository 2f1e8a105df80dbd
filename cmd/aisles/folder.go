package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is the data folder: databases, keys, tokens.
type folder string

func (f folder) path(name string) string { return filepath.Join(string(f), name) }

// read gives a small file's text without the line's end; "" when there is
// none.
func (f folder) read(name string) (string, error) {
	b, err := os.ReadFile(f.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// write replaces a small file whole, readable by its owner alone.
func (f folder) write(name, text string) error {
	tmp := f.path("." + name + "." + rand.Text()[:8])
	if err := os.WriteFile(tmp, []byte(text+"\n"), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", f.path(name), err)
	}
	if err := os.Rename(tmp, f.path(name)); err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("write %s: %w", f.path(name), err)
	}
	return nil
}

// Files of the data folder.
const (
	operatorTokenFile = "operator.token"
	phidoTokenFile    = "phido.token"
	secretKeyFile     = "secret.key"
	urlFile           = "url"
)
