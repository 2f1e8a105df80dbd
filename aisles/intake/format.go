package intake

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"aisles/aisles"
)

// The formats of feeds.
const (
	Auto       = "auto"
	ShopifyCSV = "shopify-csv"
	GoogleXML  = "google-xml"
	GoogleTSV  = "google-tsv"
	JSONLines  = "jsonl"
)

// Formats lists what [Options] takes as Format.
var Formats = []string{Auto, ShopifyCSV, GoogleXML, GoogleTSV, JSONLines}

// format is how one kind of feed is read, and what its rows say. Rows come in
// the feed's order; what they say is asked when all of a product are together.
type format interface {
	// next gives the next row: io.EOF behind the last, an [aisles.Invalid]
	// error where nobody can tell rows apart any more.
	next() (record, error)
	// cells says what the cells of the rows are; it is complete once all rows
	// were read.
	cells() *sheet
	// build gives what the rows say about their product and the lines of its
	// variants, or why it is rejected.
	build(*entry) (aisles.Patch, []int, *fault)
	// columnOf gives the feed's name of a product's field, "" for none.
	columnOf(field string) string
}

// sheet is what the cells of a feed's rows are.
type sheet struct {
	header  []string // trimmed, and shortened for messages
	skip    []bool   // cells of ignored columns
	ignored []string
	// keys are the cells that name a row's product; the first that is not
	// blank does.
	keys []int
}

// key gives the product a row belongs to, in the feed's encoding.
func (s *sheet) key(r row) string {
	for _, i := range s.keys {
		if i >= len(r.cells) {
			return ""
		}
		if key := strings.TrimSpace(r.cells[i]); key != "" {
			return key
		}
	}
	return ""
}

func (s *sheet) cells() *sheet { return s }

// cellName names the column of a cell, by its number where it has no name.
func (s *sheet) cellName(i int) string {
	switch {
	case i < 0:
		return "" // the row as a whole
	case i < len(s.header) && s.header[i] != "":
		return s.header[i]
	}
	return strconv.Itoa(i + 1)
}

// keyName names the column that names the products.
func (s *sheet) keyName() string { return s.cellName(s.keys[len(s.keys)-1]) }

// unusable finds what is wrong with a product's rows whatever they say.
func (s *sheet) unusable(e *entry) *fault {
	if e.twin != nil {
		return &fault{[]int{e.twin.rows[0].line, e.rows[0].line}, s.keyName(), quote(e.key) + " and " + quote(e.twin.key) + " are one handle to Shopify"}
	}
	for _, r := range e.rows {
		if r.why != "" {
			return &fault{[]int{r.line}, r.at, r.why}
		}
		for i, c := range r.cells {
			if strings.IndexByte(c, 0) >= 0 {
				return &fault{[]int{r.line}, s.cellName(i), "holds a zero byte"}
			}
		}
	}
	if e.count > len(e.rows) {
		return &fault{[]int{e.rows[0].line}, s.keyName(), fmt.Sprintf("the product has %d rows of %d kB; at most %d rows and %d kB are taken", e.count, e.bytes>>10, maxProductRows, maxProductBytes>>10)}
	}
	return nil
}

// open finds out which format a feed has, and makes ready to read its rows.
func (l *load) open() (err error) {
	if l.packed, err = unpack(&l.in, l.TempDir, usualPacking); err != nil {
		return err
	}
	in, start, err := decode(l.packed)
	if err != nil {
		return err
	}
	name, err := formatOf(l.Format, start)
	if err != nil {
		return err
	}
	switch name {
	case JSONLines:
		l.format = newJSONLines(in)
	case GoogleXML:
		l.format, err = newGoogleXML(in, l.currency)
	default:
		name, err = l.openTable(in, start)
	}
	l.imp.Format = name
	return err
}

// formatOf tells a feed's format by its beginning. Auto stands for a table of
// which only the columns tell.
func formatOf(asked string, start []byte) (string, error) {
	found, what := Auto, ""
	switch start = bytes.TrimSpace(start); {
	case bytes.HasPrefix(start, []byte("<")):
		found, what = GoogleXML, "XML"
	case bytes.HasPrefix(start, []byte("{")):
		found, what = JSONLines, "JSON"
	case bytes.HasPrefix(start, []byte("[")):
		return "", aisles.Errorf(aisles.Invalid, "this is no feed: it is one JSON array; JSON Lines has a whole product on each line, and no brackets around them")
	}
	switch {
	case asked == found, asked == Auto:
		return found, nil
	case found != Auto:
		return "", aisles.Errorf(aisles.Invalid, "this is no %s feed: it is %s", asked, what)
	case asked == GoogleXML || asked == JSONLines:
		return "", aisles.Errorf(aisles.Invalid, "this is no %s feed: it is neither XML nor JSON, but begins with %s", asked, quote(firstLine(start)))
	}
	return asked, nil
}

func quote(cell string) string { return strconv.Quote(clip(cell)) }

func firstLine(start []byte) string {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	return strings.ToValidUTF8(string(line), "\uFFFD")
}

// openTable reads the header of delimited text, which tells the two kinds
// apart.
func (l *load) openTable(in io.Reader, start []byte) (string, error) {
	rows := newTable(in, delimiter(start))
	header, err := rows.header()
	if err != nil {
		return l.Format, l.malformed(err)
	}
	name := l.Format
	if name == Auto {
		name = ShopifyCSV
		if !hasHandle(header) && isGoogle(header) {
			name = GoogleTSV
		}
	}
	if name == GoogleTSV {
		l.format, err = newGoogleTSV(rows, header, l.currency)
	} else {
		l.format, err = newShopifyCSV(rows, header)
	}
	return name, err
}

// header reads the line of column names.
func (t *table) header() ([]string, error) {
	header, err := t.read()
	if err == nil && excelHint(header.cells) {
		header, err = t.read()
	}
	if err != nil {
		return nil, err
	}
	if header.fault != nil {
		return nil, aisles.Errorf(aisles.Invalid, "line %d, cell %d: %s; nothing was written", header.line, header.fault.cell+1, header.fault.reason)
	}
	t.width = len(header.cells)
	return header.cells, nil
}

// excelHint tells the line "sep=;" that Excel writes before the header.
func excelHint(cells []string) bool {
	return strings.HasPrefix(strings.ToLower(cells[0]), "sep=") && strings.Join(cells[1:], "") == ""
}

func hasHandle(header []string) bool {
	return slices.ContainsFunc(header, func(name string) bool {
		return names[strings.ToLower(strings.Join(strings.Fields(name), " "))] == handle
	})
}
