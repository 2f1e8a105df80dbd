package intake

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// partitions is how many parts the rows are sorted into. One part is in memory
// at a time: of a feed of 1 GB, some 8 MB.
const partitions = 128

// inMemory is how many bytes of rows stay in memory before they go to disk.
const inMemory = 16 << 20

// row is one row of the feed.
type row struct {
	line  int
	cells []string
}

// spool sorts rows into partitions by product, in memory while they are few.
// Close it after use: it removes its files.
type spool struct {
	dir     string // "" while in memory
	parent  string
	parts   [partitions]part
	bytes   int
	spilled bool
}

type part struct {
	buffer bytes.Buffer
	file   *os.File
	out    *bufio.Writer
}

// partitionOf keeps handles that differ in case together: they clash.
func partitionOf(handle string) int {
	h := fnv.New32a()
	_, _ = io.WriteString(h, strings.ToLower(handle)) // a hash does not fail
	return int(h.Sum32() % partitions)
}

// add keeps a row.
func (s *spool) add(handle string, r row) error {
	p := &s.parts[partitionOf(handle)]
	record := binary.AppendUvarint(nil, uint64(r.line))
	record = binary.AppendUvarint(record, uint64(len(r.cells)))
	for _, c := range r.cells {
		record = binary.AppendUvarint(record, uint64(len(c)))
		record = append(record, c...)
	}
	if s.spilled {
		_, err := p.out.Write(record)
		return s.failed(err)
	}
	p.buffer.Write(record)
	if s.bytes += len(record); s.bytes > inMemory {
		return s.failed(s.spill())
	}
	return nil
}

func (s *spool) failed(err error) error {
	if err != nil {
		return fmt.Errorf("sort the feed's rows in %s: %w", s.parent, err)
	}
	return nil
}

// spill moves all rows to files.
func (s *spool) spill() error {
	dir, err := os.MkdirTemp(s.parent, "aisles-import-")
	if err != nil {
		return err
	}
	s.dir, s.spilled = dir, true
	for i := range s.parts {
		p := &s.parts[i]
		if p.file, err = os.Create(filepath.Join(dir, fmt.Sprintf("%03d", i))); err != nil {
			return err
		}
		p.out = bufio.NewWriterSize(p.file, 16<<10)
		if _, err := p.out.Write(p.buffer.Bytes()); err != nil {
			return err
		}
		p.buffer = bytes.Buffer{}
	}
	return nil
}

// rows gives the rows of one partition in their order.
func (s *spool) rows(partition int) ([]row, error) {
	p := &s.parts[partition]
	if !s.spilled {
		return readRows(bufio.NewReader(&p.buffer))
	}
	if err := p.out.Flush(); err != nil {
		return nil, s.failed(err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return nil, s.failed(err)
	}
	rows, err := readRows(bufio.NewReaderSize(p.file, 1<<20))
	return rows, s.failed(err)
}

func readRows(r *bufio.Reader) ([]row, error) {
	var rows []row
	for {
		line, err := binary.ReadUvarint(r)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		n, err := binary.ReadUvarint(r)
		if err != nil {
			return nil, err
		}
		x := row{line: int(line), cells: make([]string, n)}
		for i := range x.cells {
			size, err := binary.ReadUvarint(r)
			if err != nil {
				return nil, err
			}
			cell := make([]byte, size)
			if _, err := io.ReadFull(r, cell); err != nil {
				return nil, err
			}
			x.cells[i] = string(cell)
		}
		rows = append(rows, x)
	}
}

// Close removes the spool's files.
func (s *spool) Close() error {
	if s.dir == "" {
		return nil
	}
	var err error
	for i := range s.parts {
		if f := s.parts[i].file; f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
