package intake

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/aisles/store"
)

// The formats of feeds.
const (
	Auto       = "auto"
	ShopifyCSV = "shopify-csv"
)

// largestRow bounds one row in bytes. More is a quote that was never closed.
const largestRow = 32 << 20

// Options say whose feed it is and what it means.
type Options struct {
	Partner string
	// Source is what the report calls the feed: a file's name, "stdin".
	Source string
	Format string // Auto when empty
	// Full says that the feed is the whole catalog: what it lacks is removed.
	Full bool
	// DryRun reports what would change and changes nothing.
	DryRun bool
	// TempDir is where rows are sorted when they are many; the system's when
	// empty.
	TempDir string
	// Progress is told every thousand rows and every batch written; nil is
	// off.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	Rows, Products int
}

// load is one import under way.
type load struct {
	Options
	store  *store.Store
	imp    aisles.Import
	layout layout
	spool  *spool
	line   int
	latin  *latin
}

// Load reads a feed into a partner's catalog and gives the import with its
// report, which is kept. The error says why the feed as a whole was refused,
// then nothing was written, or where it stopped. Rejected products are no
// error: they are in the report.
func Load(ctx context.Context, st *store.Store, r io.Reader, o Options) (aisles.Import, error) {
	if o.Format == "" {
		o.Format = Auto
	}
	if o.Format != Auto && o.Format != ShopifyCSV {
		return aisles.Import{}, aisles.FieldErrorf("format", "%q is none of auto, shopify-csv", clip(o.Format))
	}
	imp, err := st.StartImport(ctx, aisles.Import{Partner: o.Partner, Source: o.Source, Format: ShopifyCSV, Full: o.Full, DryRun: o.DryRun})
	if err != nil {
		return imp, fmt.Errorf("start import: %w", err)
	}
	l := &load{Options: o, store: st, imp: imp, spool: &spool{parent: o.TempDir}}
	err = errors.Join(l.run(ctx, r), l.spool.Close())
	return l.finish(ctx, err)
}

func (l *load) run(ctx context.Context, r io.Reader) error {
	if err := l.read(ctx, r); err != nil {
		return err
	}
	if err := l.write(ctx); err != nil {
		return err
	}
	if !l.Full {
		return nil
	}
	removed, err := l.store.RemoveUnseen(ctx, l.imp.ID, l.Partner, l.DryRun, nil)
	l.imp.Report.Removed = removed
	return err
}

// finish keeps the import as it ended, also when its context did.
func (l *load) finish(ctx context.Context, err error) (aisles.Import, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	now := time.Now().UTC()
	l.imp.FinishedAt = &now
	r := &l.imp.Report
	byLine := func(a, b aisles.Note) int { return slices.Compare(a.Lines, b.Lines) }
	slices.SortStableFunc(r.Rejects, byLine)
	slices.SortStableFunc(r.Remarks, byLine)
	switch {
	case err != nil:
		l.imp.Status, l.imp.Error, r.StoppedAt = aisles.ImportFailed, err.Error(), l.line
	case r.Rejected > 0:
		l.imp.Status = aisles.ImportPartial
	default:
		l.imp.Status = aisles.ImportSucceeded
	}
	if l.Full {
		err = errors.Join(err, l.store.ForgetSeen(ctx, l.imp.ID))
	}
	return l.imp, errors.Join(err, l.store.SaveImport(ctx, l.imp))
}

// read goes through the whole feed and sorts its rows.
func (l *load) read(ctx context.Context, r io.Reader) error {
	in, start, err := decode(r)
	if err != nil {
		return err
	}
	l.latin = in.latin
	guard := &guard{r: in}
	rows := csv.NewReader(guard)
	rows.Comma, rows.FieldsPerRecord, rows.ReuseRecord = delimiter(start), -1, true
	header, err := rows.Read()
	if err != nil {
		return l.malformed(err)
	}
	if l.layout, err = readHeader(slices.Clone(header)); err != nil {
		return err
	}
	l.imp.Report.IgnoredColumns = l.layout.ignored
	for {
		guard.row = 0
		cells, err := rows.Read()
		switch {
		case errors.Is(err, io.EOF):
			l.line = 0
			return nil
		case err != nil:
			return l.malformed(err)
		case ctx.Err() != nil:
			return fmt.Errorf("the import was interrupted: %w", context.Cause(ctx))
		}
		l.line, _ = rows.FieldPos(0)
		if err := l.keep(row{l.line, cells}); err != nil {
			return err
		}
	}
}

// keep sorts one row.
func (l *load) keep(r row) error {
	l.imp.Report.Rows++
	if l.Progress != nil && l.imp.Report.Rows%1000 == 0 {
		l.Progress(Progress{Rows: l.imp.Report.Rows})
	}
	key := ""
	if at := l.layout.at[handle]; at < len(r.cells) {
		key = strings.TrimSpace(r.cells[at])
	}
	if key == "" {
		if strings.TrimSpace(strings.Join(r.cells, "")) == "" {
			return nil // an empty row says nothing
		}
		l.reject(aisles.Note{Lines: []int{r.line}, Column: l.layout.name(handle), Reason: "is blank: the row belongs to no product"})
		return nil
	}
	return l.spool.add(key, r)
}

