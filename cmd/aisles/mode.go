package main

import (
	"fmt"

	"aisles/aisles"
)

type modeCommand struct {
	Mode   string `arg:"" optional:"" help:"sequential (one partner at a time), queued (background jobs, several partners at once) or paused. Without it the mode is shown."`
	Reason string `help:"Why; required for a switch." placeholder:"TEXT"`
	JSON   bool   `help:"Print JSON."`
}

// Run shows the mode or switches it.
func (c modeCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	var mode aisles.ModeSetting
	switch {
	case c.Mode == "":
		mode, err = api.Mode(e.ctx)
	case c.Reason == "":
		return exitf(exitUsage, "a switch of the mode needs --reason")
	default:
		mode, err = api.SetMode(e.ctx, aisles.Mode(c.Mode), c.Reason)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(mode)
	}
	_, err = fmt.Fprintf(e.out, "%s since %s (%s)\n", mode.Mode, mode.Since.Format("2006-01-02 15:04:05 MST"), mode.Reason)
	return err
}
