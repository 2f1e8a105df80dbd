// Package db opens the two databases this module runs on and makes them look
// like one.
//
// SQLite (pure Go, embedded) and PostgreSQL stand behind the same [DB]: the
// same statements with $1, $2, … used in order, the same transactions, the
// same errors. Where the two need different text, [DB.SQL] and [Tx.SQL] choose it; no
// other room asks which database it talks to.
//
// # Pools
//
// A DB is the pool of one [Class]: who asks. A class can hold at most its
// share of connections, and waits a bounded time for one; after that the
// answer is [ErrRefused], which costs the database nothing. On PostgreSQL a DB
// is a pgx pool. On SQLite it is a set of read-only connections, and one
// writer which all DBs of a file in this process share, first come first
// served.
//
// # Statements
//
// Every statement starts with a comment that names the function which sends
// it:
//
//	/*store.Products*/ SELECT key, title FROM products WHERE partner = $1
//
// The name survives PostgreSQL's cut of long queries in pg_stat_activity,
// stands in errors, and is what [Counter] and [Tracer] count by. A statement
// without one is refused. Parameters are strings, integers, floats, booleans
// and bytes: a time is a bigint of microseconds, JSON is a string, money is
// minor units; other types mean different things to the two databases and are
// refused as well.
//
// # Transactions and failure
//
// [DB.InTx] writes, [DB.Read] reads one snapshot. A write that fails because
// another one was in its way (a busy file, a deadlock, a serialization
// failure) is run again, a few times; so its function must have no effect
// outside the transaction. A statement on the DB itself inside its own
// transaction would wait for a second connection while holding the first, and
// is refused.
//
// An error keeps its driver's text and carries one of the sentinels
// [ErrUnique], [ErrForeignKey], [ErrBusy], [ErrFull], [ErrRefused] or
// [ErrUnreachable] where it is one of those.
package db
