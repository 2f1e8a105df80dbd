package client

import (
	"context"
	"net/http"
	"net/url"

	"aisles/aisles"
)

// Connection gives a partner's connection.
func (c *Client) Connection(ctx context.Context, partner string) (aisles.Connection, error) {
	var out aisles.Connection
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners", partner, "connection"), repeat: true}, &out)
	return out, err
}

// PutConnection connects a partner to a shop, or changes how it is. The secret
// is that of conn.ClientID, or without one the access token; an empty one
// keeps the credentials there are.
func (c *Client) PutConnection(ctx context.Context, partner string, conn aisles.Connection, secret string) (aisles.Connection, error) {
	body := struct {
		Shop            string          `json:"shop"`
		Endpoint        string          `json:"endpoint,omitempty"`
		Token           string          `json:"token,omitempty"`
		ClientID        string          `json:"client_id,omitempty"`
		ClientSecret    string          `json:"client_secret,omitempty"`
		Settings        aisles.Settings `json:"settings"`
		IntervalSeconds int             `json:"interval_seconds,omitempty"`
	}{Shop: conn.Shop, Endpoint: conn.Endpoint, ClientID: conn.ClientID, Settings: conn.Settings, IntervalSeconds: conn.IntervalSeconds}
	if conn.ClientID != "" {
		body.ClientSecret = secret
	} else {
		body.Token = secret
	}
	var out aisles.Connection
	err := c.do(ctx, call{method: http.MethodPut, path: at("partners", partner, "connection"), body: body, repeat: true}, &out)
	return out, err
}

// RemoveConnection parts a partner from its shop; nothing in the shop changes.
func (c *Client) RemoveConnection(ctx context.Context, partner string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: at("partners", partner, "connection"), repeat: true}, nil)
}

// RequestSync asks for a routine now and gives the runs that wait for it, one
// per partner.
func (c *Client) RequestSync(ctx context.Context, request aisles.SyncRequest) ([]aisles.Run, error) {
	var out struct {
		Runs []aisles.Run `json:"runs"`
	}
	err := c.do(ctx, call{method: http.MethodPost, path: at("syncs"), body: request, repeat: true, key: true}, &out)
	return out.Runs, err
}

// Runs lists runs, newest first; an empty partner means all.
func (c *Client) Runs(ctx context.Context, partner, after string, limit int) (Page[aisles.Run], error) {
	q := paging(after, limit)
	set(q, "partner", partner)
	var out Page[aisles.Run]
	err := c.do(ctx, call{method: http.MethodGet, path: at("runs"), query: q, repeat: true}, &out)
	return out, err
}

// Run gives one run.
func (c *Client) Run(ctx context.Context, id string) (aisles.Run, error) {
	var out aisles.Run
	err := c.do(ctx, call{method: http.MethodGet, path: at("runs", id), repeat: true}, &out)
	return out, err
}

// Actions lists a run's actions by product key.
func (c *Client) Actions(ctx context.Context, run, after string, limit int) (Page[aisles.RunAction], error) {
	var out Page[aisles.RunAction]
	err := c.do(ctx, call{method: http.MethodGet, path: at("runs", run, "actions"), query: paging(after, limit), repeat: true}, &out)
	return out, err
}

// Decide answers a held run. A yes gives the run that follows, a no the held
// one, now stopped.
func (c *Client) Decide(ctx context.Context, run string, approve bool) (aisles.Run, error) {
	verb := "reject"
	if approve {
		verb = "approve"
	}
	var out aisles.Run
	err := c.do(ctx, call{method: http.MethodPost, path: at("runs", run, verb), repeat: true, key: true}, &out)
	return out, err
}

// Mode gives the mode in force.
func (c *Client) Mode(ctx context.Context) (aisles.ModeSetting, error) {
	var out aisles.ModeSetting
	err := c.do(ctx, call{method: http.MethodGet, path: at("mode"), repeat: true}, &out)
	return out, err
}

// SetMode switches the mode; it needs a reason.
func (c *Client) SetMode(ctx context.Context, mode aisles.Mode, reason string) (aisles.ModeSetting, error) {
	body := struct {
		Mode   aisles.Mode `json:"mode"`
		Reason string      `json:"reason"`
	}{mode, reason}
	var out aisles.ModeSetting
	err := c.do(ctx, call{method: http.MethodPut, path: at("mode"), body: body, repeat: true}, &out)
	return out, err
}

// Why tells why a product is, or is not, in its shop.
func (c *Client) Why(ctx context.Context, ref aisles.Ref) (aisles.Why, error) {
	var out aisles.Why
	err := c.do(ctx, call{method: http.MethodGet, path: at("why"), query: url.Values{"partner": {ref.Partner}, "key": {ref.Key}}, repeat: true}, &out)
	return out, err
}

// Retry frees products that were set aside, all of the partner's when no keys
// are given, and gives their number.
func (c *Client) Retry(ctx context.Context, partner string, keys []string) (int, error) {
	body := struct {
		Keys []string `json:"keys"`
	}{append([]string{}, keys...)}
	var out struct {
		Retried int `json:"retried"`
	}
	err := c.do(ctx, call{method: http.MethodPost, path: at("partners", partner, "retry"), body: body, repeat: true, key: true}, &out)
	return out.Retried, err
}
