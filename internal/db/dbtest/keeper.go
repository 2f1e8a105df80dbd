package dbtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"aisles/internal/db"
)

const (
	envKeeper   = "AISLES_DBTEST_KEEPER" // set in the keeper: the folder to meet in
	envBinaries = "AISLES_DBTEST_BINARIES"
	answerReady = "ready"
	superuser   = "postgres"

	linger    = 2 * time.Second  // without users, before the cluster stops
	startWait = 60 * time.Second // for initdb and the server, on a busy machine
)

// init makes a test binary that was started as the keeper keep, and nothing
// else. It runs before any test code, on the main thread, whose life the
// kernel's signal to the server hangs on.
func init() {
	base := os.Getenv(envKeeper)
	if base == "" {
		return
	}
	syscall.CloseOnExec(3) // else the server holds the pipe, and the asking test waits for its end
	answer := os.NewFile(3, "answer")
	if err := keep(base, os.Getenv(envBinaries), answer); err != nil {
		fmt.Fprint(answer, err) //nolint:errcheck // nobody else to tell
		os.Exit(1)
	}
	os.Exit(0)
}

// keep runs a cluster until nobody uses it.
func keep(base, bin string, answer *os.File) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	alive, err := lockFile(stop, filepath.Join(base, fileKeeper), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	locks = append(locks, alive)
	if err := os.WriteFile(alive.Name(), fmt.Append(nil, os.Getpid()), 0o600); err != nil {
		return err
	}
	if err := clean(base); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(base, "run-")
	if err != nil {
		return err
	}
	defer clean(base) //nolint:errcheck // the next keeper tries again
	s, err := startServer(dir, bin)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.ready(stop); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(base, fileSocket), []byte(dir), 0o600); err != nil {
		return err
	}
	if _, err := answer.WriteString(answerReady); err != nil {
		return err
	}
	if err := answer.Close(); err != nil {
		return err
	}
	return s.watch(stop, base)
}

// clean removes the traces of clusters. A server that lost its keeper and its
// files ends within a minute:
// https://www.postgresql.org/docs/release/9.6.0/ ("postmaster.pid file is removed")
func clean(base string) error {
	runs, err := filepath.Glob(filepath.Join(base, "run-*"))
	for _, dir := range runs {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if e := os.Remove(filepath.Join(base, fileSocket)); !errors.Is(e, os.ErrNotExist) {
		err = errors.Join(err, e)
	}
	return err
}

// server is the keeper's PostgreSQL.
type server struct {
	dir   string
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended, as err says
	err   error
}

// startServer makes a cluster in a folder and starts its server.
func startServer(dir, bin string) (*server, error) {
	who, err := identity()
	if err != nil {
		return nil, err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	// Sorted as people sort, not by bytes: a query that relies on the
	// server's locale shows here.
	initdb := command(who, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8",
		"--no-sync", "--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
	if _, err := initdb.CombinedOutput(); err != nil {
		if err := os.RemoveAll(data); err != nil {
			return nil, err
		}
		plain := command(who, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", superuser, "-A", "trust", "-E", "UTF8",
			"--no-sync", "--locale=C") // older than 15, or built without ICU
		if out, err := plain.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("initdb: %w: %s", err, out)
		}
	}
	args := []string{"-D", data, "-k", dir}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s := &server{dir: dir, cmd: command(who, dir, filepath.Join(bin, "postgres"), args...), ended: make(chan struct{})}
	dieTogether(s.cmd.SysProcAttr)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.ended)
	}()
	return s, nil
}

// settings trade every safety of the data for speed.
var settings = []string{
	"listen_addresses=", "fsync=off", "full_page_writes=off", "synchronous_commit=off",
	"autovacuum=off", "wal_level=minimal", "max_wal_senders=0", "max_connections=300", "shared_buffers=32MB",
}

// identity returns whom the server runs as: nobody special, when we are root.
func identity() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, fmt.Errorf("a user to run PostgreSQL as, since it refuses root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// command is a program of PostgreSQL, run as who in dir.
func command(who *syscall.Credential, dir, file string, args ...string) *exec.Cmd {
	cmd := exec.Command(file, args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	return cmd
}

// ready waits until the server answers.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	for {
		d, err := db.Open(ctx, cluster{s.dir}.url("postgres"), db.Options{App: "dbtest"})
		if err == nil {
			return d.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("server ended: %w", s.err)
		case <-ctx.Done():
			return err
		case <-time.After(lockPoll):
		}
	}
}

// watch returns when nobody has used the cluster for [linger], with the gate
// locked behind it, so that nobody joins while it stops.
func (s *server) watch(ctx context.Context, base string) error {
	quiet := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.ended:
			return fmt.Errorf("server ended: %w", s.err)
		case <-time.After(5 * lockPoll):
		}
		used, err := locked(filepath.Join(base, fileUsers))
		if err != nil {
			return err
		}
		if used {
			quiet = time.Now()
		}
		if time.Since(quiet) < linger {
			continue
		}
		gate, err := os.OpenFile(filepath.Join(base, fileGate), os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		shut, err := tryLock(gate, syscall.LOCK_EX)
		if err != nil {
			return err
		}
		if used, err = locked(filepath.Join(base, fileUsers)); shut && !used && err == nil {
			locks = append(locks, gate)
			return nil
		}
		if err := gate.Close(); err != nil {
			return err
		}
	}
}

// locks are held until the keeper's process ends: an open file nobody refers
// to is closed by the garbage collector, and its lock with it.
var locks []*os.File

// stop ends the server without saving anything.
func (s *server) stop() {
	for _, sig := range []os.Signal{syscall.SIGQUIT, os.Kill} {
		_ = s.cmd.Process.Signal(sig) // has ended already
		select {
		case <-s.ended:
			return
		case <-time.After(5 * time.Second):
		}
	}
}
