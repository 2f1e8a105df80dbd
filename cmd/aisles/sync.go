package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
)

type syncCommand struct {
	Partners []string `arg:"" optional:"" help:"The partners."`
	All      bool     `help:"All connected partners."`
	Routine  string   `help:"What to sync." enum:"catalog" default:"catalog"`
	DryRun   bool     `help:"Only tell what would be sent, field by field. Waits for it."`
	Force    bool     `help:"Compare with the shop itself instead of what was last sent, and send what differs."`
	Wait     bool     `help:"Wait until the runs have ended."`
	JSON     bool     `help:"Print JSON."`
}

// Run asks for runs and, where told to, waits for them.
func (c syncCommand) Run(e *env) error {
	if (len(c.Partners) == 0) == !c.All {
		return exitf(exitUsage, "name partners, or say --all")
	}
	api, err := e.api()
	if err != nil {
		return err
	}
	runs, err := api.RequestSync(e.ctx, aisles.SyncRequest{
		Partners: c.Partners, All: c.All, Routine: aisles.Routine(c.Routine), DryRun: c.DryRun, Force: c.Force,
	})
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		fmt.Fprintln(e.err, "no partner is connected to a shop")
	}
	if c.Wait || c.DryRun {
		if runs, err = wait(e, api, runs); err != nil {
			return err
		}
	}
	if err := c.show(e, api, runs); err != nil {
		return err
	}
	return verdict(runs)
}

// ended reports whether the run needs nothing more but a person.
func ended(r aisles.Run) bool { return r.Status != aisles.RunWaiting && r.Status != aisles.RunRunning }

// wait asks for the runs until all have ended.
func wait(e *env, api *client.Client, runs []aisles.Run) ([]aisles.Run, error) {
	pause := 50 * time.Millisecond
	for {
		left := 0
		for i, r := range runs {
			if ended(r) {
				continue
			}
			next, err := api.Run(e.ctx, r.ID)
			if err != nil {
				return runs, err
			}
			if runs[i] = next; !ended(next) {
				left++
			}
		}
		if left == 0 {
			return runs, nil
		}
		if e.terminal() {
			fmt.Fprintf(e.err, "\r\x1b[K%s", progressLine(runs))
		}
		select {
		case <-e.ctx.Done():
			return runs, context.Cause(e.ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, time.Second)
	}
}

func progressLine(runs []aisles.Run) string {
	var parts []string
	for _, r := range runs {
		if r.Status == aisles.RunRunning {
			n := r.Counts
			parts = append(parts, fmt.Sprintf("%s: %d created, %d updated, %d failed", r.Partner, n.Create, n.Update, n.Error))
		}
	}
	waiting := len(runs) - len(parts)
	if waiting > 0 {
		parts = append(parts, fmt.Sprintf("%d more", waiting))
	}
	return strings.Join(parts, " · ")
}

// show prints runs, and what a dry run found.
func (c syncCommand) show(e *env, api *client.Client, runs []aisles.Run) error {
	if e.terminal() {
		fmt.Fprint(e.err, "\r\x1b[K")
	}
	if c.JSON {
		return e.printJSON(map[string]any{"runs": runs, "pass": passes(runs)})
	}
	for _, r := range runs {
		if err := printRun(e, r); err != nil {
			return err
		}
		if c.DryRun || r.Status == aisles.RunHeld {
			if err := printActions(e, api, r.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// passes adds up the passes of the runs, each once, and takes them off the
// runs: what a pass costs is shared by its runs.
func passes(runs []aisles.Run) aisles.Pass {
	var sum aisles.Pass
	var seen []string
	for i, r := range runs {
		if r.Pass == nil {
			continue
		}
		runs[i].Pass = nil
		if slices.Contains(seen, r.Pass.ID) {
			continue
		}
		seen = append(seen, r.Pass.ID)
		sum.ID = r.Pass.ID
		sum.AislesRequests += r.Pass.AislesRequests
		sum.Changes += r.Pass.Changes
	}
	return sum
}

// verdict gives the exit status that the runs' ends stand for.
func verdict(runs []aisles.Run) error {
	count := map[aisles.RunStatus]int{}
	for _, r := range runs {
		count[r.Status]++
	}
	switch {
	case count[aisles.RunFailed] > 0:
		return exitf(exitError, "%d of %d runs failed", count[aisles.RunFailed], len(runs))
	case count[aisles.RunHeld] > 0:
		return exitf(exitHeld, "%d of %d runs are held for approval: aisles approve RUN, or aisles reject RUN", count[aisles.RunHeld], len(runs))
	case count[aisles.RunPartial]+count[aisles.RunStopped] > 0:
		return exitf(exitPartly, "%d of %d runs were not completed", count[aisles.RunPartial]+count[aisles.RunStopped], len(runs))
	}
	return nil
}
