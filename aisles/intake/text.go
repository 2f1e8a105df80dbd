package intake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"aisles/aisles"
)

// sniffed is how many bytes are looked at to tell what a feed is.
const sniffed = 64 << 10

// decode tells what the feed is by its beginning and gives it as text in which
// delimiters, quotation marks and line ends are ASCII: a byte order mark is
// dropped, UTF-16 becomes UTF-8, and anything else stays until all cells were
// seen, see [charset]. What is no text is refused.
func decode(r io.Reader) (text io.Reader, start []byte, err error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && err != io.EOF {
		return nil, nil, fmt.Errorf("read the feed: %w", err)
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = b.Discard(3) // is buffered
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		b = bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()), sniffed)
	}
	start, err = b.Peek(sniffed / 2)
	if err != nil && err != io.EOF {
		return nil, nil, fmt.Errorf("read the feed: %w", err)
	}
	return b, start, plausible(start)
}

// plausible refuses what is no text of a feed, by what people send instead.
func plausible(start []byte) error {
	trimmed := bytes.TrimSpace(start)
	refuse := func(what string) error {
		return aisles.Errorf(aisles.Invalid, "this is no feed: %s. A Shopify CSV begins with a line of column names, among them Handle", what)
	}
	firstLine, _, _ := bytes.Cut(trimmed, []byte("\n"))
	low := strings.ToLower(string(trimmed[:min(len(trimmed), 200)]))
	switch {
	case len(trimmed) == 0:
		return refuse("it is empty")
	case bytes.IndexByte(firstLine, 0) >= 0, isBinary(start):
		return refuse("it is a binary file (a spreadsheet has to be exported as CSV)")
	case strings.HasPrefix(low, "<!doctype html") || strings.HasPrefix(low, "<html"):
		return refuse("it is a web page")
	}
	return nil
}

// isBinary knows files whose first line may hold no zero byte. One further on
// spoils its row and no more.
func isBinary(start []byte) bool {
	return slices.ContainsFunc([]string{"PK\x03\x04", "%PDF", "\x89PNG", "\x1f\x8b"}, func(magic string) bool {
		return bytes.HasPrefix(start, []byte(magic))
	})
}

// charset counts cells with more than ASCII: those that are UTF-8 and those
// that are not. Spreadsheets that do not write UTF-8 write Windows-1252.
type charset struct{ unicode, other int }

func (c *charset) see(cell string) {
	for i := range len(cell) {
		if cell[i] < utf8.RuneSelf {
			continue
		}
		if utf8.ValidString(cell) {
			c.unicode++
		} else {
			c.other++
		}
		return
	}
}

// windows reports whether the feed as a whole is Windows-1252. A cell of such
// a feed can be UTF-8 by accident ("Spaß“"), and one cell pasted into a UTF-8
// feed makes it no other, so the greater number decides.
func (c *charset) windows() bool { return c.other > 0 && c.other >= c.unicode }

// text gives a cell as UTF-8.
func (c *charset) text(cell string) string {
	if c.windows() || !utf8.ValidString(cell) {
		return fromWindows(cell)
	}
	return cell
}

// remark says what was made of a feed that is not all UTF-8.
func (c *charset) remark() string {
	switch {
	case c.windows():
		return "the feed is not UTF-8 and was read as Windows-1252"
	case c.other > 0:
		return fmt.Sprintf("%d cells of the feed that are not UTF-8 were read as Windows-1252", c.other)
	}
	return ""
}

func fromWindows(cell string) string {
	var b strings.Builder
	for i := range len(cell) {
		b.WriteRune(charmap.Windows1252.DecodeByte(cell[i]))
	}
	return b.String()
}

// delimiter finds what separates the cells: what stands most often in the
// first line, outside quotes.
func delimiter(start []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range bytes.TrimLeft(start, "\r\n") {
		if c == '"' {
			quoted = !quoted
		}
		if (c == '\n' || c == '\r') && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
