package client

import (
	"context"
	"net/http"
	"net/url"

	"aisles/aisles"
)

// Partners lists partners by key, at most 250 a page; limit 0 is the API's
// default.
func (c *Client) Partners(ctx context.Context, after string, limit int) (Page[aisles.Partner], error) {
	var out Page[aisles.Partner]
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners"), query: paging(after, limit), repeat: true}, &out)
	return out, err
}

// Partner gives one partner.
func (c *Client) Partner(ctx context.Context, key string) (aisles.Partner, error) {
	var out aisles.Partner
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners", key), repeat: true}, &out)
	return out, err
}

// CreatePartner adds a partner; key, name and currency count.
func (c *Client) CreatePartner(ctx context.Context, p aisles.Partner) (aisles.Partner, error) {
	body := struct {
		Key      string `json:"key"`
		Name     string `json:"name,omitempty"`
		Currency string `json:"currency,omitempty"`
	}{p.Key, p.Name, p.Currency}
	var out aisles.Partner
	err := c.do(ctx, call{method: http.MethodPost, path: at("partners"), body: body, repeat: true, key: true}, &out)
	return out, err
}

// UpdatePartner sets what is not nil.
func (c *Client) UpdatePartner(ctx context.Context, key string, name, currency *string) (aisles.Partner, error) {
	body := struct {
		Name     *string `json:"name,omitempty"`
		Currency *string `json:"currency,omitempty"`
	}{name, currency}
	var out aisles.Partner
	err := c.do(ctx, call{method: http.MethodPatch, path: at("partners", key), body: body, repeat: true}, &out)
	return out, err
}

// RemovePartner removes a partner with its products and its connection, and
// gives the number of products; 0 also when the answer that told it was lost.
func (c *Client) RemovePartner(ctx context.Context, key string) (removed int, err error) {
	var out struct {
		Removed int `json:"removed"`
	}
	err = c.do(ctx, call{method: http.MethodDelete, path: at("partners", key), repeat: true}, &out)
	return out.Removed, err
}

// ProductQuery narrows a list of products. The zero value asks for the first
// page of all.
type ProductQuery struct {
	After  string
	Limit  int // at most 250; 0 is the API's default
	Status aisles.Status
	Text   string // in key or title
}

// Products lists a partner's products by key.
func (c *Client) Products(ctx context.Context, partner string, q ProductQuery) (Page[aisles.Product], error) {
	query := paging(q.After, q.Limit)
	set(query, "status", string(q.Status))
	set(query, "text", q.Text)
	var out Page[aisles.Product]
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners", partner, "products"), query: query, repeat: true}, &out)
	return out, err
}

// Product gives one product.
func (c *Client) Product(ctx context.Context, ref aisles.Ref) (aisles.Product, error) {
	var out aisles.Product
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners", ref.Partner, "products", ref.Key), repeat: true}, &out)
	return out, err
}

// Result is what a write did to one product. Error says why it was rejected.
type Result struct {
	Key     string         `json:"key"`
	Outcome aisles.Outcome `json:"outcome"`
	Facets  []aisles.Facet `json:"facets,omitempty"`
	Remarks []string       `json:"remarks,omitempty"`
	Error   *ResultError   `json:"error,omitempty"`
}

// ResultError is why a product was rejected.
type ResultError struct {
	Code    aisles.Code `json:"code"`
	Field   string      `json:"field,omitempty"`
	Message string      `json:"message"`
}

// PutProducts creates or updates up to 250 products, one result for each in
// their order. A rejected product keeps no other from being written.
func (c *Client) PutProducts(ctx context.Context, partner string, patches []aisles.Patch, dryRun bool) ([]Result, error) {
	q := url.Values{}
	if dryRun {
		q.Set("dry_run", "true")
	}
	body := struct {
		Items []aisles.Patch `json:"items"`
	}{patches}
	var out Page[Result]
	err := c.do(ctx, call{method: http.MethodPut, path: at("partners", partner, "products"), query: q, body: body, repeat: true}, &out)
	return out.Items, err
}

// PutProduct creates or updates one product.
func (c *Client) PutProduct(ctx context.Context, partner string, patch aisles.Patch) (aisles.Product, error) {
	var out aisles.Product
	err := c.do(ctx, call{method: http.MethodPut, path: at("partners", partner, "products", patch.Key), body: patch, repeat: true}, &out)
	return out, err
}

// RemoveProduct removes one product.
func (c *Client) RemoveProduct(ctx context.Context, ref aisles.Ref) error {
	return c.do(ctx, call{method: http.MethodDelete, path: at("partners", ref.Partner, "products", ref.Key), repeat: true}, nil)
}

// BatchGet gives the named facets of up to 250 products, one body for each in
// their order; no facets means all.
func (c *Client) BatchGet(ctx context.Context, refs []aisles.Ref, facets []aisles.Facet) ([]aisles.Body, error) {
	body := struct {
		Keys   []aisles.Ref   `json:"keys"`
		Facets []aisles.Facet `json:"facets,omitempty"`
	}{refs, facets}
	var out Page[aisles.Body]
	err := c.do(ctx, call{method: http.MethodPost, path: at("products", "batchGet"), body: body, repeat: true}, &out)
	return out.Items, err
}

// Changes is a page of the change feed. Next is always set.
type Changes struct {
	Items []aisles.Change `json:"items"`
	Next  aisles.Cursor   `json:"next"`
	// More says that there are changes after Next already.
	More    bool    `json:"more"`
	Horizon Horizon `json:"horizon"`
}

// Horizon is how far the feed's end lies behind now, and what holds it there;
// zero when nothing does.
type Horizon struct {
	// Held says that changes are committed that the feed does not show yet.
	Held       bool    `json:"held"`
	AgeSeconds float64 `json:"age_seconds"`
	Holder     string  `json:"holder,omitempty"`
}

// Changes gives up to limit (at most 250, 0 is the API's default) products
// that changed after the cursor, of one partner or of all. A cursor that
// cannot be continued from is an error of code [aisles.Gone].
func (c *Client) Changes(ctx context.Context, after aisles.Cursor, limit int, partner string) (Changes, error) {
	q := paging(string(after), limit)
	set(q, "partner", partner)
	var out Changes
	err := c.do(ctx, call{method: http.MethodGet, path: at("changes"), query: q, repeat: true}, &out)
	return out, err
}
