package api

import (
	"strings"
	"testing"
	"time"

	"aisles/internal/secret"
)

func fuzzKey(t testing.TB) secret.Key {
	t.Helper()
	k, err := secret.ParseKey(strings.Repeat("5e", secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestToken(t *testing.T) {
	t.Parallel()
	box := fuzzKey(t).Derive(tokenPurpose)
	for _, c := range []struct {
		class   Class
		partner string
	}{{Operator, ""}, {Sync, ""}, {Partner, "acme"}, {Partner, strings.Repeat("p", 64)}} {
		text, kept, _, err := NewToken(fuzzKey(t), c.class, c.partner, "note", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got, ok := parseToken(box, text)
		if !ok || got.class != c.class || got.partner != c.partner || got.id != kept.ID || kept.Class != string(c.class) || kept.Partner != c.partner {
			t.Errorf("%s of %q: %+v, %v, kept %+v", c.class, c.partner, got, ok, kept)
		}
		for i := range text {
			changed := []byte(text)
			changed[i] ^= 3
			if got, ok := parseToken(box, string(changed)); ok {
				t.Errorf("changed at %d, and taken for %+v", i, got)
			}
		}
		if _, ok := parseToken(secret.NewKey().Derive(tokenPurpose), text); ok {
			t.Error("another key takes it")
		}
	}
	for _, bad := range [][2]string{{"king", ""}, {"partner", ""}, {"partner", "Not a key"}, {"operator", "acme"}} {
		if _, _, _, err := NewToken(fuzzKey(t), Class(bad[0]), bad[1], "", time.Now()); err == nil {
			t.Errorf("made a token of %v", bad)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	key := fuzzKey(f)
	box := key.Derive(tokenPurpose)
	for class, partner := range map[Class]string{Operator: "", Sync: "", Partner: "acme"} {
		text, _, _, err := NewToken(key, class, partner, "", time.Now())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add("aisles_o_")
	f.Add("aisles_")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := parseToken(box, text)
		if !ok {
			if c != (claim{}) {
				t.Errorf("refused, and claims %+v", c)
			}
			return
		}
		if letters[c.class] != text[len(tokenPrefix)] || (c.class == Partner) != (c.partner != "") {
			t.Errorf("%q claims %+v", text, c)
		}
	})
}
