package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/aisles/store"
)

// Options say whose feed it is and what it means.
type Options struct {
	Partner string
	// Source is what the report calls the feed: a file's name, "stdin", what
	// [Fetcher.Open] gives.
	Source string
	Format string // one of [Formats]; Auto when empty
	// Full says that the feed is the whole catalog: what it lacks is removed.
	Full bool
	// DryRun reports what would change and changes nothing.
	DryRun bool
	// TempDir is where rows are sorted when they are many; the system's when
	// empty.
	TempDir string
	// Progress is told where the import is, at every stage's beginning and
	// about five times a second, by the goroutine that loads; nil is off.
	Progress func(Progress)
}

// The stages of an import, in their order.
const (
	Reading  = "reading"
	Writing  = "writing"
	Removing = "removing" // only of full feeds
)

// Progress is how far an import is: bytes and rows that were read, products
// that were decided on.
type Progress struct {
	Bytes    int64
	Rows     int
	Products int
	Stage    string
}

// load is one import under way.
type load struct {
	Options
	store  *store.Store
	imp    aisles.Import
	format format
	// currency is the partner's; empty when it has none yet.
	currency string
	spool    *spool
	in       counting
	packed   *unpacked // nil until the feed is opened
	charset  charset
	told     time.Time
	stage    string
	// line is where the import is, for saying where it stopped.
	line int
	// unclear says that the feed may name products that were not recognised,
	// so that none can be said to be missing from it.
	unclear bool
	doubt   bool // the row before may not have been whole
	batch   batch
}

// Load reads a feed into a partner's catalog and gives the import with its
// report, which is kept. The error says why the feed as a whole was refused,
// then nothing was written, or where it stopped. Rejected products are no
// error: they are in the report.
func Load(ctx context.Context, st *store.Store, r io.Reader, o Options) (aisles.Import, error) {
	return loadWithin(ctx, st, r, o, usual)
}

func loadWithin(ctx context.Context, st *store.Store, r io.Reader, o Options, within limits) (aisles.Import, error) {
	o.Format = cmp.Or(o.Format, Auto)
	if !slices.Contains(Formats, o.Format) {
		return aisles.Import{}, aisles.FieldErrorf("format", "%s is none of %s", quote(o.Format), strings.Join(Formats, ", "))
	}
	partner, err := st.Partner(ctx, o.Partner)
	if err != nil {
		return aisles.Import{}, err
	}
	imp, err := st.StartImport(ctx, aisles.Import{Partner: o.Partner, Source: o.Source, Format: o.Format, Full: o.Full, DryRun: o.DryRun})
	if err != nil {
		return imp, fmt.Errorf("start import: %w", err)
	}
	l := newLoad(st, imp, o, within)
	l.currency = partner.Currency
	err = errors.Join(l.run(ctx, r), l.Close())
	return l.finish(ctx, err)
}

func newLoad(st *store.Store, imp aisles.Import, o Options, within limits) *load {
	l := &load{Options: o, store: st, imp: imp}
	l.spool = &spool{limits: within, parent: o.TempDir, key: func(r row) string { return l.format.cells().key(r) }}
	return l
}

// Close removes what was kept on disk.
func (l *load) Close() error {
	if l.packed == nil {
		return l.spool.Close()
	}
	return errors.Join(l.packed.Close(), l.spool.Close())
}

func (l *load) run(ctx context.Context, r io.Reader) error {
	l.in.Reader = r
	if err := l.read(ctx); err != nil {
		return l.stopped(err)
	}
	if err := l.write(ctx); err != nil {
		return l.stopped(err)
	}
	if !l.Full {
		return nil
	}
	if l.unclear {
		l.remark(aisles.Note{Reason: "nothing was removed: rows of the feed that could not be read may have named more products, see the rejects"})
		return nil
	}
	l.progress(Removing, 0)
	removed, err := l.store.RemoveUnseen(ctx, l.imp.ID, l.Partner, l.DryRun, func(removed int) { l.progress(Removing, removed) })
	l.imp.Report.Removed = removed
	return l.stopped(err)
}

// stopped says where an import ended early, and what it leaves behind.
func (l *load) stopped(err error) error {
	if err == nil || aisles.CodeOf(err) == aisles.Invalid {
		return err
	}
	n, written := l.imp.Report, "nothing was written"
	if changed := n.Created + n.Updated + n.Removed; changed > 0 && !l.DryRun {
		written = fmt.Sprintf("%d products were written and are whole", changed)
	}
	verb := "stopped"
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		verb = "was interrupted"
	}
	if l.line == 0 {
		return fmt.Errorf("the import %s; %s: %w", verb, written, err)
	}
	return fmt.Errorf("the import %s at line %d; %s: %w", verb, l.line, written, err)
}

// finish keeps the import as it ended, also when its context did.
func (l *load) finish(ctx context.Context, err error) (aisles.Import, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	now := time.Now().UTC()
	l.imp.FinishedAt = &now
	r := &l.imp.Report
	r.Rejects, r.Remarks = firstNotes(r.Rejects), firstNotes(r.Remarks)
	switch {
	case err != nil:
		l.imp.Status, l.imp.Error, r.StoppedAt = aisles.ImportFailed, err.Error(), l.line
	case r.Rejected > 0:
		l.imp.Status = aisles.ImportPartial
	default:
		l.imp.Status = aisles.ImportSucceeded
	}
	if l.Full {
		err = errors.Join(err, l.store.ForgetSeen(ctx, l.imp.ID))
	}
	return l.imp, errors.Join(err, l.store.SaveImport(ctx, l.imp))
}

const tellEvery = 200 * time.Millisecond

// progress tells how far the import is, when the stage is another or a while
// has passed. more counts products beyond those in the report.
func (l *load) progress(stage string, more int) {
	if l.Progress == nil {
		return
	}
	if now := time.Now(); stage != l.stage || now.Sub(l.told) >= tellEvery {
		l.stage, l.told = stage, now
		n := l.imp.Report
		l.Progress(Progress{l.in.n, n.Rows, n.Created + n.Updated + n.Unchanged + n.Rejected + more, stage})
	}
}

// counting counts what is read.
type counting struct {
	io.Reader
	n int64
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}
