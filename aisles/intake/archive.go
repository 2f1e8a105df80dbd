package intake

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"aisles/aisles"
)

// packing bounds what a packed feed may cost. Feeds shrink 10 to 50 times;
// gzip itself can do 1,032, and that is what bombs live on.
type packing struct {
	ratio int64 // unpacked bytes for each packed one
	free  int64 // unpacked bytes that need no excuse
	zip   int64 // bytes of a zip, which has to be kept until its end is known
}

var usualPacking = packing{ratio: 200, free: 64 << 20, zip: 4 << 30}

// unpacked gives what a feed packed with gzip or zip holds, and any other as
// it is. A zip holds one feed. Close it after use: a zip is kept in a file.
type unpacked struct {
	packing
	io.Reader
	tempDir string
	packed  *counting
	given   int64
	size    int64 // of the zip; 0 for gzip
	file    *os.File
	parts   []io.Closer
}

func unpack(in *counting, tempDir string, within packing) (*unpacked, error) {
	b := bufio.NewReaderSize(in, sniffed)
	u := &unpacked{packing: within, Reader: b, packed: in, tempDir: tempDir}
	head, err := b.Peek(4)
	switch {
	case err != nil && err != io.EOF:
		return u, fmt.Errorf("read the feed: %w", err)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return u, broken("gzip", err)
		}
		u.Reader, u.parts = &inside{u, z, "gzip"}, append(u.parts, z)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return u, u.openZip(b)
	}
	return u, nil
}

// openZip keeps the zip in a file, for its table stands at its end, and opens
// the one feed in it.
func (u *unpacked) openZip(in io.Reader) (err error) {
	if u.file, err = os.CreateTemp(u.tempDir, "aisles-zip-*"); err != nil {
		return fmt.Errorf("keep the zip in a temporary file: %w", err)
	}
	if u.size, err = io.Copy(u.file, io.LimitReader(in, u.zip+1)); err != nil {
		return fmt.Errorf("keep the zip in a temporary file: %w", err)
	}
	if u.size > u.zip {
		return aisles.Errorf(aisles.Invalid, "this zip has more than %d MiB; gzip has no such limit", u.zip>>20)
	}
	z, err := zip.NewReader(u.file, u.size)
	if err != nil {
		return broken("zip", err)
	}
	var feeds []*zip.File
	for _, f := range z.File {
		if base := path.Base(f.Name); !f.FileInfo().IsDir() && !strings.HasPrefix(f.Name, "__MACOSX/") && base != ".DS_Store" {
			feeds = append(feeds, f)
		}
		if strings.HasPrefix(f.Name, "xl/") {
			return aisles.Errorf(aisles.Invalid, "this is no feed: it is a spreadsheet, which has to be exported as CSV")
		}
	}
	if len(feeds) != 1 {
		return aisles.Errorf(aisles.Invalid, "this zip holds %d files; one feed is expected", len(feeds))
	}
	feed, err := feeds[0].Open()
	if err != nil {
		return broken("zip", err)
	}
	u.Reader, u.parts = &inside{u, feed, "zip"}, append(u.parts, feed)
	return nil
}

// Close removes what was kept.
func (u *unpacked) Close() (err error) {
	for _, p := range u.parts {
		err = errors.Join(err, p.Close())
	}
	if u.file != nil {
		err = errors.Join(err, u.file.Close(), os.Remove(u.file.Name()))
	}
	return err
}

// inside reads what is packed, as long as it is in proportion.
type inside struct {
	*unpacked
	r    io.Reader
	kind string
}

// Read gives unpacked bytes.
func (i *inside) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	i.given += int64(n)
	packed := i.size
	if packed == 0 {
		packed = i.packed.n
	}
	if i.given > i.free && i.given/i.ratio > packed {
		return 0, aisles.Errorf(aisles.Invalid, "this %s unpacks to more than %d times its size, as no feed does; nothing was written", i.kind, i.ratio)
	}
	if err != nil && err != io.EOF {
		err = broken(i.kind, err)
	}
	return n, err
}

// broken says so when an archive cannot be read; trouble below it stays.
func broken(kind string, err error) error {
	corrupt := errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrAlgorithm) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, zip.ErrInsecurePath)
	if strings.HasPrefix(err.Error(), "flate: ") || corrupt {
		return aisles.Errorf(aisles.Invalid, "the %s is damaged or cut off (%s); nothing was written", kind, err)
	}
	return err
}
