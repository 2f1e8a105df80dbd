package api

import (
	"context"
	"net/http"

	"aisles/aisles/store"

	"github.com/danielgtaylor/huma/v2"
)

type tokenInput struct {
	Class   Class  `json:"class" required:"true" enum:"operator,sync,partner"`
	Partner string `json:"partner" doc:"The partner a token of class partner is bound to."`
	Note    string `json:"note" maxLength:"200" doc:"What it is for."`
}

type newTokenAnswer struct {
	store.Token
	Text string `json:"token" doc:"What to present. It is shown this once."`
}

func (a *api) tokenRoutes() {
	tags := []string{"tokens"}
	route(a, huma.Operation{OperationID: "tokens", Method: http.MethodGet, Path: "/v1/tokens", Summary: "List API tokens, revoked ones too", Tags: tags,
		Description: "All at once: there are few."}, operators,
		func(ctx context.Context, c caller, _ *struct{}) (*page[store.Token], error) {
			items, err := c.store.Tokens(ctx)
			return pageOf(items, len(items)+1, nil), err
		})
	route(a, huma.Operation{OperationID: "createToken", Method: http.MethodPost, Path: "/v1/tokens", Summary: "Make an API token", Tags: tags, DefaultStatus: http.StatusCreated,
		Description: "An Idempotency-Key is not heeded: the answer is kept nowhere."}, operators,
		func(ctx context.Context, c caller, in *struct{ Body tokenInput }) (*result[newTokenAnswer], error) {
			text, token, hash, err := NewToken(a.Key, in.Body.Class, in.Body.Partner, in.Body.Note, a.Now())
			if err != nil {
				return nil, err
			}
			if in.Body.Class == Partner {
				if _, err := c.store.Partner(ctx, in.Body.Partner); err != nil {
					return nil, err
				}
			}
			if err := c.store.PutToken(ctx, token, hash); err != nil {
				return nil, err
			}
			return &result[newTokenAnswer]{newTokenAnswer{token, text}}, nil
		})
	route(a, huma.Operation{OperationID: "revokeToken", Method: http.MethodDelete, Path: "/v1/tokens/{id}", Summary: "Revoke an API token", Tags: tags, DefaultStatus: http.StatusNoContent,
		Description: "Within three seconds no process takes it any more."}, operators,
		func(ctx context.Context, c caller, in *struct {
			ID string `path:"id"`
		}) (*nothing, error) {
			if err := c.store.RevokeToken(ctx, in.ID); err != nil {
				return nil, err
			}
			a.tokens.forget(in.ID)
			return nil, nil
		})
}
