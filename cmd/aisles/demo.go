package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/cmd/aisles/demo"
	"aisles/shopify/sim"
)

// fillDemo makes the demo's partners, shops and catalogs, through the API as
// anybody would, and asks for their first sync. The simulated shops live in
// memory and are empty at each start; so the connections are made anew.
func fillDemo(ctx context.Context, e *env, url, token string, shops *sim.Server, shopsURL string) error {
	api, err := client.New(client.Options{URL: url, Token: token})
	if err != nil {
		return err
	}
	began := time.Now()
	for _, feed := range demo.Feeds(shopsURL + "/_sim/pictures") {
		if err := fillPartner(ctx, e, api, feed, shops, shopsURL); err != nil {
			return fmt.Errorf("%s: %w", feed.Partner, err)
		}
	}
	runs, err := api.RequestSync(ctx, aisles.SyncRequest{All: true})
	if err != nil {
		return err
	}
	quiet := *e
	quiet.ctx, quiet.err = ctx, nil
	if runs, err = wait(&quiet, api, runs); err != nil {
		return err
	}
	for _, r := range runs {
		fmt.Fprintf(e.out, "demo:   %s: %s, %d products created, %d failed, %d Shopify calls\n", r.Partner, r.Status, r.Counts.Create, r.Counts.Error, r.ShopifyCalls)
	}
	fmt.Fprintf(e.out, "demo:   the shops are filled after %s; stop with Ctrl-C\n", time.Since(began).Round(100*time.Millisecond))
	return nil
}

func fillPartner(ctx context.Context, e *env, api *client.Client, feed demo.Feed, shops *sim.Server, shopsURL string) error {
	domain, token := feed.Partner+".myshopify.com", "demo-"+feed.Partner
	if err := shops.AddShop(sim.Shop{Domain: domain, Currency: feed.Currency, AccessToken: token}); err != nil {
		return err
	}
	_, err := api.CreatePartner(ctx, aisles.Partner{Key: feed.Partner, Name: feed.Name, Currency: feed.Currency})
	if err != nil && aisles.CodeOf(err) != aisles.Conflict {
		return err
	}
	if err := api.RemoveConnection(ctx, feed.Partner); err != nil && aisles.CodeOf(err) != aisles.NotFound {
		return err
	}
	if _, err := api.PutConnection(ctx, feed.Partner, aisles.Connection{Shop: domain, Endpoint: shopsURL + "/" + domain}, token); err != nil {
		return err
	}
	done, err := api.Import(ctx, feed.Partner, bytes.NewReader(feed.Body), int64(len(feed.Body)), client.ImportOptions{Source: feed.FileName})
	if err != nil {
		return err
	}
	r := done.Report
	fmt.Fprintf(e.out, "demo:   %s: %d rows of %s, %d products created, %d updated, %d unchanged, %d rejected\n",
		feed.Partner, r.Rows, feed.FileName, r.Created, r.Updated, r.Unchanged, r.Rejected)
	for _, n := range r.Rejects {
		fmt.Fprintf(e.out, "demo:     rejected: %s\n", noteText(n))
	}
	return nil
}
