package api

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"time"

	"aisles/aisles"
	"aisles/aisles/store"
	"aisles/internal/secret"
)

// Class says what a token is for.
type Class string

// The classes of tokens. A partner's is bound to that partner.
const (
	Operator Class = "operator"
	Sync     Class = "sync"
	Partner  Class = "partner"
)

// letters stand for the classes in a token's text.
var letters = map[Class]byte{Operator: 'o', Sync: 's', Partner: 'p'}

const (
	tokenPrefix  = "aisles_"
	tokenPurpose = "api token"
	idSize       = 10
	secretSize   = 16
	macSize      = 16 // half of an HMAC-SHA256, which is as much as RFC 2104 asks for
	// maxToken bounds a token's text, in bytes.
	maxToken = 256
	// tokenAge is how long a looked-up token is trusted: a revocation takes
	// that long in another process.
	tokenAge = 3 * time.Second
)

// errToken does not say what is wrong with a token: only who made it could do
// something about it.
var errToken = aisles.Errorf(aisles.Unauthorized, "a valid API token is required: Authorization: Bearer TOKEN")

// NewToken makes an API token: its text, shown once, and what the store keeps
// of it. The text is "aisles_", the class's letter, "_", and in base64 the id,
// a random secret, the partner and a signature over all of it.
func NewToken(key secret.Key, class Class, partner, note string, now time.Time) (text string, t store.Token, hash []byte, err error) {
	letter, ok := letters[class]
	switch {
	case !ok:
		return "", t, nil, aisles.FieldErrorf("class", "%q is not operator, sync or partner", class)
	case class == Partner:
		if err := (aisles.Partner{Key: partner}).Validate(); err != nil {
			return "", t, nil, err
		}
	case partner != "":
		return "", t, nil, aisles.FieldErrorf("partner", "only a token of class partner is bound to one")
	}
	body := make([]byte, idSize+secretSize, idSize+secretSize+len(partner)+macSize)
	_, _ = rand.Read(body) // never fails
	body = append(body, partner...)
	body = append(body, signature(key.Derive(tokenPurpose), letter, body)...)
	text = tokenPrefix + string(letter) + "_" + base64.RawURLEncoding.EncodeToString(body)
	t = store.Token{ID: hex.EncodeToString(body[:idSize]), Class: string(class), Partner: partner, Note: note, CreatedAt: now.UTC()}
	return text, t, tokenHash(text), nil
}

func signature(box secret.Box, letter byte, body []byte) []byte {
	return box.Sign(append([]byte{letter}, body...))[:macSize]
}

func tokenHash(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}

// claim is what a token says of itself, proved by its signature.
type claim struct {
	id, partner string
	class       Class
}

// parseToken reads a token that the box signed; it asks nobody.
func parseToken(box secret.Box, text string) (claim, bool) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok || len(text) > maxToken || len(rest) < 2 || rest[1] != '_' {
		return claim{}, false
	}
	body, err := base64.RawURLEncoding.Strict().DecodeString(rest[2:])
	if err != nil || len(body) < idSize+secretSize+macSize {
		return claim{}, false
	}
	signed, mac := body[:len(body)-macSize], body[len(body)-macSize:]
	if !hmac.Equal(signature(box, rest[0], signed), mac) {
		return claim{}, false
	}
	for class, letter := range letters {
		if letter == rest[0] {
			return claim{hex.EncodeToString(signed[:idSize]), string(signed[idSize+secretSize:]), class}, true
		}
	}
	return claim{}, false
}

// tokens tells who calls.
type tokens struct {
	box    secret.Box
	now    func() time.Time
	stores map[Class]*store.Store // the pool each class may use
	mu     sync.Mutex
	known  map[[sha256.Size]byte]knownToken
}

type knownToken struct {
	id    string
	until time.Time
}

func newTokens(key secret.Key, now func() time.Time, programs, forSync *store.Store) *tokens {
	return &tokens{
		box: key.Derive(tokenPurpose), now: now, known: map[[sha256.Size]byte]knownToken{},
		stores: map[Class]*store.Store{Operator: programs, Partner: programs, Sync: forSync},
	}
}

// caller is who makes a request, and the store through the pool it may use.
type caller struct {
	claim
	store *store.Store
}

// find gives the caller that presents a token. The look-up goes through the
// caller's own pool.
func (t *tokens) find(ctx context.Context, text string) (caller, error) {
	c, ok := parseToken(t.box, text)
	if !ok {
		return caller{}, errToken
	}
	who := caller{c, t.stores[c.class]}
	hash := [sha256.Size]byte(tokenHash(text))
	t.mu.Lock()
	k, ok := t.known[hash]
	t.mu.Unlock()
	if ok && t.now().Before(k.until) {
		return who, nil
	}
	until := t.now().Add(tokenAge)
	kept, err := who.store.TokenByHash(ctx, hash[:])
	if aisles.CodeOf(err) == aisles.NotFound || (err == nil && kept.RevokedAt != nil) {
		t.forget(c.id)
		return caller{}, errToken
	}
	if err != nil {
		return caller{}, errors.Join(errors.New("look up token"), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[hash] = knownToken{c.id, until}
	return who, nil
}

// forget makes a token be looked up again.
func (t *tokens) forget(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for hash, k := range t.known {
		if k.id == id {
			delete(t.known, hash)
		}
	}
}

// Knows reports whether the token was signed with the key, is of the class, and
// is kept and not revoked.
func Knows(ctx context.Context, s *store.Store, key secret.Key, text string, class Class) bool {
	if _, ok := parseToken(key.Derive(tokenPurpose), text); !ok {
		return false
	}
	t, err := s.TokenByHash(ctx, tokenHash(text))
	return err == nil && t.RevokedAt == nil && t.Class == string(class)
}
