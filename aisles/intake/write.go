package intake

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"aisles/aisles"
	"aisles/aisles/store"
)

// batchBytes bounds what one write takes, for products may be large.
const batchBytes = 8 << 20

// batch is what the next write takes.
type batch struct {
	keys    []string // of all products, those rejected too
	patches []aisles.Patch
	sent    []sent // of the patches
	bytes   int
	line    int // of its first product
}

// sent is where a patch comes from.
type sent struct {
	key   string
	line  int
	lines []int // of its variants
}

// write turns the sorted rows into products and stores them.
func (l *load) write(ctx context.Context) error {
	if remark := l.charset.remark(); remark != "" {
		l.remark(aisles.Note{Reason: remark})
	}
	l.progress(Writing, 0)
	err := l.spool.each(func(e *entry) error {
		l.prepare(e)
		if b := &l.batch; len(b.keys) == store.MaxBatch || b.bytes >= batchBytes {
			return l.put(ctx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.put(ctx)
}

// prepare puts one product into the batch, or rejects it.
func (l *load) prepare(e *entry) {
	l.decode(e)
	b := &l.batch
	if len(b.keys) == 0 {
		b.line = e.rows[0].line
	}
	b.keys = append(b.keys, e.key)
	patch, lines, f := l.format.build(e)
	if f != nil {
		l.reject(aisles.Note{Lines: f.lines, Column: f.column, Product: clip(e.key), Reason: f.reason})
		return
	}
	b.patches, b.sent = append(b.patches, patch), append(b.sent, sent{e.key, e.rows[0].line, lines})
	b.bytes += e.bytes
}

// decode makes a product's rows UTF-8.
func (l *load) decode(e *entry) {
	if l.charset.other == 0 {
		return
	}
	e.key = strings.TrimSpace(l.charset.text(e.key))
	for _, r := range e.rows {
		for i, c := range r.cells {
			r.cells[i] = l.charset.text(c)
		}
	}
}

// put writes the batch and reports on each product.
func (l *load) put(ctx context.Context) error {
	b := l.batch
	if len(b.keys) == 0 {
		return nil
	}
	l.line = b.line
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if l.Full {
		// Rejected products count as named: they are left as they are.
		if err := l.store.MarkSeen(ctx, l.imp.ID, b.keys); err != nil {
			return err
		}
	}
	if len(b.patches) > 0 {
		results, err := l.store.PutProducts(ctx, l.Partner, b.patches, l.DryRun)
		if err != nil {
			return err
		}
		for i, r := range results {
			l.report(b.sent[i], r)
		}
	}
	l.line, l.batch = 0, batch{}
	l.progress(Writing, 0)
	return nil
}

func (l *load) report(s sent, r store.Result) {
	n := &l.imp.Report
	switch r.Outcome {
	case aisles.Created:
		n.Created++
	case aisles.Updated:
		n.Updated++
	case aisles.Unchanged:
		n.Unchanged++
	case aisles.Rejected:
		l.reject(l.noteOf(s, r.Err))
	}
	for _, remark := range r.Remarks {
		l.remark(aisles.Note{Lines: []int{s.line}, Product: clip(s.key), Reason: remark})
	}
}

var variantField = regexp.MustCompile(`^variants\[([0-9]+)\]`)

// noteOf finds the line and the column an error of the catalog is about.
func (l *load) noteOf(s sent, err error) aisles.Note {
	note := aisles.Note{Lines: []int{s.line}, Product: clip(s.key), Reason: err.Error()}
	var fault *aisles.Error
	if !errors.As(err, &fault) || fault.Field == "" {
		return note
	}
	if m := variantField.FindStringSubmatch(fault.Field); m != nil {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(s.lines) {
			note.Lines = []int{s.lines[i]}
		}
	}
	if note.Column = l.format.columnOf(fault.Field); note.Column != "" {
		note.Reason = fault.Message
	}
	return note
}

func (l *load) reject(n aisles.Note) {
	l.imp.Report.Rejected++
	l.imp.Report.Rejects = bounded(append(l.imp.Report.Rejects, n))
}

func (l *load) remark(n aisles.Note) {
	l.imp.Report.Remarks = bounded(append(l.imp.Report.Remarks, n))
}

// bounded keeps notes from growing with the feed, at little work for each.
func bounded(notes []aisles.Note) []aisles.Note {
	if len(notes) < 2*aisles.MostNotes {
		return notes
	}
	return firstNotes(notes)
}

// firstNotes gives the notes the report has room for, by line.
func firstNotes(notes []aisles.Note) []aisles.Note {
	slices.SortStableFunc(notes, func(a, b aisles.Note) int { return slices.Compare(a.Lines, b.Lines) })
	return notes[:min(len(notes), aisles.MostNotes)]
}
