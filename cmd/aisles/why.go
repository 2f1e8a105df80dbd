package main

import (
	"fmt"

	"aisles/aisles"
)

type whyCommand struct {
	Partner string `arg:"" help:"The partner."`
	Product string `arg:"" help:"The product's key; for a Shopify CSV its handle."`
	JSON    bool   `help:"Print JSON."`
}

// Run tells why a product is, or is not, in its shop.
func (c whyCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	why, err := api.Why(e.ctx, aisles.Ref{Partner: c.Partner, Key: c.Product})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(why)
	}
	fmt.Fprintf(e.out, "%s: %s\n", why.Ref, why.Summary)
	if why.ShopID != "" {
		fmt.Fprintf(e.out, "in the shop: %s (%s)\n", why.ShopID, why.State)
	}
	rows := [][]string{{"FACET", "STATE", "CATALOG", "SENT", "REASON"}}
	for _, f := range why.Facets {
		rows = append(rows, []string{string(f.Facet), f.State, string(f.Fingerprint), string(f.Sent), f.Reason})
	}
	if err := table(e.out, rows); err != nil {
		return err
	}
	if why.Last != nil {
		fmt.Fprintf(e.out, "last action: %s %s, %s (run %s)\n", why.Last.Kind, why.Last.Outcome, why.Last.Reason, why.LastRun)
	}
	if why.Error != nil {
		fmt.Fprintf(e.out, "error: %s\n", errorLine(why.Error))
	}
	return nil
}
