package ledger

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"aisles/aisles"
	"aisles/internal/db"
)

// Credentials are what a shop is called with: an access token that does not
// expire, or an app's id and secret that give such as do. They print without
// their secrets.
type Credentials struct {
	Token        string `json:"-"`
	ClientID     string
	ClientSecret string `json:"-"`
}

// Format prints the credentials without their secrets, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// String gives the credentials without their secrets.
func (c Credentials) String() string {
	return fmt.Sprintf("ledger.Credentials{ClientID: %q}", c.ClientID)
}

// LogValue logs the credentials without their secrets.
func (c Credentials) LogValue() slog.Value {
	return slog.GroupValue(slog.String("client_id", c.ClientID))
}

// Credentials gives what the partner's shop is called with.
func (l *Ledger) Credentials(ctx context.Context, partner string) (Credentials, error) {
	var c Credentials
	var shop string
	var token, secret []byte
	_, err := db.One(ctx, l.db, func(r db.Row) (any, error) { return nil, r.Scan(&shop, &token, &c.ClientID, &secret) },
		`/*ledger.Credentials*/ SELECT shop, token, client_id, client_secret FROM connections WHERE partner = $1`, partner)
	if err != nil {
		return Credentials{}, notFound(err, "%s is not connected to a shop", partner)
	}
	sealed, bound := token, tokenContext(partner, shop)
	if c.ClientID != "" {
		sealed, bound = secret, clientContext(partner, shop, c.ClientID)
	}
	plain, err := l.Sealer.Open(sealed, bound)
	if err != nil {
		return Credentials{}, fmt.Errorf("the credentials of %s cannot be opened (is it the key they were sealed with?): connect the shop again: %w", partner, err)
	}
	if c.ClientID != "" {
		c.ClientSecret = string(plain)
	} else {
		c.Token = string(plain)
	}
	return c, nil
}

func tokenContext(partner, shop string) []byte {
	return []byte("shop token\x00" + partner + "\x00" + shop)
}

func clientContext(partner, shop, id string) []byte {
	return []byte("client secret\x00" + partner + "\x00" + shop + "\x00" + id)
}

// needSecret refuses a change that the stored credentials do not fit: they are
// bound to their shop and app.
func needSecret(c, old aisles.Connection, moved bool, secret string) error {
	switch {
	case secret != "":
		return nil
	case c.ClientID != "" && (moved || c.ClientID != old.ClientID):
		return aisles.FieldErrorf("client_secret", "another shop or app needs its client secret")
	case moved:
		return aisles.FieldErrorf("token", "a connection to another shop needs its access token, or an app's client_id and client_secret")
	}
	return nil
}

// saveCredentials seals the secret, in place of whatever was there.
func (l *Ledger) saveCredentials(ctx context.Context, tx *db.Tx, c aisles.Connection, secret string) error {
	token, client := []byte{}, []byte(nil)
	if c.ClientID != "" {
		client = l.Sealer.Seal([]byte(secret), clientContext(c.Partner, c.Shop, c.ClientID))
	} else {
		token = l.Sealer.Seal([]byte(secret), tokenContext(c.Partner, c.Shop))
	}
	_, err := tx.Exec(ctx, `/*ledger.saveCredentials*/ UPDATE connections SET token = $1, client_id = $2, client_secret = $3 WHERE partner = $4`,
		token, c.ClientID, client, c.Partner)
	return err
}
