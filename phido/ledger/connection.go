package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"aisles/aisles"
	"aisles/internal/db"
)

const defaultInterval = 3600

var shopDomain = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+$`)

const connectionColumns = `partner, shop, endpoint, client_id, settings, interval_seconds, paused_reason, paused_since, next_at, created_at, updated_at`

func scanConnection(r db.Row) (c aisles.Connection, err error) {
	var settings string
	var reason *string
	var since *int64
	var next, created, updated int64
	if err := r.Scan(&c.Partner, &c.Shop, &c.Endpoint, &c.ClientID, &settings, &c.IntervalSeconds, &reason, &since, &next, &created, &updated); err != nil {
		return c, err
	}
	if reason != nil && since != nil {
		c.Paused = &aisles.Pause{Reason: *reason, Since: at(*since), NextAt: at(next)}
	}
	c.CreatedAt, c.UpdatedAt = at(created), at(updated)
	return c, json.Unmarshal([]byte(settings), &c.Settings)
}

// Connections gives all connections by partner.
func (l *Ledger) Connections(ctx context.Context) ([]aisles.Connection, error) {
	return db.All(ctx, l.db, scanConnection, `/*ledger.Connections*/ SELECT `+connectionColumns+` FROM connections ORDER BY partner`)
}

// Connection gives a partner's connection, or NotFound.
func (l *Ledger) Connection(ctx context.Context, partner string) (aisles.Connection, error) {
	c, err := db.One(ctx, l.db, scanConnection, `/*ledger.Connection*/ SELECT `+connectionColumns+` FROM connections WHERE partner = $1`, partner)
	return c, notFound(err, "%s is not connected to a shop", partner)
}

func validConnection(c aisles.Connection) error {
	if !shopDomain.MatchString(c.Shop) || len(c.Shop) > 253 {
		return aisles.FieldErrorf("shop", "%q is no domain such as acme.myshopify.com", c.Shop)
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
			return aisles.FieldErrorf("endpoint", "use an http or https URL without user and query")
		}
	}
	if c.IntervalSeconds < 0 || c.IntervalSeconds > 0 && c.IntervalSeconds < 60 {
		return aisles.FieldErrorf("interval_seconds", "%d is less than a minute", c.IntervalSeconds)
	}
	if len(c.ClientID) > 255 || strings.ContainsFunc(c.ClientID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return aisles.FieldErrorf("client_id", "is no client id of an app")
	}
	return c.Settings.Validate()
}

// PutConnection makes or changes a partner's connection. The secret is the
// client's of c.ClientID, or without one the shop's access token; an empty one
// keeps the credentials there are. Another shop makes the ledger forget the
// partner's products; any change drops what was learnt about the shop, and one
// of shop or credentials ends a pause.
func (l *Ledger) PutConnection(ctx context.Context, c aisles.Connection, secret string) (aisles.Connection, error) {
	if err := validConnection(c); err != nil {
		return c, err
	}
	if c.IntervalSeconds == 0 {
		c.IntervalSeconds = defaultInterval
	}
	err := l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		old, err := db.One(ctx, tx, scanConnection, `/*ledger.PutConnection*/ SELECT `+connectionColumns+` FROM connections WHERE partner = $1`+tx.SQL("", " FOR UPDATE"), c.Partner)
		isNew := errors.Is(err, db.ErrNoRows)
		if err != nil && !isNew {
			return err
		}
		moved := isNew || old.Shop != c.Shop
		if err := needSecret(c, old, moved, secret); err != nil {
			return err
		}
		if moved {
			if err := forget(ctx, tx, c.Partner); err != nil {
				return err
			}
		}
		if err := l.saveConnection(ctx, tx, c); err != nil {
			return err
		}
		if moved {
			if _, err := tx.Exec(ctx, `/*ledger.PutConnection*/ UPDATE connections SET sweep = true WHERE partner = $1`, c.Partner); err != nil {
				return err
			}
		}
		if secret != "" {
			if err := l.saveCredentials(ctx, tx, c, secret); err != nil {
				return err
			}
		}
		if secret != "" || old.Endpoint != c.Endpoint {
			return l.endPause(ctx, tx, c.Partner)
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("connect %s: %w", c.Partner, err)
	}
	return l.Connection(ctx, c.Partner)
}

// saveConnection writes all but the credentials. The time of a pause's next
// try is the pause's.
func (l *Ledger) saveConnection(ctx context.Context, tx *db.Tx, c aisles.Connection) error {
	now := l.now()
	next := now + int64(c.IntervalSeconds)*1e6
	_, err := tx.Exec(ctx, `/*ledger.PutConnection*/ INSERT INTO connections (partner, shop, endpoint, token, settings, interval_seconds, sweep, next_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8, $8) ON CONFLICT (partner) DO UPDATE SET shop = excluded.shop, endpoint = excluded.endpoint, settings = excluded.settings,
		interval_seconds = excluded.interval_seconds, facts = NULL, updated_at = excluded.updated_at,
		next_at = CASE WHEN connections.interval_seconds = excluded.interval_seconds OR connections.paused_since IS NOT NULL THEN connections.next_at ELSE excluded.next_at END`,
		c.Partner, c.Shop, c.Endpoint, []byte{}, text(c.Settings), c.IntervalSeconds, next, now)
	if errors.Is(err, db.ErrUnique) {
		return aisles.FieldErrorf("shop", "%s is connected to another partner already", c.Shop)
	}
	return err
}

// RemoveConnection forgets the shop and all that was known of the partner's
// products there. The shop stays as it is; runs stay on record.
func (l *Ledger) RemoveConnection(ctx context.Context, partner string) error {
	return l.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := forget(ctx, tx, partner); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `/*ledger.RemoveConnection*/ DELETE FROM connections WHERE partner = $1`, partner)
		if err == nil && n == 0 {
			return aisles.Errorf(aisles.NotFound, "%s is not connected to a shop", partner)
		}
		return err
	})
}

// forget drops what is known of a partner's products. What runs for it may
// write no more of them.
func forget(ctx context.Context, tx *db.Tx, partner string) error {
	if err := revoke(ctx, tx, partner); err != nil {
		return err
	}
	for _, table := range []string{"pending", "known", "confirmed"} {
		if _, err := tx.Exec(ctx, `/*ledger.forget*/ DELETE FROM `+table+` WHERE partner = $1`, partner); err != nil {
			return err
		}
	}
	return nil
}

// Facts gives what was learnt about the partner's shop; nil when nothing was
// since the connection last changed.
func (l *Ledger) Facts(ctx context.Context, partner string) ([]byte, error) {
	facts, err := db.Value[*string](ctx, l.db, `/*ledger.Facts*/ SELECT facts FROM connections WHERE partner = $1`, partner)
	if err != nil || facts == nil {
		return nil, notFound(err, "%s is not connected to a shop", partner)
	}
	return []byte(*facts), nil
}

// SaveFacts keeps what was learnt about the partner's shop, as JSON.
func (l *Ledger) SaveFacts(ctx context.Context, lease *Lease, partner string, facts []byte) error {
	return l.guarded(ctx, lease, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/*ledger.SaveFacts*/ UPDATE connections SET facts = $1 WHERE partner = $2`, string(facts), partner)
		return err
	})
}
