package db_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"aisles/internal/db"
)

func TestLockIsForOneProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data", "deep")
	holder := start(t, "lock", dir)()
	if holder.said != "<nil>\n" {
		t.Fatalf("the first process got %s", holder.said)
	}
	_, err := db.Lock(dir)
	if !errors.Is(err, db.ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	want := fmt.Sprintf("data folder %s is in use by process %d", dir, holder.Process.Pid)
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	// However it ends, the folder is free.
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Process.Wait(); err != nil {
		t.Fatal(err)
	}
	lock, err := db.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Lock(dir); !errors.Is(err, db.ErrLocked) {
		t.Errorf("a second time: got %v, want ErrLocked", err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	lock, err = db.Lock(dir)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	if err := lock.Close(); err != nil {
		t.Error(err)
	}
}

func TestLockNeedsAFolder(t *testing.T) {
	t.Parallel()
	if _, err := db.Lock("/dev/null/data"); err == nil || errors.Is(err, db.ErrLocked) {
		t.Errorf("got %v", err)
	}
}
