package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aisles/internal/secret"
)

const text = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func key(t testing.TB) secret.Key {
	t.Helper()
	k, err := secret.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for _, same := range []string{
		text, strings.ToUpper(text), "  " + text + "\n",
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
	} {
		if k, err := secret.ParseKey(same); err != nil || k != key(t) {
			t.Errorf("ParseKey(%q) = another key, %v", same, err)
		}
	}
	for _, bad := range []string{"", "hunter2", text[2:], text + "00", strings.Repeat("0", 64), strings.Repeat("z", 64)} {
		_, err := secret.ParseKey(bad)
		if err == nil {
			t.Errorf("ParseKey(%q) gave a key", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	k := key(t)
	encoded, err := json.Marshal(struct{ K secret.Key }{k})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %x %s", k, k, k, k), fmt.Sprintf("%v", struct{ K secret.Key }{k}), string(encoded)} {
		if strings.Contains(shown, "0102") || strings.Contains(shown, "1 2 3") {
			t.Errorf("shows the key: %s", shown)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	if _, err := secret.Load("", ""); err == nil {
		t.Error("no key was given, and one came")
	}
	if _, err := secret.Load("", path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := secret.Load("", path); err != nil || k != key(t) {
		t.Errorf("from file: %v", err)
	}
	other := secret.NewKey()
	if other == key(t) || other.IsZero() {
		t.Error("a new key is not random")
	}
	if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if k, err := secret.Load(text, path); err != nil || k != key(t) {
		t.Errorf("the value wins over the file: %v", err)
	}
	if _, err := secret.FileKey(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a damaged file must be refused by its name, never replaced: %v", err)
	}
}

func TestFileKeyRace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "secret.key")
	keys := make([]secret.Key, 16)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			k, err := secret.FileKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	group.Wait()
	for _, k := range keys {
		if k != keys[0] || k.IsZero() {
			t.Fatal("processes that start at once do not agree on one key")
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, want 0600", info.Mode().Perm())
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".key-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestSeal(t *testing.T) {
	t.Parallel()
	box := key(t).Derive("shop token")
	sealed := box.Seal([]byte("shpat_1"), []byte("acme"))
	if bytes.Contains(sealed, []byte("shpat")) {
		t.Fatal("not encrypted")
	}
	if bytes.Equal(sealed, box.Seal([]byte("shpat_1"), []byte("acme"))) {
		t.Error("sealed twice is the same: equal secrets show")
	}
	if plain, err := box.Open(sealed, []byte("acme")); err != nil || string(plain) != "shpat_1" {
		t.Errorf("open = %q, %v", plain, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another context": func() ([]byte, error) { return box.Open(sealed, []byte("beta")) },
		"another purpose": func() ([]byte, error) { return key(t).Derive("other").Open(sealed, []byte("acme")) },
		"another key":     func() ([]byte, error) { return secret.NewKey().Derive("shop token").Open(sealed, []byte("acme")) },
		"nothing":         func() ([]byte, error) { return box.Open(nil, nil) },
	} {
		if plain, err := open(); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := box.Open(broken, []byte("acme")); err == nil {
			t.Errorf("opens with byte %d changed", i)
		}
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	box := key(t).Derive("api token")
	mac := box.Sign([]byte("message"))
	if !box.Verify([]byte("message"), mac) {
		t.Error("does not verify")
	}
	if box.Verify([]byte("massage"), mac) || box.Verify([]byte("message"), mac[:31]) || box.Verify([]byte("message"), nil) ||
		key(t).Derive("other").Verify([]byte("message"), mac) {
		t.Error("verifies what it must not")
	}
}

func FuzzOpen(f *testing.F) {
	box := key(f).Derive("fuzz")
	f.Add(box.Seal([]byte("x"), nil))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := box.Open(sealed, []byte("a context nothing is sealed under"))
		if err == nil {
			t.Errorf("opened %q", plain)
		}
	})
}
