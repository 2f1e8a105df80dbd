package api

import (
	"cmp"
	"context"
	"net/http"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

type connectionInput struct {
	Shop            string          `json:"shop" required:"true" minLength:"1" doc:"The shop's myshopify.com domain."`
	Endpoint        string          `json:"endpoint" doc:"What stands before /admin/ in the shop's URLs; empty is https://SHOP."`
	Token           string          `json:"token" writeOnly:"true" doc:"The app's access token in the shop, where it does not expire. It is kept encrypted and never given back; absent keeps the credentials there are."`
	ClientID        string          `json:"client_id" doc:"The app's client id, where tokens are got with client credentials, in place of token; absent keeps the credentials there are."`
	ClientSecret    string          `json:"client_secret" writeOnly:"true" doc:"The app's client secret. It is kept encrypted and never given back; absent keeps the one there is."`
	Settings        aisles.Settings `json:"settings"`
	IntervalSeconds int             `json:"interval_seconds" minimum:"0" doc:"The time between two scheduled catalog syncs; 0 is an hour."`
	// What GET gives, PUT accepts, and does not change by it.
	Partner   string        `json:"partner" doc:"Not changed; if given, the partner of the path."`
	Paused    *aisles.Pause `json:"paused" doc:"Not changed; another token, secret, shop or endpoint ends a pause."`
	CreatedAt string        `json:"created_at" doc:"Not changed."`
	UpdatedAt string        `json:"updated_at" doc:"Not changed."`
}

func (a *api) connectionRoutes() {
	const path = "/v1/partners/{partner}/connection"
	tags := []string{"connections"}
	route(a, huma.Operation{OperationID: "connection", Method: http.MethodGet, Path: path, Summary: "Give a partner's connection to its shop", Tags: tags}, everyone,
		func(ctx context.Context, _ caller, in *struct {
			PartnerPath
			MatchInput
		}) (*single[aisles.Connection], error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			conn, err := phido.Connection(ctx, in.Partner)
			if err != nil {
				return nil, err
			}
			return singleOf(in.MatchInput, conn)
		})
	route(a, huma.Operation{OperationID: "putConnection", Method: http.MethodPut, Path: path, Summary: "Connect a partner to its shop, or change how it is", Tags: tags,
		Description: "Replaces everything but the credentials, which stay when they are absent: either token, or client_id and client_secret."}, operators, a.putConnection)
	route(a, huma.Operation{OperationID: "removeConnection", Method: http.MethodDelete, Path: path, Summary: "Part a partner from its shop", Tags: tags,
		Description: "Nothing in the shop changes.", DefaultStatus: http.StatusNoContent}, operators,
		func(ctx context.Context, _ caller, in *struct{ PartnerPath }) (*nothing, error) {
			phido, err := a.companion()
			if err != nil {
				return nil, err
			}
			return nil, phido.RemoveConnection(ctx, in.Partner)
		})
}

func (a *api) putConnection(ctx context.Context, c caller, in *struct {
	PartnerPath
	Body connectionInput
}) (*result[aisles.Connection], error) {
	phido, err := a.companion()
	if err != nil {
		return nil, err
	}
	if in.Body.Partner != "" && in.Body.Partner != in.Partner {
		return nil, aisles.FieldErrorf("partner", "is not the partner of the path")
	}
	if err := in.Body.Settings.Validate(); err != nil {
		return nil, err
	}
	if _, err := c.store.Partner(ctx, in.Partner); err != nil {
		return nil, err
	}
	client, secret, err := credentials(ctx, phido, in.Partner, in.Body)
	if err != nil {
		return nil, err
	}
	conn, err := phido.PutConnection(ctx, aisles.Connection{
		Partner: in.Partner, Shop: in.Body.Shop, Endpoint: in.Body.Endpoint, ClientID: client,
		Settings: in.Body.Settings, IntervalSeconds: in.Body.IntervalSeconds,
	}, secret)
	return &result[aisles.Connection]{conn}, err
}

// credentials gives the client id and its secret, or without one the access
// token. A secret alone is another of the app there is.
func credentials(ctx context.Context, phido Companion, partner string, in connectionInput) (client, secret string, err error) {
	switch {
	case in.Token != "" && (in.ClientID != "" || in.ClientSecret != ""):
		return "", "", aisles.FieldErrorf("token", "give either a token, or client_id and client_secret")
	case in.ClientSecret == "" || in.ClientID != "":
		return in.ClientID, cmp.Or(in.Token, in.ClientSecret), nil
	}
	there, err := phido.Connection(ctx, partner)
	if err != nil && aisles.CodeOf(err) != aisles.NotFound {
		return "", "", err
	}
	if there.ClientID == "" {
		return "", "", aisles.FieldErrorf("client_id", "a client_secret needs its client_id")
	}
	return there.ClientID, in.ClientSecret, nil
}
