package main

import (
	"cmp"
	"fmt"

	"aisles/aisles"
	"aisles/aisles/client"
)

type partnerCommand struct {
	Add    partnerAdd    `cmd:"" help:"Add a partner."`
	List   partnerList   `cmd:"" help:"List partners."`
	Show   partnerShow   `cmd:"" help:"Show a partner and its connection."`
	Remove partnerRemove `cmd:"" help:"Remove a partner with its catalog and its connection. Its shop stays as it is."`
}

type partnerAdd struct {
	Partner  string `arg:"" help:"Key of the partner: a-z, 0-9 and -."`
	Name     string `help:"Name to show. Default: the key."`
	Currency string `help:"ISO 4217 code of the catalog's prices. Default: the shop's." placeholder:"EUR"`
	JSON     bool   `help:"Print JSON."`
}

// Run adds the partner.
func (c partnerAdd) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	p, err := api.CreatePartner(e.ctx, aisles.Partner{Key: c.Partner, Name: cmp.Or(c.Name, c.Partner), Currency: c.Currency})
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(p)
	}
	_, err = fmt.Fprintf(e.out, "added %s\n", p.Key)
	return err
}

type partnerList struct {
	JSON bool `help:"Print JSON."`
}

// Run lists all partners.
func (c partnerList) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	partners := []aisles.Partner{}
	for p, err := range client.All(func(after string) (client.Page[aisles.Partner], error) { return api.Partners(e.ctx, after, 0) }) {
		if err != nil {
			return err
		}
		partners = append(partners, p)
	}
	if c.JSON {
		return e.printJSON(partners)
	}
	rows := [][]string{{"PARTNER", "NAME", "CURRENCY"}}
	for _, p := range partners {
		rows = append(rows, []string{p.Key, p.Name, cmp.Or(p.Currency, "-")})
	}
	return table(e.out, rows)
}

type partnerShow struct {
	Partner string `arg:""`
}

// Run shows one partner, and its connection where it has one.
func (c partnerShow) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	p, err := api.Partner(e.ctx, c.Partner)
	if err != nil {
		return err
	}
	out := struct {
		aisles.Partner
		Connection *aisles.Connection `json:"connection"`
	}{Partner: p}
	switch connection, err := api.Connection(e.ctx, c.Partner); {
	case err == nil:
		out.Connection = &connection
	case aisles.CodeOf(err) != aisles.NotFound:
		return err
	}
	return e.printJSON(out)
}

type partnerRemove struct {
	Partner string `arg:""`
	Yes     bool   `help:"Do it; without, only what would go is told."`
}

// Run removes a partner.
func (c partnerRemove) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	if !c.Yes {
		if _, err := api.Partner(e.ctx, c.Partner); err != nil {
			return err
		}
		return exitf(exitUsage, "this removes %s with its whole catalog and its connection; its shop stays as it is. Say --yes to do it", c.Partner)
	}
	removed, err := api.RemovePartner(e.ctx, c.Partner)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "removed %s and %d products\n", c.Partner, removed)
	return err
}
