package store

import (
	"bytes"
	"context"
	"errors"
	"time"

	"aisles/aisles"
	"aisles/internal/db"
)

// Token is an API token without its secret, of which only a hash is kept.
type Token struct {
	ID        string     `json:"id"`
	Class     string     `json:"class"`
	Partner   string     `json:"partner,omitempty"`
	Note      string     `json:"note,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

const tokenColumns = `id, class, partner, note, created_at, revoked_at`

func scanToken(r db.Row) (t Token, err error) {
	var created int64
	var revoked *int64
	err = r.Scan(&t.ID, &t.Class, &t.Partner, &t.Note, &created, &revoked)
	t.CreatedAt, t.RevokedAt = at(created), atOpt(revoked)
	return t, err
}

// PutToken keeps a token under its hash.
func (s *Store) PutToken(ctx context.Context, t Token, hash []byte) error {
	_, err := s.db.Exec(ctx, `/*store.PutToken*/ INSERT INTO tokens (id, hash, class, partner, note, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		t.ID, hash, t.Class, t.Partner, t.Note, s.now())
	return err
}

// TokenByHash gives the token with the hash, revoked or not.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (Token, error) {
	t, err := db.One(ctx, s.db, scanToken, `/*store.TokenByHash*/ SELECT `+tokenColumns+` FROM tokens WHERE hash = $1`, hash)
	return t, notFound(err, "no such token")
}

// Tokens gives all tokens, oldest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	return db.All(ctx, s.db, scanToken, `/*store.Tokens*/ SELECT `+tokenColumns+` FROM tokens ORDER BY created_at, id`)
}

// RevokeToken ends a token. One that is revoked already stays so.
func (s *Store) RevokeToken(ctx context.Context, id string) error {
	n, err := s.db.Exec(ctx, `/*store.RevokeToken*/ UPDATE tokens SET revoked_at = coalesce(revoked_at, $1) WHERE id = $2`, s.now(), id)
	if err == nil && n == 0 {
		err = aisles.Errorf(aisles.NotFound, "no token has the id %q", id)
	}
	return err
}

// IdempotentAnswer is what a POST was answered with.
type IdempotentAnswer struct {
	Status      int
	ContentType string
	Body        []byte
}

// answerAge is how long an answer is kept for a repeated request.
const answerAge = 24 * time.Hour

// Idempotent gives the answer kept under the key. Request is a digest: the key
// with another request is a Conflict.
func (s *Store) Idempotent(ctx context.Context, key string, request []byte) (a IdempotentAnswer, found bool, err error) {
	var kept []byte
	a, err = db.One(ctx, s.db, func(r db.Row) (a IdempotentAnswer, err error) {
		return a, r.Scan(&kept, &a.Status, &a.ContentType, &a.Body)
	}, `/*store.Idempotent*/ SELECT request, status, content_type, body FROM answers WHERE key = $1 AND answered_at > $2`, key, s.options.Now().Add(-answerAge).UnixMicro())
	switch {
	case errors.Is(err, db.ErrNoRows):
		return a, false, nil
	case err != nil:
		return a, false, err
	case !bytes.Equal(kept, request):
		return a, false, aisles.Errorf(aisles.Conflict, "this Idempotency-Key was used for another request")
	}
	return a, true, nil
}

// KeepAnswer keeps the answer of a request for a day. The first one kept
// stays.
func (s *Store) KeepAnswer(ctx context.Context, key string, request []byte, a IdempotentAnswer) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `/*store.KeepAnswer*/ DELETE FROM answers WHERE answered_at <= $1`, s.options.Now().Add(-answerAge).UnixMicro()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/*store.KeepAnswer*/ INSERT INTO answers (key, request, status, content_type, body, answered_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
			key, request, a.Status, a.ContentType, a.Body, s.now())
		return err
	})
}
