package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"aisles/aisles"
	"aisles/aisles/client"
)

type runsCommand struct {
	ID      string `arg:"" optional:"" name:"run" help:"A run; without it the latest are listed."`
	Partner string `help:"Only runs of this partner."`
	Limit   int    `help:"How many to list." default:"20"`
	JSON    bool   `help:"Print JSON."`
}

// Run lists runs, or shows one with what it did.
func (c runsCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	if c.ID != "" {
		return c.one(e, api)
	}
	page, err := api.Runs(e.ctx, c.Partner, "", c.Limit)
	if err != nil {
		return err
	}
	runs := page.Items
	if c.JSON {
		return e.printJSON(map[string]any{"runs": runs})
	}
	rows := [][]string{{"RUN", "PARTNER", "ROUTINE", "STATUS", "STARTED", "CREATE", "UPDATE", "ARCHIVE", "ERROR", "CALLS", "REASON"}}
	for _, r := range runs {
		started := "-"
		if r.StartedAt != nil {
			started = r.StartedAt.Format("2006-01-02 15:04:05")
		}
		n := r.Counts
		rows = append(rows, []string{r.ID, r.Partner, string(r.Routine), string(r.Status), started,
			fmt.Sprint(n.Create), fmt.Sprint(n.Update), fmt.Sprint(n.Archive), fmt.Sprint(n.Error), fmt.Sprint(r.ShopifyCalls), r.Reason})
	}
	return table(e.out, rows)
}

func (c runsCommand) one(e *env, api *client.Client) error {
	run, err := api.Run(e.ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		var actions []aisles.RunAction
		err := eachAction(e, api, run.ID, func(a aisles.RunAction) error {
			actions = append(actions, a)
			return nil
		})
		if err != nil {
			return err
		}
		return e.printJSON(map[string]any{"run": run, "actions": actions})
	}
	if err := printRun(e, run); err != nil {
		return err
	}
	return printActions(e, api, run.ID)
}

func printRun(e *env, r aisles.Run) error {
	n := r.Counts
	dry := ""
	if r.DryRun {
		dry = " (dry run)"
	}
	_, err := fmt.Fprintf(e.out, "%s  %s %s %s%s: %d created, %d updated, %d archived, %d failed; %d Shopify calls, %.0f points, %d throttled; %d Aisles requests\n",
		r.ID, r.Partner, r.Routine, r.Status, dry, n.Create, n.Update, n.Archive, n.Error, r.ShopifyCalls, r.ShopifyPoints, r.Throttled, r.AislesRequests)
	if err == nil && r.Reason != "" {
		_, err = fmt.Fprintf(e.out, "    %s\n", r.Reason)
	}
	return err
}

func eachAction(e *env, api *client.Client, run string, f func(aisles.RunAction) error) error {
	for a, err := range client.All(func(after string) (client.Page[aisles.RunAction], error) { return api.Actions(e.ctx, run, after, 0) }) {
		if err != nil {
			return err
		}
		if err := f(a); err != nil {
			return err
		}
	}
	return nil
}

// sign is what stands before an action: = same, + create, * update, - archive
// or delete, ! error.
func sign(a aisles.RunAction) string {
	switch {
	case a.Error != nil:
		return "!"
	case a.Kind == "create":
		return "+"
	case a.Kind == "update":
		return "*"
	case a.Kind == "archive", a.Kind == "delete":
		return "-"
	}
	return "="
}

func printActions(e *env, api *client.Client, run string) error {
	return eachAction(e, api, run, func(a aisles.RunAction) error {
		fmt.Fprintf(e.out, "%s %s  %s", sign(a), a.Key, a.Reason)
		if len(a.Calls) > 0 {
			fmt.Fprintf(e.out, "  [%s]", strings.Join(a.Calls, ", "))
		}
		fmt.Fprintln(e.out)
		for _, f := range a.Fields {
			fmt.Fprintf(e.out, "    %s: %s → %s\n", f.Field, short(f.Before), short(f.After))
		}
		if a.Error != nil {
			fmt.Fprintf(e.out, "    %s\n", errorLine(a.Error))
		}
		return nil
	})
}

func errorLine(e *aisles.SyncError) string {
	line := e.Message
	if e.Code != "" {
		line += " [" + e.Code + "]"
	}
	if len(e.Field) > 0 {
		line = strings.Join(e.Field, ".") + ": " + line
	}
	if e.SetAside {
		line += "; set aside until it changes, for a day, or until 'aisles retry'"
	}
	return line
}

// short gives a value as JSON, cut to what a line bears.
func short(v any) string {
	if v == nil {
		return "–"
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 100
	if r := []rune(string(b)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(b)
}
