package db

// Dialect is the language of a database.
type Dialect uint8

// The dialects.
const (
	SQLite Dialect = iota
	Postgres
)

// String returns "sqlite" or "postgres".
func (d Dialect) String() string { return d.SQL("sqlite", "postgres") }

// SQL returns the text meant for the dialect. It is the only place where a
// caller's code forks on the database.
func (d Dialect) SQL(lite, pg string) string {
	if d == Postgres {
		return pg
	}
	return lite
}
