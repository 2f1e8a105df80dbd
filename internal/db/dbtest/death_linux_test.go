package dbtest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestClusterDiesWithItsKeeper(t *testing.T) {
	t.Parallel()
	dir := private(t)
	one, socket := enlist(t, dir)
	files, err := filepath.Glob(filepath.Join(dir, "*", "keeper"))
	if err != nil || len(files) != 1 {
		t.Fatalf("keepers: %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := os.FindProcess(pid)
	if err == nil {
		err = keeper.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	within(t, "stopped", func() bool { return !answers(socket) })
	kill(one)
	// The next user cleans up and starts afresh.
	_, other := enlist(t, dir)
	if other == socket || !answers(other) || exists(socket) {
		t.Errorf("socket %s after the end of %s", other, socket)
	}
}
