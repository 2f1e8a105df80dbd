package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"modernc.org/sqlite"
)

// busyWait bounds SQLite's own wait for a lock another process holds.
const busyWait = 2 * time.Second

// maxReaders bounds a pool's connections to one file: more do not read faster.
const maxReaders = 4

// lite is the SQLite engine: readers of its own, and the file's shared writer.
type lite struct {
	readers *sql.DB
	limit   int
	writer  *liteWriter
	once    sync.Once
	closed  error
}

// liteWriter is a file's only writing connection in this process. Pools of
// different classes share it, so that they queue here, in order, instead of
// finding the file busy.
type liteWriter struct {
	path string
	db   *sql.DB
	turn chan struct{} // holds one token; waiters are served in order
	refs int           // guarded by liteWriters
}

// liteWriters holds the open files by path.
var liteWriters = struct {
	sync.Mutex
	open map[string]*liteWriter
}{open: map[string]*liteWriter{}}

// openLite opens the pool on a file, and creates the file, readable by its
// owner only, when there is none.
func openLite(ctx context.Context, file string, o Options) (engine, error) {
	if file == "" {
		return nil, errors.New("sqlite: no file name")
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	// The folder's real path, so that two roads to a file find one writer.
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("sqlite: folder of %s: %w", file, err)
	}
	path = filepath.Join(dir, filepath.Base(path))
	writer, err := shareWriter(ctx, path)
	if err != nil {
		return nil, err
	}
	limit := min(o.MaxConns, maxReaders)
	readers, err := openFile(path, limit, url.Values{
		"_query_only": {"1"},
	})
	if err != nil {
		return nil, errors.Join(err, writer.drop())
	}
	return &lite{readers: readers, limit: limit, writer: writer}, nil
}

// shareWriter returns the file's writer, opened by whoever comes first.
func shareWriter(ctx context.Context, path string) (*liteWriter, error) {
	liteWriters.Lock()
	defer liteWriters.Unlock()
	if w := liteWriters.open[path]; w != nil {
		w.refs++
		return w, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	w := &liteWriter{path: path, refs: 1, turn: make(chan struct{}, 1)}
	w.turn <- struct{}{}
	w.db, err = openFile(path, 1, url.Values{
		"_txlock":       {"immediate"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"NORMAL"},
		"_foreign_keys": {"1"},
		// After a large import the log shrinks to 64 MiB again.
		"_pragma": {"journal_size_limit(67108864)"},
	})
	if err != nil {
		return nil, err
	}
	if err := w.connect(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), w.db.Close())
	}
	liteWriters.open[path] = w
	return w, nil
}

// connect makes the first connection. Processes that do so at once are in each
// other's way while the file becomes a write-ahead-logged one, and for that
// SQLite does not wait by itself.
func (w *liteWriter) connect(ctx context.Context) error {
	for deadline := time.Now().Add(busyWait); ; {
		err := w.db.PingContext(ctx)
		if !errors.Is(explain("open", err), ErrBusy) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// drop gives up one share of the writer; the last one closes it.
func (w *liteWriter) drop() error {
	liteWriters.Lock()
	defer liteWriters.Unlock()
	if w.refs--; w.refs > 0 {
		return nil
	}
	delete(liteWriters.open, w.path)
	return w.db.Close()
}

// openFile opens up to conns connections to a file; each stays open.
func openFile(path string, conns int, params url.Values) (*sql.DB, error) {
	params.Set("_busy_timeout", strconv.FormatInt(busyWait.Milliseconds(), 10))
	params.Set("_dqs", "0")      // "x" is a name, never a string
	params.Set("_error_rc", "1") // no stale message beside an error of opening
	name := url.URL{Path: path}
	c, err := sqlite.NewConnector("file:" + name.EscapedPath() + "?" + params.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

func (l *lite) dialect() Dialect { return SQLite }

func (l *lite) native() any { return l.writer.db }

func (l *lite) usage() (limit, inUse, idle int) {
	s := l.readers.Stats()
	return l.limit, s.InUse, s.Idle
}

func (l *lite) close() error {
	l.once.Do(func() { l.closed = errors.Join(l.readers.Close(), l.writer.drop()) })
	return l.closed
}

func (l *lite) acquire(ctx context.Context, write bool) (session, error) {
	if !write {
		c, err := l.readers.Conn(ctx)
		if err != nil {
			return nil, err
		}
		return &liteSession{liteRunner{c}, c, nil}, nil
	}
	select {
	case <-l.writer.turn:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := l.writer.db.Conn(ctx)
	if err != nil {
		l.writer.turn <- struct{}{}
		return nil, err
	}
	return &liteSession{liteRunner{c}, c, l.writer.turn}, nil
}

// liteRunner runs statements on what database/sql runs them on.
type liteRunner struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

func (r liteRunner) exec(ctx context.Context, query string, args []any) (int64, error) {
	res, err := r.on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (r liteRunner) each(ctx context.Context, query string, args []any, f func(Row) error) error {
	rows, err := r.on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err has it
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// liteSession is a connection, and with it perhaps the right to write.
type liteSession struct {
	liteRunner
	conn *sql.Conn
	turn chan struct{} // nil for a reader
}

func (s *liteSession) begin(ctx context.Context, write bool) (transaction, error) {
	tx, err := s.conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: !write})
	if err != nil {
		return nil, err
	}
	return liteTx{liteRunner{tx}, tx}, nil
}

func (s *liteSession) release() {
	_ = s.conn.Close() // waits for a rollback under way, then returns to the pool
	if s.turn != nil {
		s.turn <- struct{}{}
	}
}

type liteTx struct {
	liteRunner
	tx *sql.Tx
}

func (t liteTx) commit(ctx context.Context) error {
	err := t.tx.Commit()
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err() // database/sql rolled back when the context ended
	}
	return err
}

func (t liteTx) rollback(context.Context) { _ = t.tx.Rollback() } // done already, or ended with its connection
func (t liteTx) native() any              { return t.tx }
