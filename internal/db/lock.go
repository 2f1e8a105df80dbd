package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrLocked: another process works on this data folder. [LockedError] says which.
var ErrLocked = errors.New("data folder in use")

// LockedError names the process that holds a data folder.
type LockedError struct {
	Dir string
	PID int // 0 when the holder has not written it yet
}

// Error says who holds the folder.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "data folder " + e.Dir + " is in use by another process"
	}
	return fmt.Sprintf("data folder %s is in use by process %d", e.Dir, e.PID)
}

// Unwrap returns [ErrLocked].
func (e *LockedError) Unwrap() error { return ErrLocked }

// Lock takes a data folder for this process, and creates it, open to its
// owner only, when there is none. It does not wait: when another process has
// the folder the error is a [*LockedError]. Close gives the folder back; the
// end of the process, however it ends, does too.
func Lock(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	f, err := openLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("lock data folder: %w", err)
	}
	held, err := tryFlock(f)
	if err == nil && !held {
		b, _ := io.ReadAll(f) // without a number the message still says enough
		pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
		err = &LockedError{Dir: dir, PID: pid}
	}
	if err == nil {
		err = writePID(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func openLock(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// tryFlock reports whether it could lock the open file, which closing frees.
func tryFlock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// lockPoll is how often a waiting [flock] looks again.
const lockPoll = 20 * time.Millisecond

// flock locks the file at path, and waits for it until the context ends.
func flock(ctx context.Context, path string) (io.Closer, error) {
	f, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		held, err := tryFlock(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if held {
			return f, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for %s: %w", path, ctx.Err()), f.Close())
		case <-time.After(lockPoll):
		}
	}
}
