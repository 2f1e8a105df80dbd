package intake

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// zipped packs names and texts in turn.
func zipped(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPacked reads feeds that are packed, also in several members.
func TestPacked(t *testing.T) {
	t.Parallel()
	feed := catalog(50)
	s := shop(t, dbtest.SQLite(t))
	for i, packed := range []string{
		gzipped(t, feed), gzipped(t, feed[:1000]) + gzipped(t, feed[1000:]), zipped(t, "shop/products.csv", feed),
		zipped(t, "shop/", "", "products.csv", feed, "__MACOSX/._products.csv", "x"), feed,
	} {
		if r := loaded(t, s, packed, Options{Full: true}); r.Created+r.Unchanged != 50 || r.Rejected > 0 || (i == 0) != (r.Created > 0) {
			t.Errorf("feed %d: %+v", i, r)
		}
	}
}

// TestPackedRefused holds archives that are no feed: nothing may be written
// and nothing left on disk.
func TestPackedRefused(t *testing.T) {
	t.Parallel()
	s := shop(t, dbtest.SQLite(t))
	feed := catalog(50)
	bomb := "Handle,Title\n" + strings.Repeat("a", 70<<20)
	many := gzipped(t, strings.Repeat("\n", 1<<20))
	for name, tt := range map[string]struct{ feed, want string }{
		"gzip cut off":   {gzipped(t, feed)[:800], "the gzip is damaged or cut off"},
		"gzip damaged":   {strings.Replace(gzipped(t, feed), "\x1f\x8b\x08", "\x1f\x8b\x09", 1), "the gzip is damaged"},
		"gzip in gzip":   {gzipped(t, gzipped(t, feed)), "it is a binary file"},
		"gzip bomb":      {gzipped(t, bomb), "more than 200 times its size"},
		"gzip of many":   {gzipped(t, "Handle,Title\n") + strings.Repeat(many, 80), "more than 200 times its size"},
		"zip bomb":       {zipped(t, "a.csv", bomb), "more than 200 times its size"},
		"zip in zip":     {zipped(t, "a.zip", zipped(t, "a.csv", feed)), "it is a binary file"},
		"zip of two":     {zipped(t, "a.csv", feed, "b.csv", feed), "this zip holds 2 files"},
		"zip of nothing": {zipped(t), "this zip holds 0 files"},
		"workbook":       {zipped(t, "[Content_Types].xml", "", "xl/workbook.xml", "<x/>"), "it is a spreadsheet"},
		"zip cut off":    {zipped(t, "a.csv", feed)[:900], "the zip is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := Options{Partner: "acme", Full: true, TempDir: t.TempDir()}
			_, err := Load(t.Context(), s, strings.NewReader(tt.feed), o)
			if aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if left, err := os.ReadDir(o.TempDir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// TestZipTooLarge stops keeping a zip at its limit.
func TestZipTooLarge(t *testing.T) {
	t.Parallel()
	u, err := unpack(&counting{Reader: strings.NewReader(zipped(t, "a.csv", catalog(50)))}, t.TempDir(), packing{ratio: 200, free: 1 << 20, zip: 1 << 10})
	if aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), "this zip has more than") {
		t.Error(err)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
}
