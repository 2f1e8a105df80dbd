package db

import "time"

// Class says on whose behalf a pool's connections are held. It is the unit in
// which the database is budgeted.
type Class string

// The classes. Their default shares add up to 73 of PostgreSQL's default 100
// connections; the rest is for superusers, other programs and headroom.
const (
	ClassAdmin   Class = "admin"   // the company's pages
	ClassApp     Class = "app"     // a partner's own pages
	ClassAPI     Class = "api"     // programs that call the API
	ClassSync    Class = "sync"    // the API on behalf of the sync
	ClassJobs    Class = "jobs"    // the sync's own tables
	ClassWatch   Class = "watch"   // probes, backends, incidents
	ClassMigrate Class = "migrate" // schema changes
)

// share is what a class gets unless [Options] says otherwise.
type share struct {
	conns int           // connections at most
	wait  time.Duration // for a connection, before the refusal
}

// shares holds every class. A person's page may wait; the sync is told at once
// to come back later.
var shares = map[Class]share{
	ClassAdmin:   {conns: 20, wait: 2 * time.Second},
	ClassApp:     {conns: 10, wait: 2 * time.Second},
	ClassAPI:     {conns: 25, wait: time.Second},
	ClassSync:    {conns: 8, wait: 250 * time.Millisecond},
	ClassJobs:    {conns: 6, wait: 5 * time.Second},
	ClassWatch:   {conns: 2, wait: time.Second},
	ClassMigrate: {conns: 2, wait: 30 * time.Second},
}
