package main

import "fmt"

type tokenCommand struct {
	Create tokenCreate `cmd:"" help:"Create a token; it is shown once."`
	List   tokenList   `cmd:"" help:"List tokens, without their secrets."`
	Revoke tokenRevoke `cmd:"" help:"Revoke a token."`
}

type tokenCreate struct {
	Class   string `help:"operator, sync or partner." enum:"operator,sync,partner" default:"operator"`
	Partner string `help:"The partner a token of class partner is bound to."`
	Note    string `help:"What it is for."`
}

// Run creates a token and prints it: the only time it is shown.
func (c tokenCreate) Run(e *env) error {
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
