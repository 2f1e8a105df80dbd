package ledger_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
	"aisles/internal/secret"
	"aisles/phido/ledger"
)

const clientSecret = "shpss_do_not_show_me"

// TestCredentials: a connection has a token or an app's id and secret; what is
// left out stays, and what does not fit is refused.
func TestCredentials(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		want := func(what, token, id, secret string) {
			t.Helper()
			got, err := f.Credentials(ctx, "acme")
			if err != nil || got.Token != token || got.ClientID != id || got.ClientSecret != secret {
				t.Errorf("%s: %v %v", what, got, err)
			}
			if c, err := f.Connection(ctx, "acme"); c.ClientID != id || err != nil {
				t.Errorf("%s: connection %+v %v", what, c, err)
			}
		}
		put := func(id, secret string, change ...func(*aisles.Connection)) error {
			c := aisles.Connection{Partner: "acme", Shop: "acme.myshopify.com", ClientID: id}
			for _, f := range change {
				f(&c)
			}
			_, err := f.PutConnection(ctx, c, secret)
			if err != nil && (aisles.CodeOf(err) != aisles.Invalid || secret != "" && strings.Contains(err.Error(), secret)) {
				t.Errorf("put %s: %v", id, err)
			}
			return err
		}
		elsewhere := func(c *aisles.Connection) { c.Shop = "elsewhere.myshopify.com" }
		want("token", shopToken, "", "")
		if put("app-1", "") == nil || put("app 1", clientSecret) == nil {
			t.Error("an app without its secret, or a strange id, was taken")
		}
		f.ok(put("app-1", clientSecret))
		want("app", "", "app-1", clientSecret)
		f.ok(put("app-1", ""))
		f.ok(put("", ""))
		want("kept", "", "app-1", clientSecret)
		if put("app-2", "") == nil || put("app-1", "", elsewhere) == nil || put("", "", elsewhere) == nil {
			t.Error("another app, or another shop, has the former secret")
		}
		f.ok(put("app-1", "rotated"))
		want("rotated", "", "app-1", "rotated")
		if got, err := f.open("other key").Credentials(ctx, "acme"); err == nil || got != (ledger.Credentials{}) {
			t.Errorf("with another key: %v %v", got, err)
		}
		f.ok(put("", shopToken))
		want("a token again", shopToken, "", "")
	})
}

// TestPauseShop: a pause keeps its beginning, moves the next try, and ends
// when the shop answers or a person changes what it is called with.
func TestPauseShop(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		began := f.clock.Now()
		pause := func(reason string, gap time.Duration) {
			t.Helper()
			f.ok(f.PauseShop(ctx, f.lease, "acme", reason, f.clock.Now().Add(gap)))
		}
		want := func(what string, want *aisles.Pause) {
			t.Helper()
			c, err := f.Connection(ctx, "acme")
			f.ok(err)
			if want == nil && c.Paused != nil || want != nil && (c.Paused == nil || *c.Paused != *want) {
				t.Errorf("%s: %+v, want %+v", what, c.Paused, want)
			}
		}
		due := func(what string, want bool) {
			t.Helper()
			if got, err := f.Due(ctx); got.Claim != want || err != nil {
				t.Errorf("%s: due %+v %v", what, got, err)
			}
		}
		want("not yet", nil)
		pause("frozen", 10*time.Second)
		f.clock.Add(5 * time.Second)
		pause("locked", 2*time.Hour)
		want("twice", &aisles.Pause{Reason: "locked", Since: began, NextAt: began.Add(2*time.Hour + 5*time.Second)})
		if why, err := f.Why(ctx, aisles.Ref{Partner: "acme", Key: "a"}); err != nil || why.Paused == nil || why.Paused.Reason != "locked" {
			t.Errorf("why: %+v %v", why, err)
		}
		c := aisles.Connection{Partner: "acme", Shop: "acme.myshopify.com", IntervalSeconds: 60}
		_, err := f.PutConnection(ctx, c, "")
		f.ok(err)
		want("another interval", &aisles.Pause{Reason: "locked", Since: began, NextAt: began.Add(2*time.Hour + 5*time.Second)})
		f.ok(f.ResumeShop(ctx, f.lease, "acme"))
		want("the shop answers", nil)
		due("resumed", false)
		pause("locked", time.Hour)
		_, err = f.PutConnection(ctx, c, shopToken)
		f.ok(err)
		want("another token", nil)
		due("another token", true)
		pause("gone", time.Hour)
		c.Endpoint = "https://elsewhere.example"
		_, err = f.PutConnection(ctx, c, "")
		f.ok(err)
		want("another endpoint", nil)
	})
}

// TestFormerConnections: a connection made before there were credentials of
// apps is as it was.
func TestFormerConnections(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.home.Open(db.Options{Class: db.ClassAdmin, Schema: "phido"})
		_, err := d.Exec(t.Context(), `/*test*/ INSERT INTO connections (partner, shop, endpoint, token, settings, interval_seconds, sweep, next_at, created_at, updated_at)
			SELECT 'beta', 'beta.myshopify.com', '', token, settings, interval_seconds, sweep, next_at, created_at, updated_at FROM connections`)
		f.ok(err)
		all, err := f.Connections(t.Context())
		f.ok(err)
		if len(all) != 2 || all[1].Partner != "beta" || all[1].ClientID != "" || all[1].Paused != nil {
			t.Errorf("%+v", all)
		}
	})
}

// TestClientSecretsStaySecret: the secret is neither in the file nor in print.
func TestClientSecretsStaySecret(t *testing.T) {
	t.Parallel()
	h := dbtest.SQLite(t)
	l, err := ledger.Open(t.Context(), h.URL("phido"), ledger.Options{Sealer: secret.NewKey().Derive("shop tokens")})
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.PutConnection(t.Context(), aisles.Connection{Partner: "acme", Shop: "acme.myshopify.com", ClientID: "app-1"}, clientSecret)
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Credentials(t.Context(), "acme")
	if err != nil || got.ClientSecret != clientSecret {
		t.Errorf("%v %v", got, err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credentials", got)
	shown, err := json.Marshal([]any{c, got})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s %x", got, &got, got, got, got), log.String(), string(shown)} {
		if strings.Contains(text, clientSecret) || strings.Contains(text, fmt.Sprintf("%x", clientSecret)) || !strings.Contains(text, "app-1") {
			t.Errorf("shows the secret, or no id: %s", text)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(strings.TrimPrefix(h.URL("phido"), "sqlite:"))
	if err != nil || !bytes.Contains(raw, []byte("app-1")) || bytes.Contains(raw, []byte(clientSecret)) {
		t.Errorf("the file shows the secret, or not the app: %v", err)
	}
}