// malformed says where the table breaks off. Beyond that place nobody can tell
// which cell belongs to which product, so nothing is written.
func (l *load) malformed(err error) error {
	var p *csv.ParseError
	switch {
	case errors.As(err, &p):
		l.line = p.Line
		what := p.Err.Error()
		if errors.Is(p.Err, csv.ErrQuote) && p.StartLine != p.Line {
			what = fmt.Sprintf("a quoted cell that begins in line %d is not closed, or a quote in it is not doubled", p.StartLine)
		}
		return aisles.Errorf(aisles.Invalid, "line %d, character %d: %s; nothing was written", p.Line, p.Column, what)
	case errors.Is(err, errLongRow):
		return aisles.Errorf(aisles.Invalid, "the row after line %d has more than %d MB: is a quote not closed? Nothing was written", l.line, largestRow>>20)
	}
	return fmt.Errorf("read the feed: %w", err)
}

var errLongRow = errors.New("row too long")

// guard ends a row that grows without end.
type guard struct {
	r   io.Reader
	row int
}

func (g *guard) Read(b []byte) (int, error) {
	if g.row > largestRow {
		return 0, errLongRow
	}
	n, err := g.r.Read(b)
	g.row += n
	return n, err
}

// write turns the sorted rows into products and stores them.
func (l *load) write(ctx context.Context) error {
	if l.latin.count > 0 {
		l.remark(aisles.Note{Reason: fmt.Sprintf("%d bytes are not UTF-8 and were read as Windows-1252", l.latin.count)})
	}
	for p := range partitions {
		rows, err := l.spool.rows(p)
		if err != nil {
			return err
		}
		var batch []entry
		for _, e := range l.entries(rows) {
			if batch = append(batch, e); len(batch) == store.MaxBatch {
				if err := l.put(ctx, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := l.put(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// entry is one product of the feed.
type entry struct {
	key   string
	rows  []row
	clash *fault
}

// entries gathers a partition's rows by product, in the order of the feed.
func (l *load) entries(rows []row) []entry {
	at, folded := map[string]int{}, map[string]int{}
	var out []entry
	for _, r := range rows {
		key := strings.TrimSpace(r.cells[l.layout.at[handle]])
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, entry{key: key})
			if first, clash := folded[strings.ToLower(key)]; clash {
				out[i].clash = &fault{[]int{out[first].rows[0].line, r.line}, l.layout.name(handle),
					strconv.Quote(clip(key)) + " and " + strconv.Quote(clip(out[first].key)) + " are one handle to Shopify"}
			} else {
				folded[strings.ToLower(key)] = i
			}
		}
		out[i].rows = append(out[i].rows, r)
	}
	return out
}

// put writes a batch of products and reports on each.
func (l *load) put(ctx context.Context, batch []entry) error {
	if len(batch) == 0 {
		return nil
	}
	l.line = batch[0].rows[0].line
	var patches []aisles.Patch
	var sent []entry
	var lines [][]int
	keys := make([]string, len(batch))
	for i, e := range batch {
		keys[i] = e.key
		patch, at, f := build(&l.layout, e.key, e.rows)
		if e.clash != nil {
			f = e.clash
		}
		if f != nil {
			l.reject(aisles.Note{Lines: f.lines, Column: f.column, Product: e.key, Reason: f.reason})
			continue
		}
		patches, sent, lines = append(patches, patch), append(sent, e), append(lines, at)
	}
	if l.Full {
		// Rejected products count as named: they are left as they are.
		if err := l.store.MarkSeen(ctx, l.imp.ID, keys); err != nil {
			return err
		}
	}
	results, err := l.store.PutProducts(ctx, l.Partner, patches, l.DryRun)
	if err != nil {
		return fmt.Errorf("line %d: %w", l.line, err)
	}
	for i, r := range results {
		l.report(sent[i], lines[i], r)
	}
	l.line = 0
	if l.Progress != nil {
		n := l.imp.Report
		l.Progress(Progress{Rows: n.Rows, Products: n.Created + n.Updated + n.Unchanged + n.Rejected})
	}
	return nil
}

func (l *load) report(e entry, lines []int, r store.Result) {
	n := &l.imp.Report
	switch r.Outcome {
	case aisles.Created:
		n.Created++
	case aisles.Updated:
		n.Updated++
	case aisles.Unchanged:
		n.Unchanged++
	case aisles.Rejected:
		l.reject(l.noteOf(e, lines, r.Err))
	}
	for _, remark := range r.Remarks {
		l.remark(aisles.Note{Lines: []int{e.rows[0].line}, Product: e.key, Reason: remark})
	}
}

var variantField = regexp.MustCompile(`^variants\[([0-9]+)\]`)

// noteOf finds the line and the column an error of the catalog is about.
func (l *load) noteOf(e entry, lines []int, err error) aisles.Note {
	note := aisles.Note{Lines: []int{e.rows[0].line}, Product: e.key, Reason: err.Error()}
	var fault *aisles.Error
	if !errors.As(err, &fault) || fault.Field == "" {
		return note
	}
	if m := variantField.FindStringSubmatch(fault.Field); m != nil {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(lines) {
			note.Lines = []int{lines[i]}
		}
	}
	if note.Column = l.layout.columnOf(fault.Field); note.Column != "" {
		note.Reason = fault.Message
	}
	return note
}

func (l *load) reject(n aisles.Note) {
	l.imp.Report.Rejected++
	if r := &l.imp.Report; len(r.Rejects) < aisles.MostNotes {
		r.Rejects = append(r.Rejects, n)
	}
}

func (l *load) remark(n aisles.Note) {
	if r := &l.imp.Report; len(r.Remarks) < aisles.MostNotes {
		r.Remarks = append(r.Remarks, n)
	}
}
