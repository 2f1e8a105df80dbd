package intake

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"aisles/aisles"
)

// sniffed is how many bytes are looked at to tell what a feed is.
const sniffed = 64 << 10

// text is a feed as UTF-8.
type text struct {
	io.Reader
	latin *latin // counts bytes that were not UTF-8
}

// decode tells what the feed is by its beginning and gives it as UTF-8:
// UTF-8 and UTF-16 with their marks, and Windows-1252 where bytes are not
// UTF-8. What cannot be a table of text is refused.
func decode(r io.Reader) (text, []byte, error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return text{}, nil, fmt.Errorf("read the feed: %w", err)
	}
	var in io.Reader = b
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		_, _ = b.Discard(3) // is buffered
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		in = transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder())
	}
	l := &latin{}
	out := bufio.NewReaderSize(transform.NewReader(in, l), sniffed)
	start, err := out.Peek(sniffed / 2)
	if err != nil && err != io.EOF && err != bufio.ErrBufferFull {
		return text{}, nil, fmt.Errorf("read the feed: %w", err)
	}
	return text{out, l}, start, plausible(start)
}

// plausible refuses what is no table of text, by what people send instead.
func plausible(start []byte) error {
	trimmed := bytes.TrimSpace(start)
	refuse := func(what string) error {
		return aisles.Errorf(aisles.Invalid, "this is no feed: %s. A Shopify CSV begins with a line of column names, among them Handle", what)
	}
	low := strings.ToLower(string(trimmed[:min(len(trimmed), 200)]))
	switch {
	case len(trimmed) == 0:
		return refuse("it is empty")
	case bytes.IndexByte(start, 0) >= 0:
		return refuse("it is a binary file (a spreadsheet has to be exported as CSV, an archive to be unpacked)")
	case strings.HasPrefix(low, "<!doctype html") || strings.HasPrefix(low, "<html"):
		return refuse("it is a web page")
	case strings.HasPrefix(low, "<"):
		return refuse("it is XML")
	case strings.HasPrefix(low, "{") || strings.HasPrefix(low, "["):
		return refuse("it is JSON")
	case bytes.HasPrefix(trimmed, []byte("PK\x03\x04")) || bytes.HasPrefix(trimmed, []byte("%PDF")):
		return refuse("it is a binary file")
	}
	return nil
}

// latin passes UTF-8 and takes other bytes for Windows-1252, which is what
// spreadsheets write when they do not write UTF-8.
type latin struct {
	transform.NopResetter
	count int
}

// Transform implements [transform.Transformer].
func (l *latin) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		r, size := rune(src[nSrc]), 1
		if r >= utf8.RuneSelf {
			if !utf8.FullRune(src[nSrc:]) && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if r, size = utf8.DecodeRune(src[nSrc:]); r == utf8.RuneError && size == 1 {
				r = charmap.Windows1252.DecodeByte(src[nSrc])
				l.count++
			}
		}
		if nDst+utf8.RuneLen(r) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += size
	}
	return nDst, nSrc, nil
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
