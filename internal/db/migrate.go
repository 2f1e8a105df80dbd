package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// words are the names a migration may use in {{braces}}, with what stands for
// them. {{sql "lite" "postgres"}} chooses between any two texts.
//
// {{text}} sorts by its bytes on both, whatever the server's locale: pages are
// cut by key, and a key must not move. {{strict}} makes SQLite refuse a value
// of the wrong type, as PostgreSQL does.
var words = map[string][2]string{
	"id":     {"INTEGER PRIMARY KEY", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
	"int":    {"INTEGER", "bigint"},
	"real":   {"REAL", "double precision"},
	"bool":   {"INTEGER", "boolean"},
	"text":   {"TEXT", `text COLLATE "C"`},
	"json":   {"TEXT", "jsonb"},
	"bytes":  {"BLOB", "bytea"},
	"micros": {"INTEGER", "bigint"}, // since 1970, UTC
	"strict": {"STRICT", ""},
}

// Migrate brings the tables of one owner up to date and returns the files it
// applied. The .sql files of fsys, in any folder, are numbered 0001_name.sql,
// run in order, each in one transaction, and remembered in the named table;
// each is a template of the words above. Versions the database has and fsys
// lacks, left by a later release, stay. Processes that start at once wait for
// each other.
func Migrate(ctx context.Context, d *DB, fsys fs.FS, table string) ([]string, error) {
	files, err := migrations(d.Dialect(), fsys)
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", table, err)
	}
	list := make([]*goose.Migration, 0, len(files))
	for _, f := range files {
		list = append(list, goose.NewGoMigration(f.version, &goose.GoFunc{RunTx: f.run}, nil))
	}
	options := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithTableName(table),
		goose.WithGoMigrations(list...),
	}
	var versions []int64
	switch e := d.engine.(type) {
	case *lite:
		versions, err = migrateLite(ctx, e, options)
	case *postgres:
		versions, err = migratePostgres(ctx, e.pool, d.schema, options)
	}
	var applied []string
	for _, f := range files {
		if slices.Contains(versions, f.version) {
			applied = append(applied, f.name)
		}
	}
	return applied, explain("migrate "+table, err)
}

// Exclusive runs f while no other process migrates the database or runs
// another f; the schema is made before, where there is none. It is for a
// library that migrates its own tables. What says what is migrated.
func Exclusive(ctx context.Context, d *DB, what string, f func(context.Context) error) (err error) {
	defer func() { err = explain("migrate "+what, err) }()
	switch e := d.engine.(type) {
	case *lite:
		lock, err := flock(ctx, e.writer.path+".migrate")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.Close()) }()
	case *postgres:
		lock, err := lockPostgres(ctx, e.pool.Config().ConnConfig, d.schema)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.Close(context.WithoutCancel(ctx))) }()
		if err := createSchema(ctx, lock, d.schema); err != nil {
			return err
		}
	}
	return f(ctx)
}

func migrateLite(ctx context.Context, l *lite, o []goose.ProviderOption) (versions []int64, err error) {
	lock, err := flock(ctx, l.writer.path+".migrate")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return up(ctx, goose.DialectSQLite3, l.writer.db, o)
}

func migratePostgres(ctx context.Context, pool *pgxpool.Pool, schema string, o []goose.ProviderOption) (versions []int64, err error) {
	// A connection of its own: the pool may have only one, which goose needs.
	lock, err := lockPostgres(ctx, pool.Config().ConnConfig, schema)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Close(context.WithoutCancel(ctx))) }()
	if err := createSchema(ctx, lock, schema); err != nil {
		return nil, err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	return up(ctx, goose.DialectPostgres, db, o)
}

// lockPostgres returns a connection that holds the right to migrate until it
// is closed; it waits until the context ends. It asks instead of waiting in
// the server, where it would hold back the snapshots of everybody else.
func lockPostgres(ctx context.Context, config *pgx.ConnConfig, schema string) (*pgx.Conn, error) {
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	key := fnv.New64a()
	key.Write([]byte("migrate " + schema))
	for {
		var held bool
		err := c.QueryRow(ctx, "/*db.Migrate*/ SELECT pg_try_advisory_lock($1)", int64(key.Sum64())).Scan(&held)
		if held {
			return c, nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
				err = fmt.Errorf("wait for another migration: %w", ctx.Err())
			case <-time.After(lockPoll):
				continue
			}
		}
		return nil, errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
}

// createSchema makes a schema that is not there. It asks first: a role may use
// a schema made for it without the right to create one.
func createSchema(ctx context.Context, c *pgx.Conn, schema string) error {
	if schema == "" {
		return nil
	}
	var there bool
	err := c.QueryRow(ctx, "/*db.Migrate*/ SELECT to_regnamespace($1) IS NOT NULL", schema).Scan(&there)
	if err == nil && !there {
		_, err = c.Exec(ctx, "/*db.Migrate*/ CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize())
	}
	return err
}

func up(ctx context.Context, dialect goose.Dialect, db *sql.DB, o []goose.ProviderOption) ([]int64, error) {
	p, err := goose.NewProvider(dialect, db, nil, o...)
	if err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	if e, ok := errors.AsType[*goose.PartialError](err); ok {
		results, err = e.Applied, e.Err
	}
	var versions []int64
	for _, r := range results {
		versions = append(versions, r.Source.Version)
	}
	return versions, err
}

// migration is one file, in the dialect.
type migration struct {
	version    int64
	name, text string
}

func (m migration) run(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	return nil
}

// migrations reads the files and puts them into the dialect, in their order.
func migrations(dialect Dialect, fsys fs.FS) ([]migration, error) {
	var list []migration
	err := fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".sql" {
			return err
		}
		number, _, _ := strings.Cut(path.Base(file), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil || version < 1 {
			return fmt.Errorf("%s: want a name like 0001_products.sql", file)
		}
		b, err := fs.ReadFile(fsys, file)
		if err != nil {
			return err
		}
		text, err := translate(dialect, file, string(b))
		if err != nil {
			return err
		}
		list = append(list, migration{version, path.Base(file), text})
		return nil
	})
	slices.SortFunc(list, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	return list, err
}

// translate replaces the words of a migration.
func translate(dialect Dialect, file, text string) (string, error) {
	funcs := template.FuncMap{"sql": dialect.SQL}
	for word, in := range words {
		funcs[word] = func() string { return dialect.SQL(in[0], in[1]) }
	}
	t, err := template.New(file).Funcs(funcs).Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, nil); err != nil {
		return "", err
	}
	return b.String(), nil
}
