package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"aisles/aisles"
	"aisles/aisles/intake"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// feedInput is a feed and how it is to be read.
type feedInput struct {
	PartnerPath
	Format string `query:"format" default:"auto" enum:"auto,shopify-csv,google-xml,google-tsv,jsonl" doc:"auto finds out; shopify-csv is Shopify's own product CSV, google-xml and google-tsv are Google Merchant feeds (RSS or Atom; a table), jsonl has on each line a product as this API takes it."`
	Source string `query:"source" maxLength:"200" doc:"What to call the feed in its report. Without one it is upload, or the feed's URL without user, query and fragment."`
	Full   bool   `query:"full" doc:"The feed is the whole catalog: what it lacks is removed."`
	DryRun bool   `query:"dry_run" doc:"Report what would change, and change nothing."`
	Sync   bool   `query:"sync" doc:"Ask for a catalog sync when the import is through."`
	// URL is a header and no query parameter: feeds' URLs hold passwords and
	// keys, and queries are in the access logs of whatever lies between.
	URL  string `header:"Feed-Url" maxLength:"2000" doc:"Where to fetch the feed from, over http or https, instead of from the body, which is then empty. User and password in it go to its own host only."`
	body io.Reader
}

// Resolve takes the body as it is: a feed is streamed.
func (f *feedInput) Resolve(ctx huma.Context) []error {
	f.body = ctx.BodyReader()
	return nil
}

// imported is an import, and the runs it asked for.
type imported struct {
	aisles.Import
	Runs []aisles.Run `json:"runs,omitempty" doc:"The runs that sync=true asked for."`
}

func (a *api) uploadRoute() {
	route(a, huma.Operation{
		OperationID: "loadFeed", Method: http.MethodPost, Path: "/v1/partners/{partner}/imports", Summary: "Load a feed", Tags: []string{"imports"},
		Description: "The body is the feed, of any size; it is read as it comes, and the answer is its report. " +
			"With the header Feed-Url the server fetches the feed itself, of at most 4 GiB and in at most 30 minutes: from public addresses, and from the networks that its operator allows. " +
			"A feed that is refused as a whole, or that stops half-way, is a problem with the import beside it; what was written until then is whole, and the feed is free to repeat. " +
			"An Idempotency-Key is not heeded.",
		DefaultStatus: http.StatusCreated,
		Metadata:      map[string]any{streamed: true},
		Middlewares:   huma.Middlewares{lingering},
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{
			"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
		}},
	}, people, a.loadFeed)
}

// linger is how long a feed is read on after its refusal.
const linger = 5 * time.Second

// lingering answers a feed that is refused half-way so that the answer is
// heard: a server that closes while its client still sends resets the
// connection, and the answer is lost with it. So the answer goes out at once,
// and what comes is thrown away until the client has understood.
func lingering(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	feed := &noting{ReadCloser: r.Body}
	again := r.WithContext(ctx.Context())
	again.Body = feed
	said := &held{header: w.Header(), status: http.StatusOK}
	next(huma.WithContext(humago.NewContext(ctx.Operation(), again, said), ctx.Context()))
	left := feed.begun && !feed.ended
	control := http.NewResponseController(w)
	if left {
		_ = control.EnableFullDuplex() // HTTP/2 is so anyway
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Length", strconv.Itoa(said.body.Len()))
	}
	w.WriteHeader(said.status)
	_, _ = w.Write(said.body.Bytes()) // a caller who has gone is told nothing
	if !left {
		return
	}
	_ = control.Flush()
	for end := time.Now().Add(linger); !feed.ended; {
		_, _ = io.CopyN(io.Discard, feed, 1<<20)
		if time.Now().After(end) {
			panic(http.ErrAbortHandler) // the answer is out; this ends the connection
		}
	}
}

// held holds back an answer, which is small.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }
func (h *held) WriteHeader(status int)      { h.status = status }

// noting notes whether a body was begun and read to its end.
type noting struct {
	io.ReadCloser
	begun, ended bool
}

// Read notes what became of the body.
func (n *noting) Read(b []byte) (int, error) {
	n.begun = true
	got, err := n.ReadCloser.Read(b)
	n.ended = n.ended || err != nil
	return got, err
}

// finishTime bounds what is left to do for a caller who may have gone.
const finishTime = 30 * time.Second

func (a *api) loadFeed(ctx context.Context, c caller, in *feedInput) (*result[imported], error) {
	if _, err := c.store.Partner(ctx, in.Partner); err != nil {
		return nil, err
	}
	if in.Sync {
		if err := a.connected(ctx, in.Partner); err != nil {
			return nil, err
		}
	}
	feed, source, err := a.open(ctx, in)
	if err != nil {
		return nil, err
	}
	defer func() { _ = feed.Close() }() // it was read as far as it was wanted
	i, err := intake.Load(ctx, c.store, feed, intake.Options{
		Partner: in.Partner, Source: cmp.Or(in.Source, source), Format: in.Format, Full: in.Full, DryRun: in.DryRun, TempDir: a.TempDir,
	})
	if err != nil {
		p := problemOf(ctx, err)
		if i.ID != "" {
			withImport := *p
			withImport.Import = &i
			p = &withImport
		}
		return nil, p
	}
	out := imported{Import: i}
	if in.Sync && !in.DryRun {
		// The import stands: a caller who has gone wanted its sync all the same.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
		defer cancel()
		if out.Runs, err = a.Phido.RequestSync(ctx, aisles.SyncRequest{Partners: []string{in.Partner}, Routine: aisles.RoutineCatalog}); err != nil {
			return nil, errors.Join(errors.New("the feed is loaded, and the sync was not asked for"), err)
		}
	}
	return &result[imported]{out}, nil
}

// open gives the feed, the caller's or the one at a URL, and what to call it.
func (a *api) open(ctx context.Context, in *feedInput) (io.ReadCloser, string, error) {
	if in.URL == "" {
		return io.NopCloser(in.body), "upload", nil
	}
	switch _, err := io.ReadFull(in.body, make([]byte, 1)); err {
	case io.EOF:
		return a.Feeds.Open(ctx, in.URL)
	case nil:
		return nil, "", aisles.Errorf(aisles.Invalid, "a feed is either sent or fetched: with the header Feed-Url the body has to be empty")
	default:
		return nil, "", fmt.Errorf("read the body: %w", err)
	}
}

// connected says so when a partner has no shop to sync, before its feed is read.
func (a *api) connected(ctx context.Context, partner string) error {
	phido, err := a.companion()
	if err != nil {
		return err
	}
	_, err = phido.Connection(ctx, partner)
	if aisles.CodeOf(err) == aisles.NotFound {
		return aisles.Errorf(aisles.Conflict, "%s is not connected to a shop, so there is nothing to sync", partner)
	}
	return err
}
