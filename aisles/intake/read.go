package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"aisles/aisles"
)

// read goes through the whole feed and sorts its rows by product.
func (l *load) read(ctx context.Context) error {
	l.progress(Reading, 0)
	in, start, err := decode(&l.in)
	if err != nil {
		return err
	}
	l.line = 1
	rows := newTable(in, delimiter(start))
	header, err := rows.read()
	if err != nil {
		return l.malformed(err)
	}
	if excelHint(header.cells) {
		if header, err = rows.read(); err != nil {
			return l.malformed(err)
		}
	}
	if header.fault != nil {
		return aisles.Errorf(aisles.Invalid, "line %d, cell %d: %s; nothing was written", header.line, header.fault.cell+1, header.fault.reason)
	}
	for i, name := range header.cells {
		if !utf8.ValidString(name) {
			header.cells[i] = fromWindows(name)
		}
	}
	if l.layout, err = readHeader(header.cells); err != nil {
		return err
	}
	rows.width, rows.skip = len(header.cells), l.layout.skip
	l.imp.Report.IgnoredColumns = l.layout.ignored
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		r, err := rows.read()
		if errors.Is(err, io.EOF) {
			l.line = 0
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

// excelHint tells the line "sep=;" that Excel writes before the header.
func excelHint(cells []string) bool {
	return strings.HasPrefix(strings.ToLower(cells[0]), "sep=") && strings.Join(cells[1:], "") == ""
}

// malformed says where the table breaks off. Beyond that place nobody can tell
// which cell belongs to which product, so nothing is written.
func (l *load) malformed(err error) error {
	var unclosed *unclosedError
	switch {
	case errors.As(err, &unclosed):
		l.line = unclosed.line
		return aisles.Errorf(aisles.Invalid, "line %d, column %s: a quotation mark is opened there and never closed; nothing was written",
			unclosed.line, l.layout.cellName(unclosed.cell))
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
	at := l.layout.at[handle]
	rest := l.doubtful(rec)
	switch f := rec.fault; {
	case rest:
		r.why = "may be the rest of the broken row before it"
	case f != nil:
		r.why, r.at = f.reason, l.layout.cellName(f.cell)
		if f.lost && f.until > r.line {
			r.why += fmt.Sprintf("; lines %d to %d were taken for one row", r.line, f.until)
		}
	case len(r.cells) < len(l.layout.header):
		r.why = fmt.Sprintf("the row ends after %d of %d cells", len(r.cells), len(l.layout.header))
	}
	if at < len(r.cells) && fold(l.key(r)) != "" && !rest && (rec.fault == nil || rec.fault.cell != at) {
		return l.spool.add(r)
	}
	l.unclear = true
	if r.why == "" {
		r.why, r.at = "is blank: the row belongs to no product", l.layout.name(handle)
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
	l.doubt = l.doubt && (r.bare || r.fault != nil || len(r.cells) < len(l.layout.header))
	return l.doubt
}

// key gives the product a row belongs to, in the feed's encoding.
func (l *load) key(r row) string { return strings.TrimSpace(r.cells[l.layout.at[handle]]) }
