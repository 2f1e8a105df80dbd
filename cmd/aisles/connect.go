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
	Partner   string `arg:"" help:"The partner."`
	Shop      string `help:"The shop's myshopify.com domain." placeholder:"DOMAIN"`
	Endpoint  string `help:"What stands before /admin/ in the shop's URLs. Default: https://DOMAIN." placeholder:"URL"`
	TokenFile string `help:"File with the shop's Admin API access token; - reads standard input." placeholder:"FILE"`
	ClientID  string `help:"Client id of the app, which gets access tokens of a day each, in place of --token-file." placeholder:"ID"`

	ClientSecretFile string `help:"File with the app's client secret; - reads standard input." placeholder:"FILE"`

	Interval time.Duration     `help:"Time between two scheduled catalog syncs. Default: 1h." placeholder:"1h"`
	Channel  []string          `help:"Publication in which published products appear; may be given several times." placeholder:"NAME" sep:"none"`
	Owner    map[string]string `help:"Who decides a field: vendor=shopify leaves the vendor to the shop, vendor=aisles takes it back." placeholder:"FIELD=OWNER" mapsep:","`
	Location map[string]string `help:"Location of the shop that a location of the catalog means." placeholder:"CATALOG=SHOP" mapsep:","`

	AdoptHandles *bool `help:"Let products of the catalog take over products of the shop with the same handle that are nobody's." negatable:""`
	Check        bool  `help:"Call the shop before anything is stored." default:"true" negatable:""`
	JSON         bool  `help:"Print JSON."`
}

// Run connects the partner, or changes what is said of its connection; what is
// not said stays.
func (c connectCommand) Run(e *env) error {
	if err := c.exclusive(); err != nil {
		return err
	}
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
		if c.Shop == "" || c.TokenFile == "" && c.ClientID == "" {
			return exitf(exitUsage, "a new connection needs --shop, and --token-file or --client-id with --client-secret-file")
		}
		connection = aisles.Connection{Partner: c.Partner}
	case err != nil:
		return err
	}
	if c.ClientSecretFile != "" && c.ClientID == "" && connection.ClientID == "" {
		return exitf(exitUsage, "--client-secret-file needs --client-id")
	}
	secret, err := c.secret(e)
	if err != nil {
		return err
	}
	if c.Shop != "" && c.Shop != connection.Shop && c.Endpoint == "" {
		connection.Endpoint = ""
	}
	c.apply(&connection)
	if secret != "" && c.Check {
		if err := c.check(e, api, connection, secret); err != nil {
			return err
		}
	}
	if connection, err = api.PutConnection(e.ctx, c.Partner, connection, secret); err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(connection)
	}
	_, err = fmt.Fprintf(e.out, "%s is connected to %s\n", c.Partner, connection.Shop)
	return err
}

// exclusive refuses credentials that are two or one half.
func (c connectCommand) exclusive() error {
	switch {
	case c.TokenFile != "" && (c.ClientID != "" || c.ClientSecretFile != ""):
		return exitf(exitUsage, "give either --token-file, or --client-id with --client-secret-file")
	case c.ClientID != "" && c.ClientSecretFile == "":
		return exitf(exitUsage, "--client-id needs --client-secret-file")
	}
	return nil
}

// apply changes what the flags say and leaves the rest.
func (c connectCommand) apply(to *aisles.Connection) {
	to.Shop = strings.ToLower(cmp.Or(c.Shop, to.Shop))
	to.Endpoint = strings.TrimRight(cmp.Or(c.Endpoint, to.Endpoint), "/")
	to.ClientID = cmp.Or(c.ClientID, to.ClientID)
	if c.TokenFile != "" {
		to.ClientID = ""
	}
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

// secret reads the access token or the client secret; neither is ever on the
// command line, where others see it.
func (c connectCommand) secret(e *env) (string, error) {
	file, what := c.TokenFile, "access token"
	if c.ClientSecretFile != "" {
		file, what = c.ClientSecretFile, "client secret"
	}
	var b []byte
	var err error
	switch file {
	case "":
		return "", nil
	case "-":
		b, err = io.ReadAll(io.LimitReader(e.in, 64<<10))
	default:
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return "", exitf(exitUsage, "%s holds no %s", file, what)
	}
	return secret, nil
}

// check calls the shop: wrong credentials, a wrong domain or another currency is
// told now and not an hour later.
func (c connectCommand) check(e *env, api *client.Client, connection aisles.Connection, secret string) error {
	if _, err := url.Parse(connection.Endpoint); err != nil {
		return exitf(exitUsage, "--endpoint: %w", err)
	}
	shop, err := clientOf(connection, secret)
	if err != nil {
		return exitf(exitUsage, "%w", err)
	}
	ctx, cancel := context.WithTimeout(e.ctx, 20*time.Second)
	defer cancel()
	found, err := shop.Shop(ctx)
	var refused *shopify.APIError
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("%s refuses the credentials: %w", connection.Shop, err)
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

// clientOf makes a client with an app's credentials, or with a token.
func clientOf(connection aisles.Connection, secret string) (*shopify.Client, error) {
	o := shopify.Options{Shop: connection.Shop, Endpoint: connection.Endpoint, Token: secret}
	if connection.ClientID != "" {
		tokens, err := shopify.ClientCredentials{Shop: o.Shop, Endpoint: o.Endpoint, ID: connection.ClientID, Secret: secret}.Source()
		if err != nil {
			return nil, err
		}
		o.Token, o.Tokens = "", tokens
	}
	return shopify.New(o)
}
