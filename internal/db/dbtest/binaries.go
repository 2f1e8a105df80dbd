package dbtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// oldest is the first major version of PostgreSQL the store supports.
const oldest = 14

const remedy = "Install PostgreSQL 14 or newer (Debian and Ubuntu: apt-get install postgresql; macOS: brew install postgresql), " +
	"or set AISLES_POSTGRES_BIN to the folder of initdb and postgres."

// usual are the folders packagers put the binaries in.
var usual = []string{
	"/usr/lib/postgresql/*/bin",                          // Debian, Ubuntu
	"/usr/pgsql-*/bin",                                   // PostgreSQL's own RPMs
	"/usr/libexec/postgresql*",                           // Alpine
	"/usr/local/pgsql/bin",                               // from source
	"/opt/homebrew/opt/postgresql@*/bin",                 // macOS, Homebrew
	"/usr/local/opt/postgresql@*/bin",                    // the same on Intel
	"/Applications/Postgres.app/Contents/Versions/*/bin", // Postgres.app
}

// findBinaries returns the folder of the newest PostgreSQL on the machine.
var findBinaries = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv("AISLES_POSTGRES_BIN"); dir != "" {
		_, err := version(dir)
		return dir, err
	}
	return newest(candidates())
})

// candidates returns the folders to look at.
func candidates() []string {
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if file, err := exec.LookPath("initdb"); err == nil {
		// Through a link the server would not find its own files.
		if file, err = filepath.EvalSymlinks(file); err == nil {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	for _, pattern := range usual {
		found, _ := filepath.Glob(pattern) // fails only for a bad pattern
		dirs = append(dirs, found...)
	}
	return dirs
}

// newest returns the folder with the highest supported version.
func newest(dirs []string) (string, error) {
	best, bestVersion := "", 0
	old := 0
	for _, dir := range dirs {
		v, err := version(dir)
		switch {
		case errors.Is(err, errTooOld):
			old = max(old, v)
		case err == nil && v > bestVersion:
			best, bestVersion = dir, v
		}
	}
	switch {
	case best != "":
		return best, nil
	case old > 0:
		return "", fmt.Errorf("only PostgreSQL %d was found", old)
	}
	return "", errors.New("no PostgreSQL was found")
}

var (
	errTooOld    = fmt.Errorf("older than PostgreSQL %d", oldest)
	versionWords = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)
)

// version returns the major version of the binaries in a folder.
func version(dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "-V").Output()
	if err != nil {
		return 0, fmt.Errorf("%s/postgres -V: %w", dir, err)
	}
	m := versionWords.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("%s/postgres -V says %q", dir, out)
	}
	v, err := strconv.Atoi(string(m[1]))
	if err == nil && v < oldest {
		err = fmt.Errorf("%s: %w", dir, errTooOld)
	}
	return v, err
}
