package api_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

const feedHead = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"

func TestImport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, withLedger(t, h))
		csv := []string{"Content-Type", "text/csv"}
		feed := feedHead + "tee,Tee,Size,S,T-S,19.90\ntee,,,M,T-M,19.90\ncap,Cap,Title,Default Title,C,9.90\n"
		w.want(401, "", "POST", "/v1/partners/acme/imports", feed, csv...).problem(t)
		w.want(403, "sync", "POST", "/v1/partners/acme/imports", feed, csv...).problem(t)
		w.want(404, "beta", "POST", "/v1/partners/acme/imports", feed, csv...).problem(t)
		w.want(404, "operator", "POST", "/v1/partners/nobody/imports", feed, csv...).problem(t)
		w.want(422, "acme", "POST", "/v1/partners/acme/imports?format=excel", feed, csv...).problem(t)
		w.want(409, "acme", "POST", "/v1/partners/acme/imports?sync=true", feed, csv...).problem(t)

		dry := decode[aisles.Import](t, w.want(201, "acme", "POST", "/v1/partners/acme/imports?dry_run=true", feed, csv...))
		if !dry.DryRun || dry.Report.Created != 2 {
			t.Errorf("dry run = %+v", dry)
		}
		w.want(404, "acme", "GET", "/v1/partners/acme/products/tee", "").problem(t)
		got := decode[aisles.Import](t, w.want(201, "acme", "POST", "/v1/partners/acme/imports?source=shop.csv&format=shopify-csv", feed, csv...))
		if got.Status != aisles.ImportSucceeded || got.Report.Created != 2 || got.Report.Rows != 3 || got.Source != "shop.csv" {
			t.Errorf("import = %+v", got)
		}
		kept := decode[aisles.Import](t, w.want(200, "acme", "GET", "/v1/imports/"+got.ID, ""))
		if kept.Report.Created != 2 {
			t.Errorf("kept = %+v", kept)
		}
		w.want(404, "beta", "GET", "/v1/imports/"+got.ID, "").problem(t)
		if list := decode[listOf[aisles.Import]](t, w.want(200, "acme", "GET", "/v1/partners/acme/imports", "")); len(list.Items) != 2 || !slices.ContainsFunc(list.Items, func(i aisles.Import) bool { return i.ID == got.ID }) {
			t.Errorf("imports = %+v", list)
		}

		refused := w.want(422, "acme", "POST", "/v1/partners/acme/imports", "this is no feed", csv...).problem(t)
		if refused.Import == nil || refused.Import.Status != aisles.ImportFailed || refused.Import.Error == "" {
			t.Errorf("refused = %+v", refused)
		}

		w.want(200, "operator", "PUT", "/v1/partners/acme/connection", connection)
		synced := decode[struct {
			aisles.Import
			Runs []aisles.Run
		}](t, w.want(201, "acme", "POST", "/v1/partners/acme/imports?full=true&sync=true", feedHead+"cap,Cap,Title,Default Title,C,9.90\n", csv...))
		if synced.Report.Removed != 1 || len(synced.Runs) != 1 || synced.Runs[0].Partner != "acme" {
			t.Errorf("synced = %+v", synced)
		}
	})
}

// TestImportIsStreamed: a feed of many megabytes is not held in memory.
func TestImportIsStreamed(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	const rows, size = 300, 200 << 10
	r, feed := io.Pipe()
	var most uint64
	go func() {
		b := bufio.NewWriter(feed)
		_, err := b.WriteString("Handle,Title,Unknown column\n")
		long := strings.Repeat("x", size)
		for i := 0; i < rows && err == nil; i++ {
			_, err = fmt.Fprintf(b, "p%d,P,%s\n", i, long)
			if i%50 == 49 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
		}
		if err == nil {
			err = b.Flush()
		}
		feed.CloseWithError(err)
	}()
	req, err := http.NewRequestWithContext(t.Context(), "POST", w.server.URL+"/v1/partners/acme/imports?dry_run=true", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.tokens["acme"])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 201 {
		t.Fatalf("%d %v: %s", res.StatusCode, err, body)
	}
	if got := decode[aisles.Import](t, reply{body: body}); got.Report.Rows != rows {
		t.Errorf("rows = %d", got.Report.Rows)
	}
	if limit := uint64(rows * size / 2); most > limit {
		t.Errorf("%d MB of memory in use for a feed of %d MB", most>>20, rows*size>>20)
	}
}

// TestImportBrokenOff: a caller that goes away leaves an import that says so.
func TestImportBrokenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST /v1/partners/acme/imports HTTP/1.1\r\nHost: h\r\nX-Request-Id: broken-off\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n%stee,Tee,Size,S,T-S,19.90\n", w.tokens["acme"], feedHead)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	w.lines.of(t, "broken-off")
	list, err := w.store.Imports(context.Background(), "acme", "", 10)
	if err != nil || len(list) != 1 || list[0].Status != aisles.ImportFailed || list[0].Error == "" {
		t.Errorf("imports = %+v, %v", list, err)
	}
}

// TestRefusalComesFirst: who may not load a feed is told before sending it.
func TestRefusalComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", w.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/partners/acme/imports HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n", w.tokens["beta"])
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "404") {
		t.Errorf("first answer: %q, %v", line, err)
	}
}

// TestWhyRejected: a product that an import rejected is explained by it.
func TestWhyRejected(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		w := newWorld(t, h, withLedger(t, h))
		clash := feedHead + "tee,Tee,Size,S,T-1,19.90\ntee,,,S,T-2,19.90\n"
		csv := []string{"Content-Type", "text/csv"}
		why := func() string {
			return decode[aisles.Why](t, w.want(200, "acme", "GET", "/v1/why?partner=acme&key=tee", "")).Summary
		}
		w.want(201, "acme", "POST", "/v1/partners/acme/imports?source=shop.csv&dry_run=true", clash, csv...)
		if got := why(); strings.Contains(got, "rejected") {
			t.Errorf("after a dry run: %q", got)
		}
		w.want(201, "acme", "POST", "/v1/partners/acme/imports?source=shop.csv", clash, csv...)
		if got := why(); !strings.Contains(got, "The import of shop.csv") || !strings.Contains(got, "line 2 and 3") {
			t.Errorf("rejected: %q", got)
		}
		w.want(201, "acme", "POST", "/v1/partners/acme/imports?source=fixed.csv", feedHead+"tee,Tee,Size,S,T-1,19.90\n", csv...)
		if got := why(); strings.Contains(got, "rejected") {
			t.Errorf("after it was mended: %q", got)
		}
	})
}
