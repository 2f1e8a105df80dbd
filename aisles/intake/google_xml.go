package intake

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"

	"aisles/aisles"
)

// googleNamespace is what Google's attributes are in
// (https://support.google.com/merchants/answer/14987622).
const googleNamespace = "http://base.google.com/ns/1.0"

// maxDepth is how deep elements may be nested; Google's go to five.
const maxDepth = 32

// googleXML reads RSS 2.0 and Atom feeds with Google's attributes.
type googleXML struct {
	google
	in  *allowance
	dec *xml.Decoder
	// depth counts open elements.
	depth int
	// goods says that the feed is about goods: it has something of Google's,
	// or prices. News and blogs come in RSS and Atom too.
	goods   bool
	unknown map[string]bool
}

func newGoogleXML(in io.Reader, currency string) (*googleXML, error) {
	f := &googleXML{google: newGoogle(currency), in: &allowance{r: bufio.NewReaderSize(in, 64<<10)}, unknown: map[string]bool{}}
	f.keys = []int{int(gGroup), int(gID)}
	f.listSeparator = "\n"
	f.header = make([]string, lastAttribute)
	for name, a := range attributes {
		f.header[a] = name
	}
	f.dec = xml.NewDecoder(f.in)
	f.dec.Entity = xml.HTMLEntity
	f.dec.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(label), "utf-16") {
			return in, nil // is UTF-8 by now
		}
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("the encoding %s is not known", quote(label))
		}
		return e.NewDecoder().Reader(in), nil
	}
	return f, f.root()
}

// root tells a feed of products from other XML.
func (f *googleXML) root() error {
	root, err := f.start()
	if err == io.EOF {
		return aisles.Errorf(aisles.Invalid, "this is XML without an element")
	}
	if err != nil {
		return err
	}
	for _, a := range root.Attr {
		f.goods = f.goods || a.Value == googleNamespace
	}
	if root.Name.Local == "rss" {
		if root, err = f.start(); err == nil && root.Name.Local == "channel" {
			return nil
		}
	}
	if err == nil && root.Name.Local == "feed" {
		return nil
	}
	if err != nil && err != io.EOF {
		return err
	}
	return aisles.Errorf(aisles.Invalid, "this is XML and no Google Merchant feed, which begins with rss and channel, or with feed; here %s stands", quote(root.Name.Local))
}

// token gives the next token, and where nobody can read on says so.
func (f *googleXML) token() (xml.Token, error) {
	f.in.left = maxRow
	t, err := f.dec.Token()
	switch {
	case err == io.EOF:
		return nil, io.EOF
	case err != nil:
		line, column := f.dec.InputPos()
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			return nil, aisles.Errorf(aisles.Invalid, "line %d: the XML breaks off: %s; nothing was written", syntax.Line, syntax.Msg)
		}
		if errors.Is(err, errTooLarge) || strings.Contains(err.Error(), "xml: ") || strings.Contains(err.Error(), "the encoding ") {
			return nil, aisles.Errorf(aisles.Invalid, "line %d, column %d: %s; nothing was written", line, column, strings.TrimPrefix(err.Error(), "xml: "))
		}
		return nil, err
	}
	switch t.(type) {
	case xml.StartElement:
		if f.depth++; f.depth > maxDepth {
			line, _ := f.dec.InputPos()
			return nil, aisles.Errorf(aisles.Invalid, "line %d: elements are nested more than %d deep; nothing was written", line, maxDepth)
		}
	case xml.EndElement:
		f.depth--
	}
	return t, nil
}

// start gives the next element that begins.
func (f *googleXML) start() (xml.StartElement, error) {
	for {
		t, err := f.token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if s, ok := t.(xml.StartElement); ok {
			return s, nil
		}
	}
}

// next gives the next item.
func (f *googleXML) next() (record, error) {
	for {
		s, err := f.start()
		if err == io.EOF && !f.goods {
			return record{}, aisles.Errorf(aisles.Invalid, "this is no Google Merchant feed: nothing in it is in the namespace %s, and nothing has a price; nothing was written", googleNamespace)
		}
		if err != nil {
			return record{}, err
		}
		if s.Name.Local == "item" || s.Name.Local == "entry" {
			line, _ := f.dec.InputPos()
			return f.item(line)
		}
	}
}

// item reads one item's attributes: Google's own before those of RSS and Atom
// of the same name, lists joined by line ends, others as they stand first.
func (f *googleXML) item(line int) (record, error) {
	rec := record{line: line, cells: make([]string, lastAttribute)}
	var own [lastAttribute]bool
	size := 0
	for inside := f.depth; f.depth >= inside; {
		t, err := f.token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return rec, err
		}
		s, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		text, nested, err := f.text()
		if err != nil {
			return rec, err
		}
		a, known := attributes[attributeName(s.Name.Local)]
		if !known || nested {
			f.ignore(s.Name.Local)
			continue
		}
		if size += len(text); len(text) > maxCell || size > maxRow {
			rec.fault = &breach{cell: int(a), reason: cellTooLarge}
			continue
		}
		google := s.Name.Space == googleNamespace || s.Name.Space == "g"
		f.at[a], f.goods = int(a), f.goods || google || a == gPrice
		switch old := rec.cells[a]; {
		case text == "":
		case old == "" || google && !own[a]:
			rec.cells[a], own[a] = text, google
		case isList(a) && google == own[a]:
			rec.cells[a] = old + "\n" + text
		}
	}
	return rec, nil
}

// text reads to the end of an element that has begun.
func (f *googleXML) text() (text string, nested bool, err error) {
	var b strings.Builder
	for inside := f.depth; f.depth >= inside; {
		t, err := f.token()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", false, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			nested = true
		case xml.CharData:
			if b.Len() <= maxCell {
				b.Write(t)
			}
		}
	}
	return strings.TrimSpace(b.String()), nested, nil
}

// maxIgnored bounds the names a report lists.
const maxIgnored = 100

func (f *googleXML) ignore(name string) {
	if name = clip(name); !f.unknown[name] && len(f.ignored) < maxIgnored {
		f.unknown[name] = true
		f.ignored = append(f.ignored, name)
		slices.Sort(f.ignored)
	}
}

var errTooLarge = fmt.Errorf("an element, a comment or a text has more than %d bytes", maxRow)

// allowance reads as many bytes as are left, for encoding/xml holds a whole
// token in memory.
type allowance struct {
	r    *bufio.Reader
	left int
}

// ReadByte gives the next byte.
func (b *allowance) ReadByte() (byte, error) {
	if b.left == 0 {
		return 0, errTooLarge
	}
	b.left--
	return b.r.ReadByte()
}

// Read reads what may be read.
func (b *allowance) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errTooLarge
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
