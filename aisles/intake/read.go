package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"aisles/aisles"
)

// read goes through the whole feed and sorts its rows by product.
func (l *load) read(ctx context.Context) error {
	l.progress(Reading, 0)
	l.line = 1
	if err := l.open(); err != nil {
		return err
	}
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		r, err := l.format.next()
		if errors.Is(err, io.EOF) {
			l.line = 0
			l.imp.Report.IgnoredColumns = l.format.cells().ignored
			return nil
		}
		if l.line = r.line; err != nil {
			return l.malformed(err)
		}
		if err := l.keep(r); err != nil {
			return err
		}
		l.progress(Reading, 0)
	}
}

// malformed says where the table breaks off. Beyond that place nobody can tell
// which cell belongs to which product, so nothing is written.
func (l *load) malformed(err error) error {
	var unclosed *unclosedError
	switch {
	case errors.As(err, &unclosed):
		l.line = unclosed.line
		column := strconv.Itoa(unclosed.cell + 1) // of the header itself
		if l.format != nil {
			column = l.format.cells().cellName(unclosed.cell)
		}
		return aisles.Errorf(aisles.Invalid, "line %d, column %s: a quotation mark is opened there and never closed; nothing was written", unclosed.line, column)
	case aisles.CodeOf(err) == aisles.Invalid:
		return err
	case errors.Is(err, io.EOF):
		return aisles.Errorf(aisles.Invalid, "this is no feed: it has no header")
	}
	return fmt.Errorf("read the feed: %w", err)
}

// keep sorts one row.
func (l *load) keep(rec record) error {
	l.imp.Report.Rows++
	r := row{line: rec.line, cells: rec.cells}
	for _, c := range r.cells {
		l.charset.see(c)
	}
	sheet := l.format.cells()
	rest := l.doubtful(rec)
	switch f := rec.fault; {
	case rest:
		r.why = "may be the rest of the broken row before it"
	case f != nil:
		r.why, r.at = f.reason, sheet.cellName(f.cell)
		if f.lost && f.until > r.line {
			r.why += fmt.Sprintf("; lines %d to %d were taken for one row", r.line, f.until)
		}
	case len(r.cells) < len(l.format.cells().header):
		r.why = fmt.Sprintf("the row ends after %d of %d cells", len(r.cells), len(l.format.cells().header))
	}
	if fold(sheet.key(r)) != "" && !rest && (rec.fault == nil || !slices.Contains(sheet.keys, rec.fault.cell)) {
		return l.spool.add(r)
	}
	l.unclear = true
	if r.why == "" {
		r.why, r.at = "is blank: the row belongs to no product", sheet.keyName()
	}
	l.reject(aisles.Note{Lines: []int{r.line}, Column: r.at, Reason: r.why})
	return nil
}

// doubtful reports whether a row behind one whose end was guessed may be the
// rest of that: a description of several lines, say, whose quotation marks are
// not doubled. A row with all its cells and no stray quotation mark ends the
// doubt.
func (l *load) doubtful(r record) bool {
	if f := r.fault; f != nil && f.lost {
		l.doubt, l.unclear = true, true
		return false
	}
	l.doubt = l.doubt && (r.bare || r.fault != nil || len(r.cells) < len(l.format.cells().header))
	return l.doubt
}
