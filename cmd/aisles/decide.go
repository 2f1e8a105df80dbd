package main

import (
	"fmt"
)

type approveCommand struct {
	Held string `arg:"" name:"run" help:"The held run."`
}

// Run lets a held run go on, in a run of its own.
func (c approveCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	run, err := api.Decide(e.ctx, c.Held, true)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "approved; %s goes on as run %s\n", c.Held, run.ID)
	return err
}

type rejectCommand struct {
	Held string `arg:"" name:"run" help:"The held run."`
}

// Run leaves the shop as it is.
func (c rejectCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	if _, err := api.Decide(e.ctx, c.Held, false); err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "rejected; the shop stays as it is\n")
	return err
}

type retryCommand struct {
	Partner  string   `arg:"" help:"The partner."`
	Products []string `arg:"" optional:"" help:"Products; without them all that are set aside."`
}

// Run frees products that were set aside.
func (c retryCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	n, err := api.Retry(e.ctx, c.Partner, c.Products)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%d products are tried again with the next run\n", n)
	return err
}
