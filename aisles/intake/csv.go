package intake

import (
	"bufio"
	"fmt"
	"io"
)

// Limits of a row. What is over one is rejected with its line and column.
const (
	maxCell = 1 << 20 // bytes of a cell
	maxRow  = 4 << 20 // bytes of a row's cells together
)

var (
	cellTooLarge = fmt.Sprintf("the cell has more than %d bytes", maxCell)
	rowTooLarge  = fmt.Sprintf("the row has more than %d bytes up to here", maxRow)
)

const textAfterQuote = "text follows the closing quotation mark; a quotation mark in a quoted cell is written twice"

// record is one row as it was read.
type record struct {
	line  int // the row's first line, counted from 1
	cells []string
	fault *breach
	// bare says that a quotation mark stands inside an unquoted cell.
	bare bool
}

// breach says why a row cannot be taken as it stands.
type breach struct {
	cell   int // counted from 0
	reason string
	// lost says that the row's end was guessed, so that it may have swallowed
	// others; until is the line in which it was given up.
	lost  bool
	until int
}

// unclosedError is a quotation mark that nobody closes: what follows it cannot
// be told apart from what it quotes.
type unclosedError struct{ line, cell int }

func (e *unclosedError) Error() string {
	return fmt.Sprintf("line %d, cell %d: a quotation mark is opened there and never closed", e.line, e.cell+1)
}

// table reads rows of delimited text. Unlike encoding/csv it bounds cells and
// rows, goes on behind a row that is broken, takes a quotation mark inside an
// unquoted cell as it stands (5" pipe), and ends lines at LF, CRLF and CR.
type table struct {
	r     *bufio.Reader
	comma byte
	line  int // of the byte that is read next
	// width is the number of cells a row has; 0 before the header is known.
	width int
	// skip names cells nobody wants to know.
	skip []bool

	buf    []byte // the row's cells, one behind the other
	ends   []int  // where each of them ends
	filled int    // bytes of the current cell, kept or not
	said   bool   // something stands in the row
	bare   bool
	fault  *breach
}

func newTable(r io.Reader, comma byte) *table {
	return &table{r: bufio.NewReaderSize(r, 64<<10), comma: comma, line: 1}
}

// read gives the next row that is not blank. The error is io.EOF behind the
// last one, an *unclosedError, or the reader's.
func (t *table) read() (record, error) {
	for {
		r := record{line: t.line}
		t.buf, t.ends, t.said, t.bare, t.fault = t.buf[:0], t.ends[:0], false, false, nil
		if _, err := t.r.Peek(1); err != nil {
			return r, err
		}
		if err := t.row(); err != nil {
			return r, err
		}
		if r.fault, r.bare = t.fault, t.bare; !t.said && r.fault == nil {
			continue
		}
		text, from := string(t.buf), 0 // one allocation for all cells
		r.cells = make([]string, len(t.ends))
		for i, end := range t.ends {
			r.cells[i] = text[from:end]
			from = end
		}
		return r, nil
	}
}

// row reads up to and with the row's line end.
func (t *table) row() error {
	for cell := 0; ; cell++ {
		t.filled = 0
		more, err := t.cell(cell)
		if err != nil {
			return err
		}
		if !t.beyond(cell) {
			t.ends = append(t.ends, len(t.buf))
		}
		if !more {
			return nil
		}
	}
}

// beyond reports whether the header has no such cell. Nothing may stand there.
func (t *table) beyond(cell int) bool { return t.width > 0 && cell >= t.width }

// cell reads one cell and what ends it, and reports whether the row goes on.
func (t *table) cell(n int) (more bool, err error) {
	b, err := t.next()
	if err == nil && b == '"' {
		return t.quoted(n)
	}
	for ; err == nil; b, err = t.next() {
		switch b {
		case t.comma:
			return true, nil
		case '\n':
			return false, nil
		case '"':
			t.bare = true
		}
		t.put(n, b)
	}
	if err == io.EOF {
		err = nil
	}
	return false, err
}

// quoted reads a cell behind its opening quotation mark.
func (t *table) quoted(n int) (more bool, err error) {
	opened := t.line
	for {
		b, err := t.next()
		if err == nil && b == '"' {
			if b, err = t.next(); err != nil || b != '"' {
				return t.closed(n, b, err)
			}
		}
		switch {
		case err == io.EOF:
			return false, &unclosedError{opened, n}
		case err != nil:
			return false, err
		}
		t.put(n, b)
	}
}

// closed goes on behind a closing quotation mark with what was read there.
// Only blanks may stand before the cell's end; behind anything else the row is
// given up at the line's end, for where it ends is anybody's guess.
func (t *table) closed(n int, b byte, err error) (more bool, _ error) {
	for given := false; ; b, err = t.next() {
		switch {
		case err == io.EOF, err == nil && b == '\n':
			return false, nil
		case err != nil:
			return false, err
		case given:
		case b == t.comma:
			return true, nil
		case b != ' ' && b != '\t':
			given = true
			t.spoil(n, textAfterQuote, true)
		}
	}
}

// next gives the next byte, every line end as \n.
func (t *table) next() (byte, error) {
	b, err := t.r.ReadByte()
	if err != nil {
		return 0, err
	}
	if b == '\r' {
		if after, err := t.r.Peek(1); err == nil && after[0] == '\n' {
			_, _ = t.r.Discard(1) // is buffered
		}
		b = '\n'
	}
	if b == '\n' {
		t.line++
	}
	return b, nil
}

func (t *table) put(n int, b byte) {
	visible := b != ' ' && b != '\t' && b != '\n'
	t.said = t.said || visible
	switch {
	case t.beyond(n):
		if visible && t.fault == nil {
			t.spoil(n, fmt.Sprintf("the row has more cells than the header's %d", t.width), false)
		}
	case n < len(t.skip) && t.skip[n]:
	case t.filled == maxCell:
		t.spoil(n, cellTooLarge, false)
	case len(t.buf) == maxRow:
		t.spoil(n, rowTooLarge, false)
	default:
		t.filled++
		t.buf = append(t.buf, b)
	}
}

// spoil keeps the row's first breach, and that others may be lost.
func (t *table) spoil(cell int, reason string, lost bool) {
	if t.fault == nil {
		t.fault = &breach{cell: cell, reason: reason}
	}
	if lost {
		t.fault.lost, t.fault.until = true, t.line
	}
}
