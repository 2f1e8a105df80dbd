package intake

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"

	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

// rowsOf writes a Shopify CSV of so many rows as it is read: four variants to a
// product, each with a picture.
func rowsOf(rows int) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.WriteString(w, "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Image Position\n")
		for i := 0; i < rows && err == nil; i++ {
			product, variant := i/4, i%4
			if variant == 0 {
				_, err = fmt.Fprintf(w, "product-%07d,Product %d,\"<p>Made of oak, oiled by hand.</p>\",Acme,\"oak, hand made\",", product, product)
			} else {
				_, err = fmt.Fprintf(w, "product-%07d,,,,,", product)
			}
			if err == nil {
				_, err = fmt.Fprintf(w, "Size,%d cm,SKU-%07d-%d,%d.90,7,https://cdn.example/%d-%d.jpg,%d\n", variant, product, variant, 10+variant, product, variant, variant+1)
			}
		}
		_ = w.CloseWithError(err)
	}()
	return r
}

var statusLine = regexp.MustCompile(`(VmHWM|VmRSS):\s+(\d+) kB`)

// memory gives what the process has resident, and had at most since the last
// reset, in MiB. Both are 0 where the system does not tell.
func memory(reset bool) (now, peak int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for _, m := range statusLine.FindAllStringSubmatch(string(status), -1) {
		kib, _ := strconv.Atoi(m[2])
		if m[1] == "VmHWM" {
			peak = kib >> 10
		} else {
			now = kib >> 10
		}
	}
	if reset {
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	}
	return now, peak
}

// TestManyRows loads a feed of 20,000 rows, or of a million with AISLES_LONG=1,
// twice: the second time nothing changes. Memory does not grow with the feed.
func TestManyRows(t *testing.T) {
	rows := 20_000
	if os.Getenv("AISLES_LONG") == "1" {
		rows = 1_000_000
	}
	for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
		t.Run(dialect.String(), func(t *testing.T) {
			home := dbtest.SQLite(t)
			if dialect == db.Postgres {
				home = dbtest.Postgres(t)
			}
			s := shop(t, home)
			for _, again := range []bool{false, true} {
				memory(true)
				var seen []int
				began := time.Now()
				imp, err := Load(t.Context(), s, rowsOf(rows), Options{Partner: "acme", Full: true, TempDir: t.TempDir(), Progress: func(Progress) {
					if now, _ := memory(false); len(seen) == 0 || now > seen[len(seen)-1]+5 || now < seen[len(seen)-1]-5 {
						seen = append(seen, now)
					}
				}})
				took := time.Since(began)
				if err != nil {
					t.Fatal(err)
				}
				r := imp.Report
				if want := rows / 4; r.Rows != rows || r.Rejected != 0 || again && r.Unchanged != want || !again && r.Created != want {
					t.Errorf("report: %+v", r)
				}
				_, peak := memory(false)
				if peak > 150 && rows == 1_000_000 && dialect == db.SQLite {
					t.Errorf("%d MiB at most", peak)
				}
				t.Logf("%d rows, again %v: %s, %.0f rows/s, %d MiB at most; on the way, where it moved, %v", rows, again, took.Round(time.Millisecond), float64(rows)/took.Seconds(), peak, seen)
			}
		})
	}
}
