// Package secret keeps what must not be read at rest and proves what was said
// by us. One [Key] of 32 bytes is the root; each purpose derives its own [Box]
// from it, so that what is sealed or signed for one purpose is worth nothing
// for another.
package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// maxKeyFile bounds a key file, in bytes: a key in hexadecimal and a line end
// are far below it.
const maxKeyFile = 4 << 10

// ErrSealed is the error of [Box.Open]: the bytes were sealed with another key,
// for another purpose or context, or are damaged. Which one cannot be told.
var ErrSealed = errors.New("cannot be opened with this key")

// Key is the root of all secrets of an installation. It prints as a
// placeholder. The zero value is no key; do not derive from it.
type Key struct{ raw [KeySize]byte }

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k == Key{} }

// Format prints a placeholder whatever the verb, so that no log shows a key.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "secret.Key(…)") }

// MarshalText writes a placeholder, for encoders look past Format.
func (Key) MarshalText() ([]byte, error) { return []byte("secret.Key(…)"), nil }

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.raw[:]) // never fails
	return k
}

// ParseKey reads a key: 32 bytes in hexadecimal or base64, with white space
// around it.
func ParseKey(text string) (Key, error) {
	b := bytes.TrimSpace([]byte(text))
	var k Key
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if raw, err := decode(string(b)); err == nil && len(raw) == KeySize {
			copy(k.raw[:], raw)
			if k.IsZero() {
				return Key{}, errors.New("secret key: all zeros is no key")
			}
			return k, nil
		}
	}
	// The text is not repeated: it may be a key with a typing error.
	return Key{}, fmt.Errorf("secret key: want %d bytes in hexadecimal or base64, such as `openssl rand -hex %d` gives", KeySize, KeySize)
}

// Load reads the key from its text, as an environment variable holds it, or
// else from the file at path. It is an error when neither is given.
func Load(value, path string) (Key, error) {
	switch {
	case value != "":
		return ParseKey(value)
	case path != "":
		return readKey(path)
	}
	return Key{}, errors.New("secret key: none given")
}

// FileKey reads the key from the file at path, and makes one there, readable
// by its owner only, when there is no file. Processes that race agree on one key.
func FileKey(path string) (Key, error) {
	k, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return Key{}, fmt.Errorf("make secret key: %w", err)
	}
	return readKey(path)
}

// makeKey writes a key beside path and links it there, so that nobody ever
// reads half of one.
func makeKey(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	raw := NewKey().raw
	_, err = f.WriteString(hex.EncodeToString(raw[:]) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}

func readKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("read secret key: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Key{}, fmt.Errorf("read secret key: %w", err)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// Box seals and signs for one purpose. It may be used by many goroutines. The
// zero value is not usable; get one from [Key.Derive].
type Box struct {
	seal cipher.AEAD
	mac  []byte
}

// Derive gives the box of a purpose. The purpose is part of what is derived:
// change it and nothing sealed before opens.
func (k Key) Derive(purpose string) Box {
	if k.IsZero() {
		panic("secret: derived from no key")
	}
	block, err := aes.NewCipher(k.expand(purpose + " seal"))
	if err != nil {
		panic(err) // only for a wrong key length
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a wrong block length
	}
	return Box{seal: seal, mac: k.expand(purpose + " sign")}
}

func (k Key) expand(info string) []byte {
	out, err := hkdf.Expand(sha256.New, k.raw[:], "aisles "+info, KeySize)
	if err != nil {
		panic(err) // only for more than 255 blocks
	}
	return out
}

// sealVersion is the first byte of what is sealed, so that another cipher can
// follow this one.
const sealVersion = 1

// Seal encrypts plain and binds it to the context, which [Box.Open] must be
// given again: a sealed value moved to another row does not open.
func (b Box) Seal(plain, context []byte) []byte {
	return b.seal.Seal([]byte{sealVersion}, nil, plain, context)
}

// Open gives what was sealed under the same context, or [ErrSealed].
func (b Box) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	plain, err := b.seal.Open(nil, nil, sealed[1:], context)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Sign gives the 32-byte code that proves the message came from a holder of
// the key.
func (b Box) Sign(message []byte) []byte {
	h := hmac.New(sha256.New, b.mac)
	h.Write(message)
	return h.Sum(nil)
}

// Verify reports whether mac is the message's, in constant time.
func (b Box) Verify(message, mac []byte) bool { return hmac.Equal(b.Sign(message), mac) }
