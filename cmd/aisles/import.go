package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"aisles/aisles"
	"aisles/aisles/client"
)

type importCommand struct {
	Partner string `arg:"" help:"The partner."`
	Feed    string `arg:"" help:"File, - for standard input, or an http or https URL for Aisles to fetch."`
	Format  string `help:"Format of the feed." enum:"auto,shopify-csv,google-xml,google-tsv,jsonl" default:"auto"`
	Full    bool   `help:"The feed is the whole catalog: products it lacks are removed."`
	DryRun  bool   `help:"Only report what would change."`
	Sync    bool   `help:"Sync the partner's shop afterwards."`
	JSON    bool   `help:"Print JSON."`
}

// Run loads a feed and reports what became of it.
func (c importCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	done, err := c.load(e, api)
	if done.ID != "" || err == nil {
		if e2 := c.report(e, done.Import); e2 != nil {
			return e2
		}
	}
	switch {
	case err != nil:
		return err
	case done.Status == aisles.ImportFailed:
		return fmt.Errorf("import: %s", done.Error)
	}
	if done.Report.Rejected > 0 {
		return exitf(exitPartly, "%d products were rejected and left as they were", done.Report.Rejected)
	}
	return nil
}

// load has the feed loaded: by its URL, or by sending it.
func (c importCommand) load(e *env, api *client.Client) (client.Imported, error) {
	o := client.ImportOptions{Format: c.Format, Full: c.Full, DryRun: c.DryRun, Sync: c.Sync && !c.DryRun}
	switch scheme, _, isURL := strings.Cut(c.Feed, "://"); {
	case isURL && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")):
		return api.ImportURL(e.ctx, c.Partner, c.Feed, o)
	case isURL: // which may hold a password
		return client.Imported{}, exitf(exitUsage, "feeds are read from files, standard input, http:// and https://, not from %s://", scheme)
	}
	feed, size, source, err := c.open(e)
	if err != nil {
		return client.Imported{}, err
	}
	defer func() { _ = feed.Close() }()
	o.Source = source
	progress := e.progress(size)
	defer progress.end()
	return api.Import(e.ctx, c.Partner, progress.reader(feed), size, o)
}

func (c importCommand) open(e *env) (io.ReadCloser, int64, string, error) {
	if c.Feed == "-" {
		return io.NopCloser(e.in), -1, "stdin", nil
	}
	f, err := os.Open(c.Feed)
	if err != nil {
		return nil, 0, "", err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", c.Feed)
	}
	if err != nil {
		_ = f.Close()
		return nil, 0, "", err
	}
	size := int64(-1) // of a pipe nobody knows
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	return f, size, filepath.Base(c.Feed), nil
}

func (c importCommand) report(e *env, done aisles.Import) error {
	if c.JSON {
		return e.printJSON(done)
	}
	r := done.Report
	verb := ""
	if done.DryRun {
		verb = " (dry run: nothing was written)"
	}
	fmt.Fprintf(e.out, "%s: %d rows, %d created, %d updated, %d unchanged, %d removed, %d rejected%s\n",
		done.Source, r.Rows, r.Created, r.Updated, r.Unchanged, r.Removed, r.Rejected, verb)
	if len(r.IgnoredColumns) > 0 {
		fmt.Fprintf(e.err, "ignored columns: %s\n", strings.Join(r.IgnoredColumns, ", "))
	}
	for _, n := range r.Remarks {
		fmt.Fprintln(e.err, "note: "+noteText(n))
	}
	for _, n := range r.Rejects {
		fmt.Fprintln(e.err, "rejected: "+noteText(n))
	}
	return nil
}

// noteText gives a note as one line: where, what, why.
func noteText(n aisles.Note) string {
	var b strings.Builder
	for i, l := range n.Lines {
		if i == 0 {
			b.WriteString("line ")
		} else {
			b.WriteString(" and ")
		}
		fmt.Fprint(&b, l)
	}
	if n.Column != "" {
		fmt.Fprintf(&b, ", column %s", n.Column)
	}
	if n.Product != "" {
		fmt.Fprintf(&b, ", product %s", n.Product)
	}
	return strings.TrimPrefix(b.String()+": "+n.Reason, ", ")
}

// progress shows how much of a feed was read, on a terminal only.
type progress struct {
	all *mpb.Progress
	bar *mpb.Bar
}

func (e *env) progress(size int64) *progress {
	if !e.terminal() {
		return &progress{}
	}
	all := mpb.New(mpb.WithOutput(e.err), mpb.WithWidth(40))
	return &progress{all: all, bar: all.AddBar(size,
		mpb.PrependDecorators(decor.CountersKibiByte("% .1f / % .1f")),
		mpb.AppendDecorators(decor.Percentage(), decor.Name(" "), decor.EwmaSpeed(decor.SizeB1024(0), "% .1f", 30)),
		mpb.BarRemoveOnComplete())}
}

func (p *progress) reader(r io.Reader) io.Reader {
	if p.bar == nil {
		return r
	}
	return p.bar.ProxyReader(r)
}

func (p *progress) end() {
	if p.bar == nil {
		return
	}
	p.bar.SetTotal(-1, true)
	p.all.Wait()
}
