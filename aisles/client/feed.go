package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"aisles/aisles"
)

// ImportOptions say how a feed is to be read.
type ImportOptions struct {
	Format string // empty finds out
	Source string // what to call the feed in its report; default "upload", or the feed's URL without what may be secret
	Full   bool   // remove what the feed lacks
	DryRun bool
	Sync   bool // ask for a catalog sync when the import is through
}

// Imported is an import and the runs it asked for.
type Imported struct {
	aisles.Import
	Runs []aisles.Run `json:"runs,omitempty"`
}

// Import streams a feed of any size and waits for its report. Size is in
// bytes; less than 0 when unknown. It is sent once: a feed cannot be read
// again. When the feed was refused or stopped half-way, the import so far is
// given beside the error, with the line in its report.
func (c *Client) Import(ctx context.Context, partner string, feed io.Reader, size int64, o ImportOptions) (Imported, error) {
	// A refusal is to come before the feed is sent.
	header := http.Header{"Content-Type": {"application/octet-stream"}, "Expect": {"100-continue"}}
	body := io.NopCloser(feed)
	if size == 0 {
		body = http.NoBody
	}
	return c.load(ctx, partner, body, size, header, o)
}

// ImportURL lets Aisles fetch a feed over http or https, and waits for its
// report. Aisles fetches from public addresses and from the networks that its
// operator allows. The URL may hold a password: it is in no error and in no
// report. All else is as with Import.
func (c *Client) ImportURL(ctx context.Context, partner, feedURL string, o ImportOptions) (Imported, error) {
	if feedURL == "" {
		return Imported{}, aisles.Errorf(aisles.Invalid, "the feed's URL is empty") // the API would take the body for the feed
	}
	return c.load(ctx, partner, http.NoBody, 0, http.Header{"Feed-Url": {feedURL}}, o)
}

func (c *Client) load(ctx context.Context, partner string, body io.ReadCloser, size int64, header http.Header, o ImportOptions) (Imported, error) {
	q := url.Values{}
	set(q, "format", o.Format)
	set(q, "source", o.Source)
	for name, on := range map[string]bool{"full": o.Full, "dry_run": o.DryRun, "sync": o.Sync} {
		if on {
			q.Set(name, strconv.FormatBool(on))
		}
	}
	in := call{method: http.MethodPost, path: at("partners", partner, "imports"), query: q}
	r, err := c.request(ctx, in, body, header)
	if err != nil {
		return Imported{}, err
	}
	r.ContentLength = size
	raw, err := c.exchange(r)
	if err != nil {
		var p problem
		var out Imported
		if json.Unmarshal(raw, &p) == nil && p.Import != nil {
			out.Import = *p.Import
		}
		return out, fmt.Errorf("%s %s: %w", in.method, in.path, err)
	}
	var out Imported
	return out, decode(raw, &out)
}

// ImportByID gives an import and its report.
func (c *Client) ImportByID(ctx context.Context, id string) (aisles.Import, error) {
	var out aisles.Import
	err := c.do(ctx, call{method: http.MethodGet, path: at("imports", id), repeat: true}, &out)
	return out, err
}

// Imports lists a partner's imports, newest first.
func (c *Client) Imports(ctx context.Context, partner, after string, limit int) (Page[aisles.Import], error) {
	var out Page[aisles.Import]
	err := c.do(ctx, call{method: http.MethodGet, path: at("partners", partner, "imports"), query: paging(after, limit), repeat: true}, &out)
	return out, err
}
