package intake

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

var seeds = []string{
	"Handle,Title,Option1 Name,Option1 Value,Variant Price,Image Src\na,A,Size,S,1,https://x.test/a.jpg\nb,B,,,2,\na,,,M,1,\n",
	"handle;title\r\na;\"x\ny\"\r\n;z\r\nA;q;r\r\n",
	"sep=;\nURL handle;Title;Price\n\"a\"b;c;d\n\"e\"\n",
	"Handle\tTitle\tVariant SKU\tm (product.metafields.c.a)\na\tA\ts\tv\n,,,\n\na\t\t\"",
	"\xff\xfeH\x00a\x00n\x00d\x00l\x00e\x00,\x00T\x00i\x00t\x00l\x00e\x00\n\x00",
	"Handle,Title\rcaf\xe9,5\" pipe\rd,\"\"\"\"",
	"id\ttitle\tprice\titem group id\tcolor\tshipping weight\na\tA\t1 EUR\tg\tred\t1 kg\nb\tA\tEUR 2\tg\tblue\t\n",
	"<rss xmlns:g='http://base.google.com/ns/1.0'><channel><item><g:id>a</g:id><title>A&amp;</title><g:price>1 EUR</g:price><g:tax><g:rate>1</g:rate></g:tax></item></channel></rss>",
	"<?xml version='1.0' encoding='windows-1252'?><feed><entry><id>caf\xe9</id><price>1</price><sale_price>0.5</sale_price><![CDATA[x]]></entry></feed>",
	"{\"key\":\"a\",\"title\":\"A\",\"variants\":[{\"price\":\"1\"}]}\n\n{\"key\":\"A\"}\n{\"key\":\"b\",\"tags\":null,\"x\":1}\n{",
}

// FuzzRead reads anything as a feed: it never panics, and each row of a feed
// that is not refused is a product's or rejected.
func FuzzRead(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s), 600)
	}
	f.Fuzz(func(t *testing.T, feed []byte, memory int) {
		l := newLoad(nil, aisles.Import{}, Options{TempDir: t.TempDir()}, limits{memory: max(200, memory), fan: 2, levels: 2})
		defer func() {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}()
		l.in.Reader = bytes.NewReader(feed)
		if err := l.read(t.Context()); err != nil {
			if aisles.CodeOf(err) != aisles.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		rows := l.imp.Report.Rejected
		keys := map[string]bool{}
		err := l.spool.each(func(e *entry) error {
			rows += e.count
			l.decode(e)
			if e.key == "" || keys[e.key] && e.twin == nil || strings.TrimSpace(e.key) != e.key {
				t.Errorf("product %q", e.key)
			}
			keys[e.key] = true
			patch, _, fault := l.format.build(e)
			if patch.Key != e.key || fault != nil && (len(fault.lines) == 0 || fault.reason == "") {
				t.Errorf("%+v %+v", patch, fault)
			}
			if fault == nil {
				_, _, _ = patch.Apply(nil) // refuses, and does not panic
			}
			return nil
		})
		if err != nil || rows != l.imp.Report.Rows {
			t.Errorf("%d rows read, %d are products' or rejected; %v", l.imp.Report.Rows, rows, err)
		}
	})
}

// FuzzTable reads what encoding/csv can read as that does.
func FuzzTable(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if bytes.ContainsRune(text, '\r') {
			return // encoding/csv leaves those that stand alone
		}
		theirs := csv.NewReader(bytes.NewReader(text))
		theirs.FieldsPerRecord = -1
		want, err := theirs.ReadAll()
		if err != nil {
			return
		}
		ours := newTable(bytes.NewReader(text), ',')
		for _, cells := range want {
			if strings.Trim(strings.Join(cells, ""), " \t\n") == "" {
				continue
			}
			got, err := ours.read()
			if diff := cmp.Diff(cells, got.cells); diff != "" || err != nil || got.fault != nil {
				t.Fatalf("line %d: %v %+v (-want +got):\n%s", got.line, err, got.fault, diff)
			}
		}
		if got, err := ours.read(); !errors.Is(err, io.EOF) {
			t.Errorf("after the end: %+v %v", got, err)
		}
	})
}

// catalog writes a feed of products with four variants each.
func catalog(products int) string {
	var feed strings.Builder
	feed.WriteString("Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Image Src\n")
	for p := range products {
		for v := range 4 {
			head := ",,,,"
			if v == 0 {
				head = fmt.Sprintf("Product %d,\"<p>%s</p>\",Acme,\"a, b, c\",Size", p, strings.Repeat("words and ", 40))
			}
			fmt.Fprintf(&feed, "product-%d,%s,%d,SKU-%d-%d,%d.90,%d,https://x.test/%d-%d.jpg\n", p, head, v, p, v, p%90+1, v, p, v)
		}
	}
	return feed.String()
}

// BenchmarkLoad loads 2,500 products in 10,000 rows: first new, then
// unchanged; in memory, and through the disk.
func BenchmarkLoad(b *testing.B) {
	feed := catalog(2500)
	for _, bb := range []struct {
		name   string
		within limits
	}{{"memory", usual}, {"disk", limits{memory: 1 << 20, fan: 64, levels: 4}}} {
		for _, again := range []bool{false, true} {
			name := bb.name + "/new"
			if again {
				name = bb.name + "/unchanged"
			}
			b.Run(name, func(b *testing.B) {
				rows := 0
				var took time.Duration
				for range b.N {
					s := shop(b, dbtest.SQLite(b))
					load := func() aisles.Import {
						imp, err := loadWithin(context.Background(), s, strings.NewReader(feed), Options{Partner: "acme", TempDir: b.TempDir()}, bb.within)
						if err != nil || imp.Report.Rejected > 0 {
							b.Fatal(err, imp.Report.Rejects)
						}
						return imp
					}
					if again {
						load()
					}
					began := time.Now()
					rows += load().Report.Rows
					took += time.Since(began)
				}
				b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkRead reads and gathers without writing.
func BenchmarkRead(b *testing.B) {
	feed := catalog(2500)
	b.SetBytes(int64(len(feed)))
	for b.Loop() {
		l := newLoad(nil, aisles.Import{}, Options{}, usual)
		l.in.Reader = strings.NewReader(feed)
		if err := l.read(context.Background()); err != nil {
			b.Fatal(err)
		}
		if err := l.spool.each(func(e *entry) error { _, _, _ = l.format.build(e); return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
