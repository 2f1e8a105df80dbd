package main

import (
	"errors"
	"fmt"
	"time"

	"aisles/aisles/api"
	"aisles/internal/secret"
)

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Create a token; it is shown once."`
	List   tokenList   `cmd:"" help:"List tokens, without their secrets."`
	Revoke tokenRevoke `cmd:"" help:"Revoke a token."`
}

type tokenCreate struct {
	Class   string `help:"operator, sync or partner." enum:"operator,sync,partner" default:"operator"`
	Partner string `help:"The partner a token of class partner is bound to."`
	Note    string `help:"What it is for."`
	Local   bool   `help:"Make it in the database itself, without the API: for the first token of a new installation. Needs the database's URL and the key."`
	databases
}

// Run creates a token and prints it: the only time it is shown.
func (c tokenCreate) Run(e *env) error {
	if c.Local {
		return c.local(e)
	}
	api, err := e.api()
	if err != nil {
		return err
	}
	text, _, err := api.CreateToken(e.ctx, c.Class, c.Partner, c.Note)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, text)
	return err
}

// local makes the token beside the API, by whoever has the key.
func (c tokenCreate) local(e *env) (err error) {
	if c.DatabaseURL == "" {
		return exitf(exitUsage, "--local needs AISLES_DATABASE_URL")
	}
	key, err := secret.Load(c.SecretKey, c.SecretKeyFile)
	if err != nil {
		return exitf(exitUsage, "%w (AISLES_SECRET_KEY or AISLES_SECRET_KEY_FILE)", err)
	}
	a := newApp(e, key)
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.openStore(e.ctx, c.DatabaseURL); err != nil {
		return err
	}
	text, t, hash, err := api.NewToken(key, api.Class(c.Class), c.Partner, c.Note, time.Now())
	if err != nil {
		return err
	}
	if err := a.store.PutToken(e.ctx, t, hash); err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.out, text)
	return err
}

type tokenList struct {
	JSON bool `help:"Print JSON."`
}

// Run lists tokens.
func (c tokenList) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	tokens, err := api.Tokens(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.printJSON(tokens)
	}
	rows := [][]string{{"ID", "CLASS", "PARTNER", "CREATED", "REVOKED", "NOTE"}}
	for _, t := range tokens {
		revoked := "-"
		if t.RevokedAt != nil {
			revoked = t.RevokedAt.Format("2006-01-02 15:04")
		}
		rows = append(rows, []string{t.ID, t.Class, t.Partner, t.CreatedAt.Format("2006-01-02 15:04"), revoked, t.Note})
	}
	return table(e.out, rows)
}

type tokenRevoke struct {
	ID string `arg:""`
}

// Run revokes a token.
func (c tokenRevoke) Run(e *env) error {
	api, err := e.api()
	if err != nil {
		return err
	}
	return api.RevokeToken(e.ctx, c.ID)
}
