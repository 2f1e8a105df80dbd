package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"aisles/phido/ledger"
)

// job is a job's arguments: its ticket, and whom it is for.
type job struct {
	Run     string `json:"run" river:"unique"`
	Ticket  int64  `json:"ticket" river:"unique"`
	Partner string `json:"partner"`
	Routine string `json:"routine"`
}

// Kind is the job's name in River.
func (job) Kind() string { return "phido.run" }

// alive are the states of a job that may still be worked. River's own choice
// counts completed jobs, too.
var alive = []rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// Offer adds a job for each ticket that has none.
func (q *Queue) Offer(ctx context.Context, tickets []ledger.Ticket) error {
	params := make([]river.InsertManyParams, len(tickets))
	for i, t := range tickets {
		params[i] = river.InsertManyParams{
			Args:       job{Run: t.Run, Ticket: t.Number, Partner: t.Partner, Routine: string(t.Routine)},
			InsertOpts: &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: alive}},
		}
	}
	if _, err := q.insert.InsertMany(ctx, params); err != nil {
		return fmt.Errorf("offer %d runs: %w", len(tickets), err)
	}
	return nil
}

// worker works jobs.
type worker struct {
	river.WorkerDefaults[job]
	work Work
}

// Work works one job.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	again, err := w.work(ctx, ledger.Ticket{Run: j.Args.Run, Number: j.Args.Ticket})
	if err != nil || again == 0 {
		return err
	}
	return river.JobSnooze(again)
}

// NextRetry is after an error of the ledger, which may be back at once.
func (w *worker) NextRetry(*river.Job[job]) time.Time { return time.Now().Add(retryPause) }

// Serve says what does the work; before Start.
func (q *Queue) Serve(work Work) { q.work = work }

// Start begins to work jobs, of all processes' offers. The context's end ends
// them at once; Stop lets them hand back what they have.
func (q *Queue) Start(ctx context.Context) error {
	if q.work == nil {
		return errors.New("start queue: nothing does the work")
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{work: q.work})
	c, err := q.make(&river.Config{
		Logger:               q.Log,
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.Workers}},
		Workers:              workers,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: rescueAfter,
		SoftStopTimeout:      softStop,
	})
	if err == nil {
		err = c.Start(ctx)
	}
	if err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	q.working = c
	return nil
}

// Stop takes no more jobs and waits until those under way have handed back
// what they have, or are cut short.
func (q *Queue) Stop(ctx context.Context) error {
	if q.working == nil {
		return nil
	}
	c := q.working
	q.working = nil
	if err := c.Stop(ctx); err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	return nil
}
