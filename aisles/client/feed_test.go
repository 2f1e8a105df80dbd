package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/aisles/client"
)

const feed = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\ntee,Tee,Title,Default Title,T,19.90\ncap,Cap,Title,Default Title,C,9.90\n"

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	c, ctx := w.operator(), t.Context()
	got := must[client.Imported](t)(c.Import(ctx, "acme", strings.NewReader(feed), int64(len(feed)), client.ImportOptions{Source: "shop.csv"}))
	if got.Status != aisles.ImportSucceeded || got.Report.Created != 2 || got.Source != "shop.csv" {
		t.Errorf("import = %+v", got)
	}
	if kept := must[aisles.Import](t)(c.ImportByID(ctx, got.ID)); kept.ID != got.ID || kept.Report.Created != 2 {
		t.Errorf("kept = %+v", kept)
	}
	// Of unknown size, as from a pipe.
	full := must[client.Imported](t)(c.Import(ctx, "acme", io.MultiReader(strings.NewReader(feed[:90]), strings.NewReader(feed[90:])), -1, client.ImportOptions{Full: true, DryRun: true}))
	if full.Report.Unchanged != 2 || !full.DryRun || !full.Full {
		t.Errorf("import = %+v", full)
	}
	if page := must[client.Page[aisles.Import]](t)(c.Imports(ctx, "acme", "", 10)); len(page.Items) != 2 {
		t.Errorf("imports = %+v", page)
	}
	must[aisles.Connection](t)(c.PutConnection(ctx, "acme", aisles.Connection{Shop: "acme.myshopify.com"}, "shpat_1"))
	synced := must[client.Imported](t)(c.Import(ctx, "acme", strings.NewReader(feed), int64(len(feed)), client.ImportOptions{Sync: true}))
	if len(synced.Runs) != 1 {
		t.Errorf("synced = %+v", synced)
	}
}

// TestImportURL has a feed fetched; its URL is in no error.
func TestImportURL(t *testing.T) {
	t.Parallel()
	c := newWorld(t, nil).operator()
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RequestURI() != "/shop.csv?key=s3cret" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = io.WriteString(w, feed)
	}))
	defer shop.Close()
	got := must[client.Imported](t)(c.ImportURL(t.Context(), "acme", shop.URL+"/shop.csv?key=s3cret", client.ImportOptions{Full: true}))
	if got.Status != aisles.ImportSucceeded || got.Report.Created != 2 || got.Source != shop.URL+"/shop.csv" || !got.Full {
		t.Errorf("import = %+v", got)
	}
	for address, known := range map[string]bool{shop.URL + "/s3cret": true, "http://10.0.0.1/?s3cret": true, "ftp://s3cret": false, "": false, "http://s3cret\n": false} {
		got, err := c.ImportURL(t.Context(), "acme", address, client.ImportOptions{})
		if err == nil || strings.Contains(err.Error(), "s3cret") || (got.ID != "") != known {
			t.Errorf("%q: %+v, %v", address, got.Import, err)
		}
	}
}

// TestImportRefused: the report comes with the error, also when the feed is
// larger than what a connection takes in.
func TestImportRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for name, body := range map[string]io.Reader{
		"small": strings.NewReader("no feed"),
		"large": io.MultiReader(strings.NewReader("Colour,Size\n"), io.LimitReader(lines{}, 64<<20)),
		"empty": strings.NewReader(""),
	} {
		size := int64(-1)
		if name == "empty" {
			size = 0
		}
		got, err := w.operator().Import(t.Context(), "acme", body, size, client.ImportOptions{})
		if aisles.CodeOf(err) != aisles.Invalid || got.ID == "" || got.Status != aisles.ImportFailed {
			t.Errorf("%s: %+v, %v", name, got.Import, err)
		}
	}
	if _, err := w.operator().Import(t.Context(), "nobody", io.LimitReader(lines{}, 64<<20), -1, client.ImportOptions{}); aisles.CodeOf(err) != aisles.NotFound {
		t.Errorf("no partner: %v", err)
	}
}

// lines is a feed without an end.
type lines struct{}

func (lines) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "red,small\n"[i%10]
	}
	return len(b), nil
}
