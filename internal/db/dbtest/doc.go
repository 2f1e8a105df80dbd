// Package dbtest runs a test on each database.
//
//	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
//		d := h.Open(db.Options{Schema: "aisles"})
//		…
//	})
//
// SQLite always runs, on files in the test's own folder. PostgreSQL runs on a
// private, throw-away cluster, started from the binaries found on the machine,
// with a database of its own for every test; as root it runs as another user,
// because PostgreSQL refuses root. Where there are no binaries, the PostgreSQL
// half is skipped; with AISLES_REQUIRE_POSTGRES=1 it fails instead.
// AISLES_POSTGRES_BIN names the folder of binaries to use. When
// AISLES_DBTEST_NOTE names a file, the reason for a skip is left there, for
// the end of a long run.
//
// # One cluster for all
//
// All test processes of a user share one cluster, also those that overlap in
// one run of many packages. Each holds a shared lock on a file for as long as
// it lives. A keeper, which is the first test binary started once more,
// owns the cluster; when it can take that lock alone for two seconds, because
// every test process has ended or was killed, it stops the cluster and
// removes its files. On Linux the server is told by the kernel should the
// keeper be killed; elsewhere it stops by itself within a minute, once its
// files are removed.
//
// A transaction left open in one test holds back the snapshots of all
// others, as it does on any cluster: a test that waits for a horizon must
// allow for its neighbours.
package dbtest
