package dbtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aisles/internal/db"
)

// The files of the folder all test processes meet in. Locks are flocks, so
// that the kernel frees those of a killed process.
const (
	fileGate   = "gate"   // locked by whoever joins or stops the cluster
	fileUsers  = "users"  // locked, shared, by every test process
	fileKeeper = "keeper" // locked by the keeper
	fileSocket = "socket" // the cluster's socket folder, once it answers
)

// cluster is a running server, by its socket folder.
type cluster struct{ socket string }

// joined is this process's membership. The lock is held until it ends.
var joined struct {
	sync.Mutex
	cluster cluster
	users   *os.File
}

// join returns the cluster, started when there is none.
func join(ctx context.Context, bin string) (cluster, error) {
	joined.Lock()
	defer joined.Unlock()
	if joined.users != nil {
		return joined.cluster, nil
	}
	base, err := meetingPlace(bin)
	if err != nil {
		return cluster{}, err
	}
	c, users, err := enter(ctx, base, bin)
	if err != nil {
		return cluster{}, err
	}
	joined.cluster, joined.users = c, users
	return c, nil
}

// meetingPlace returns the folder shared by this user's test processes for one
// set of binaries.
func meetingPlace(bin string) (string, error) {
	sum := fnv.New32a()
	sum.Write([]byte(bin))
	base := filepath.Join(tempDir(), fmt.Sprintf("aisles-dbtest-%d-%x", os.Getuid(), sum.Sum32()))
	// The server, run as another user, must be able to pass through.
	if err := os.Mkdir(base, 0o711); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); !info.IsDir() || !ok || int(st.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not our folder", base)
	}
	return base, nil
}

// maxTemp keeps the socket's path within what the system allows, about 104 bytes.
const maxTemp = 50

// tempDir returns a folder for temporary files which the server can reach: as
// root it runs as another user.
func tempDir() string {
	dir := os.TempDir()
	if len(dir) > maxTemp {
		return "/tmp"
	}
	if os.Getuid() != 0 {
		return dir
	}
	for up := dir; up != filepath.Dir(up); up = filepath.Dir(up) {
		if info, err := os.Stat(up); err != nil || info.Mode()&0o001 == 0 {
			return "/tmp"
		}
	}
	return dir
}

// enter announces this process and finds or starts the cluster. The lock on
// the returned file is its membership.
func enter(ctx context.Context, base, bin string) (_ cluster, _ *os.File, err error) {
	gate, err := lockFile(ctx, filepath.Join(base, fileGate), syscall.LOCK_EX)
	if err != nil {
		return cluster{}, nil, err
	}
	defer gate.Close() //nolint:errcheck // only a lock
	users, err := lockFile(ctx, filepath.Join(base, fileUsers), syscall.LOCK_SH)
	if err != nil {
		return cluster{}, nil, err
	}
	alive, err := locked(filepath.Join(base, fileKeeper))
	if err == nil && !alive {
		err = startKeeper(base, bin)
	}
	if err != nil {
		return cluster{}, nil, errors.Join(err, users.Close())
	}
	socket, err := os.ReadFile(filepath.Join(base, fileSocket))
	if err != nil {
		return cluster{}, nil, errors.Join(err, users.Close())
	}
	return cluster{string(socket)}, users, nil
}

// startKeeper runs this binary once more as the keeper and waits until its
// cluster answers.
func startKeeper(base, bin string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read to its end
	cmd := exec.Command(self)
	cmd.Dir = base
	cmd.Env = append(os.Environ(), envKeeper+"="+base, envBinaries+"="+bin)
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is for the tests
	err = cmd.Start()
	w.Close() //nolint:errcheck // the keeper has its own
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if string(answer) != answerReady {
		return errors.Join(fmt.Errorf("keeper: %s", strings.TrimSpace(string(answer))), cmd.Wait())
	}
	return cmd.Process.Release()
}

// url returns the address of a database of the cluster.
func (c cluster) url(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/" + database,
		RawQuery: url.Values{"host": {c.socket}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}

// run runs a statement as the superuser.
func (c cluster) run(t testing.TB, ctx context.Context, statement string) {
	t.Helper()
	d, err := db.Open(ctx, c.url("postgres"), db.Options{App: "dbtest", Class: db.ClassMigrate})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close() //nolint:errcheck // nothing is left in it
	if _, err := d.Exec(ctx, "/*dbtest*/ "+statement); err != nil {
		t.Fatal(err)
	}
}

// lockPoll is how often a wait for a lock looks again.
const lockPoll = 20 * time.Millisecond

// lockFile opens a file and locks it, waiting until the context ends.
func lockFile(ctx context.Context, path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		ok, err := tryLock(f, how)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if ok {
			return f, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(lockPoll):
		}
	}
}

// tryLock reports whether the file could be locked at once.
func tryLock(f *os.File, how int) (bool, error) {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return false, nil
	}
	return err == nil, err
}

// locked reports whether another open file holds a lock on the path.
func locked(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	free, err := tryLock(f, syscall.LOCK_EX)
	return !free, errors.Join(err, f.Close())
}
