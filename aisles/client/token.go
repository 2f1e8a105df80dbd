package client

import (
	"context"
	"net/http"
	"time"
)

// Token describes an API token; what is to be presented is never told again.
type Token struct {
	ID string `json:"id"`
	// Class is operator, sync or partner.
	Class     string     `json:"class"`
	Partner   string     `json:"partner,omitempty"`
	Note      string     `json:"note,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// Tokens lists the API tokens, revoked ones too.
func (c *Client) Tokens(ctx context.Context) ([]Token, error) {
	var out Page[Token]
	err := c.do(ctx, call{method: http.MethodGet, path: at("tokens"), repeat: true}, &out)
	return out.Items, err
}

// CreateToken makes an API token of a class, bound to a partner when the class
// is partner, and gives the text to present. It is not repeated: its answer is
// kept nowhere.
func (c *Client) CreateToken(ctx context.Context, class, partner, note string) (text string, t Token, err error) {
	body := struct {
		Class   string `json:"class"`
		Partner string `json:"partner,omitempty"`
		Note    string `json:"note,omitempty"`
	}{class, partner, note}
	var out struct {
		Token
		Text string `json:"token"`
	}
	err = c.do(ctx, call{method: http.MethodPost, path: at("tokens"), body: body}, &out)
	return out.Text, out.Token, err
}

// RevokeToken ends a token; within a few seconds no process takes it any more.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: at("tokens", id), repeat: true}, nil)
}

// Ready reports whether Aisles can serve, by nil.
func (c *Client) Ready(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodGet, path: "/readyz"}, nil)
}
