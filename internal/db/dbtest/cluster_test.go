package dbtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// envUser makes this binary a user of the cluster: it prints where it is and
// waits until its input ends or it is killed.
const envUser = "DBTEST_USER"

func TestMain(m *testing.M) {
	if os.Getenv(envUser) == "" {
		os.Exit(m.Run())
	}
	bin, err := findBinaries()
	if err != nil {
		panic(err)
	}
	c, err := join(context.Background(), bin)
	if err != nil {
		panic(err)
	}
	fmt.Println(c.socket)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// enlist starts a process that uses a cluster of this test's own.
func enlist(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envUser+"=1", "TMPDIR="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kill(cmd) })
	socket, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(socket)
}

func kill(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // killed, as it should be
}

// private returns a folder for temporary files which other users can reach.
func private(t *testing.T) string {
	t.Helper()
	Postgres(t) // skips where there is none
	dir, err := os.MkdirTemp("", "d")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func answers(socket string) bool {
	c, err := net.Dial("unix", filepath.Join(socket, ".s.PGSQL.5432"))
	if err == nil {
		err = c.Close()
	}
	return err == nil
}

// within fails the test unless the condition comes true in ten seconds.
func within(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !condition(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("after ten seconds: not %s", what)
		}
	}
}

func TestProcessesShareACluster(t *testing.T) {
	t.Parallel()
	dir := private(t)
	one, socket := enlist(t, dir)
	two, same := enlist(t, dir)
	if socket != same || !answers(socket) {
		t.Errorf("sockets %s and %s, want one that answers", socket, same)
	}
	kill(one) // also the keeper's parent
	three, same := enlist(t, dir)
	if socket != same {
		t.Errorf("sockets %s and %s, want one", socket, same)
	}
	kill(two)
	kill(three)
	within(t, "stopped", func() bool { return !answers(socket) })
	within(t, "removed", func() bool {
		_, err := os.Stat(socket)
		return os.IsNotExist(err)
	})
	four, other := enlist(t, dir)
	if other == socket || !answers(other) {
		t.Errorf("socket %s after the end of %s, want another that answers", other, socket)
	}
	kill(four)
	within(t, "stopped", func() bool { return !answers(other) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestWithoutPostgres(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "note")
	run := func(require string) (string, error) {
		cmd := exec.Command(self, "-test.run=^TestCountSeesAllPools$", "-test.v")
		cmd.Env = append(os.Environ(), "AISLES_POSTGRES_BIN="+t.TempDir(), "AISLES_DBTEST_NOTE="+note, "AISLES_REQUIRE_POSTGRES="+require)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := run("1")
	if err == nil || !strings.Contains(out, "--- FAIL: TestCountSeesAllPools/postgres") || exists(note) {
		t.Errorf("required: %v\n%s", err, out)
	}
	out, err = run("")
	if err != nil || !strings.Contains(out, "--- SKIP: TestCountSeesAllPools/postgres") || !strings.Contains(out, "--- PASS: TestCountSeesAllPools/sqlite") {
		t.Errorf("not required: %v\n%s", err, out)
	}
	b, err := os.ReadFile(note)
	if err != nil || !strings.HasPrefix(string(b), "PostgreSQL tests did not run: ") || strings.Count(string(b), "\n") != 1 {
		t.Errorf("note: %v, %q", err, b)
	}
}
