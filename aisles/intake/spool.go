package intake

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"aisles/aisles"
)

// row is one row of a product.
type row struct {
	line  int
	cells []string
	// why is the reason for which the row cannot be taken, and at is the
	// column it stands in; empty when it can.
	why, at string
}

func (r row) size() int {
	n := 64 + 16*len(r.cells) + len(r.why) + len(r.at)
	for _, c := range r.cells {
		n += len(c)
	}
	return n
}

// entry is all that the feed says of one product.
type entry struct {
	key  string
	rows []row // in the feed's order
	// count and bytes are of all its rows; what is over the limits is counted
	// and not kept.
	count, bytes int
	// twin is the earlier product whose handle differs only in case.
	twin *entry
}

// Limits of one product, so that gathering it takes bounded memory.
const (
	maxProductRows  = aisles.MaxVariants + aisles.MaxMedia
	maxProductBytes = 16 << 20
)

// limits say when rows go to disk.
type limits struct {
	memory int // bytes of rows held at a time
	fan    int // files that rows are divided among
	levels int // how often what is still too much is divided again
}

// usual holds some 20,000 products in memory and needs two levels for a feed
// of 100 GB.
var usual = limits{memory: 32 << 20, fan: 64, levels: 4}

// spool brings the rows of each product together, wherever they stand in the
// feed. While they are few they stay in memory; else they are divided among
// temporary files by a hash of the handle, and each file is gathered alone.
// Close it after use: it removes its files.
type spool struct {
	limits limits
	parent string // where the files are; the system's place when empty
	key    func(row) string
	rows   []row
	held   int
	files  *division
	// most is how many rows were held at a time, made how many files there
	// were.
	most, made int
}

// add keeps a row.
func (s *spool) add(r row) error {
	if s.files == nil {
		s.rows = append(s.rows, r)
		s.most = max(s.most, len(s.rows))
		if s.held += r.size(); s.held <= s.limits.memory {
			return nil
		}
		var err error
		if s.files, err = s.divide(); err != nil {
			return err
		}
		rows := s.rows
		s.rows = nil
		for _, r := range rows {
			if err := s.files.add(s.key(r), r); err != nil {
				return err
			}
		}
		return nil
	}
	return s.files.add(s.key(r), r)
}

// each gives every product once: in the feed's order while the rows are in
// memory. The rows are gone afterwards.
func (s *spool) each(f func(*entry) error) error {
	if s.files != nil {
		return s.files.each(s, 1, f)
	}
	g := gathering{}
	for _, r := range s.rows {
		g.add(s.key(r), r)
	}
	s.rows = nil
	return g.each(f)
}

// Close removes the spool's files.
func (s *spool) Close() error {
	if s.files == nil {
		return nil
	}
	return s.files.Close()
}

// fold makes handles the same that are one to Shopify.
func fold(key string) string {
	if !utf8.ValidString(key) {
		key = strings.TrimSpace(fromWindows(key))
	}
	return strings.ToLower(key)
}

// gathering is rows by product.
type gathering map[string]*entry

func (g gathering) add(key string, r row) {
	e := g[key]
	if e == nil {
		e = &entry{key: key}
		g[key] = e
	}
	e.count++
	e.bytes += r.size()
	if e.count == 1 || e.count <= maxProductRows && e.bytes <= maxProductBytes {
		e.rows = append(e.rows, r)
	}
}

func (g gathering) each(f func(*entry) error) error {
	entries := make([]*entry, 0, len(g))
	for _, e := range g {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b *entry) int { return cmp.Compare(a.rows[0].line, b.rows[0].line) })
	first := make(map[string]*entry, len(entries))
	for _, e := range entries {
		if e.twin = first[fold(e.key)]; e.twin == nil {
			first[fold(e.key)] = e
		}
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

// division is rows divided among files. Handles that differ only in case are
// in one file.
type division struct {
	seed  maphash.Seed
	parts []*part
	buf   []byte
}

type part struct {
	file *os.File // nil once it is gone
	out  *bufio.Writer
	size int // of its rows in memory
}

func (s *spool) divide() (*division, error) {
	d := &division{seed: maphash.MakeSeed()}
	for range s.limits.fan {
		f, err := os.CreateTemp(s.parent, "aisles-feed-*")
		if err != nil {
			return nil, errors.Join(spooling(err), d.Close())
		}
		// Where the system allows it the file has no name from here on, so
		// that not even a killed process leaves it behind.
		_ = os.Remove(f.Name())
		s.made++
		d.parts = append(d.parts, &part{file: f, out: bufio.NewWriterSize(f, 32<<10)})
	}
	return d, nil
}

// spooling says what failed when the disk does.
func spooling(err error) error {
	return fmt.Errorf("sort the feed's rows in a temporary file, which takes about as much room as the feed: %w", err)
}

func (d *division) add(key string, r row) error {
	p := d.parts[maphash.String(d.seed, fold(key))%uint64(len(d.parts))]
	p.size += r.size()
	d.buf = appendRow(d.buf[:0], r)
	if _, err := p.out.Write(d.buf); err != nil {
		return spooling(err)
	}
	return nil
}

func (d *division) each(s *spool, level int, f func(*entry) error) error {
	for _, p := range d.parts {
		if err := p.gather(s, level, f); err != nil {
			return err
		}
		if err := p.Close(); err != nil {
			return spooling(err)
		}
	}
	return nil
}

// Close removes the files that are left.
func (d *division) Close() error {
	var err error
	for _, p := range d.parts {
		err = errors.Join(err, p.Close())
	}
	return err
}

// gather gives the products of one file, after dividing it again if it is too
// large.
func (p *part) gather(s *spool, level int, f func(*entry) error) error {
	if err := p.out.Flush(); err != nil {
		return spooling(err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return spooling(err)
	}
	if p.size > s.limits.memory && level < s.limits.levels {
		deeper, err := s.divide()
		if err != nil {
			return err
		}
		if err = p.each(func(r row) error { return deeper.add(s.key(r), r) }); err == nil {
			err = deeper.each(s, level+1, f)
		}
		return errors.Join(err, deeper.Close())
	}
	g, rows := gathering{}, 0
	err := p.each(func(r row) error {
		rows++
		g.add(s.key(r), r)
		return nil
	})
	if err != nil {
		return err
	}
	s.most = max(s.most, rows)
	return g.each(f)
}

func (p *part) each(f func(row) error) error {
	b := bufio.NewReaderSize(p.file, 64<<10)
	for {
		r, err := readRow(b)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return spooling(err)
		}
		if err := f(r); err != nil {
			return err
		}
	}
}

// Close removes the file.
func (p *part) Close() error {
	if p.file == nil {
		return nil
	}
	err := p.file.Close()
	if gone := os.Remove(p.file.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	p.file = nil
	return err
}

func appendRow(b []byte, r row) []byte {
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(r.line))
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	text(r.why)
	text(r.at)
	for _, c := range r.cells {
		text(c)
	}
	return b
}

// readRow gives io.EOF at the end, and io.ErrUnexpectedEOF inside a row.
func readRow(b *bufio.Reader) (row, error) {
	line, err := binary.ReadUvarint(b)
	if err != nil {
		return row{}, err
	}
	number := func() (n uint64) {
		if err == nil {
			n, err = binary.ReadUvarint(b)
		}
		return n
	}
	texts := make([]string, number()+2)
	for i := range texts {
		text := make([]byte, number())
		if err == nil {
			_, err = io.ReadFull(b, text)
		}
		texts[i] = string(text)
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return row{line: int(line), why: texts[0], at: texts[1], cells: texts[2:]}, err
}
