package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/aisles/client"
	"aisles/shopify"
)

type connectCommand struct {
	Partner   string            `arg:"" help:"The partner."`
	Shop      string            `help:"The shop's myshopify.com domain." placeholder:"DOMAIN"`
	Endpoint  string            `help:"What stands before /admin/ in the shop's URLs. Default: https://DOMAIN." placeholder:"URL"`
	TokenFile string            `help:"File with the shop's Admin API access token; - reads standard input." placeholder:"FILE"`
	Interval  time.Duration     `help:"Time between two scheduled catalog syncs. Default: 1h." placeholder:"1h"`
	Channel   []string          `help:"Publication in which published products appear; may be given several times." placeholder:"NAME" sep:"none"`
	Owner     map[string]string `help:"Who decides a field: vendor=shopify leaves the vendor to the shop, vendor=aisles takes it back." placeholder:"FIELD=OWNER" mapsep:","`
	Location  map[string]string `help:"Location of the shop that a location of the catalog means." placeholder:"CATALOG=SHOP" mapsep:","`

	AdoptHandles *bool `help:"Let products of the catalog take over products of the shop with the same handle that are nobody's." negatable:""`
	Check        bool  `help:"Call the shop before anything is stored." default:"true" negatable:""`
	JSON         bool  `help:"Print JSON."`
}

// Run connects the partner, or changes what is said of its connection; what is
// not said stays.
func (c connectCommand) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	connection, err := api.Connection(e.ctx, c.Partner)
	switch {
	case aisles.CodeOf(err) == aisles.NotFound:
		if _, err := api.Partner(e.ctx, c.Partner); err != nil {
			return err
		}
		if c.Shop == "" || c.TokenFile == "" {
			return exitf(exitUsage, "a new connection needs --shop and --token-file")
		}
		connection = aisles.Connection{Partner: c.Partner}
	case err != nil:
		return err
	}
	token, err := c.token(e)
	if err != nil {
		return err
	}
	if c.Shop != "" && c.Shop != connection.Shop && c.Endpoint == "" {
		connection.Endpoint = ""
	}
	c.apply(&connection)
	if token != "" && c.Check {
		if err := c.check(e, api, connection, token); err != nil {
			return err
		}
	}
	if connection, err = api.PutConnection(e.ctx, c.Partner, connection, token); err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(connection)
	}
	_, err = fmt.Fprintf(e.out, "%s is connected to %s\n", c.Partner, connection.Shop)
	return err
}

// apply changes what the flags say and leaves the rest.
func (c connectCommand) apply(to *aisles.Connection) {
	to.Shop = strings.ToLower(cmp.Or(c.Shop, to.Shop))
	to.Endpoint = strings.TrimRight(cmp.Or(c.Endpoint, to.Endpoint), "/")
	if c.Interval > 0 {
		to.IntervalSeconds = int(c.Interval / time.Second)
	}
	if len(c.Channel) > 0 {
		to.Settings.Channels = c.Channel
	}
	for field, owner := range c.Owner {
		if to.Settings.Ownership == nil {
			to.Settings.Ownership = map[string]aisles.Owner{}
		}
		to.Settings.Ownership[field] = aisles.Owner(owner)
	}
	for from, there := range c.Location {
		if to.Settings.Locations == nil {
			to.Settings.Locations = map[string]string{}
		}
		to.Settings.Locations[from] = there
	}
	if c.AdoptHandles != nil {
		to.Settings.AdoptHandles = *c.AdoptHandles
	}
}

// token reads the access token; it is never on the command line, where others
// see it.
func (c connectCommand) token(e *env) (string, error) {
	var b []byte
	var err error
	switch c.TokenFile {
	case "":
		return "", nil
	case "-":
		b, err = io.ReadAll(io.LimitReader(e.in, 64<<10))
	default:
		b, err = os.ReadFile(c.TokenFile)
	}
	if err != nil {
		return "", fmt.Errorf("read the access token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" {
		return "", exitf(exitUsage, "%s holds no access token", c.TokenFile)
	}
	return token, nil
}

// check calls the shop: a wrong token, a wrong domain or another currency is
// told now and not an hour later.
func (c connectCommand) check(e *env, api *client.Client, connection aisles.Connection, token string) error {
	if _, err := url.Parse(connection.Endpoint); err != nil {
		return exitf(exitUsage, "--endpoint: %w", err)
	}
	shop, err := shopify.New(shopify.Options{Shop: connection.Shop, Endpoint: connection.Endpoint, Token: token})
	if err != nil {
		return exitf(exitUsage, "%w", err)
	}
	ctx, cancel := context.WithTimeout(e.ctx, 20*time.Second)
	defer cancel()
	found, err := shop.Shop(ctx)
	var refused *shopify.APIError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%s refuses the token: %w", connection.Shop, err)
	case err != nil:
		return exitf(exitUnreachable, "%s cannot be reached: %w", connection.Shop, err)
	}
	partner, err := api.Partner(e.ctx, c.Partner)
	if err != nil {
		return err
	}
	if partner.Currency != "" && partner.Currency != string(found.CurrencyCode) {
		return fmt.Errorf("the catalog of %s is priced in %s and %s sells in %s", c.Partner, partner.Currency, connection.Shop, found.CurrencyCode)
	}
	return nil
}
