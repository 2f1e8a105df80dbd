package aisles

import "time"

// ImportStatus is how far an import is.
type ImportStatus string

// The statuses of an import. A failed import says why in its Error; what it
// wrote until then stays and is whole, and it is free to repeat.
const (
	ImportRunning   ImportStatus = "running"
	ImportSucceeded ImportStatus = "succeeded"
	ImportPartial   ImportStatus = "partial" // some products were rejected
	ImportFailed    ImportStatus = "failed"
)

// Import is one feed loaded into a partner's catalog, and its report.
type Import struct {
	ID         string       `json:"id"`
	Partner    string       `json:"partner"`
	Source     string       `json:"source"` // file name, "stdin", "upload", or a URL without what may be secret in it
	Format     string       `json:"format"`
	Full       bool         `json:"full"`
	DryRun     bool         `json:"dry_run"`
	Status     ImportStatus `json:"status"`
	StartedAt  time.Time    `json:"started_at"`
	FinishedAt *time.Time   `json:"finished_at,omitempty"`
	Report     Report       `json:"report"`
	Error      string       `json:"error,omitempty"`
}

// MostNotes bounds the rejects and the remarks a report carries; the counts
// go on.
const MostNotes = 1000

// Report says what became of a feed. Counts are products, but for Rows.
type Report struct {
	Rows      int `json:"rows"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Removed   int `json:"removed"`
	Rejected  int `json:"rejected"`
	// IgnoredColumns are columns the format does not know.
	IgnoredColumns []string `json:"ignored_columns,omitempty"`
	Rejects        []Note   `json:"rejects,omitempty"`
	// Remarks are about products that were accepted.
	Remarks []Note `json:"remarks,omitempty"`
	// StoppedAt is the line at which a failed import stopped; 0 when it ran
	// to the end.
	StoppedAt int `json:"stopped_at,omitempty"`
}

// Note is one thing to tell about a feed: where, and why.
type Note struct {
	// Lines are the lines of the feed it is about, counted from 1, a
	// quoted cell with line breaks by its row's first line.
	Lines   []int  `json:"lines,omitempty"`
	Column  string `json:"column,omitempty"`
	Product string `json:"product,omitempty"`
	Reason  string `json:"reason"`
}
