package api

import (
	"context"
	"net/http"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

type connectionInput struct {
	Shop            string          `json:"shop" required:"true" minLength:"1" doc:"The shop's myshopify.com domain."`
	Endpoint        string          `json:"endpoint" doc:"What stands before /admin/ in the shop's URLs; empty is https://SHOP."`
	Token           string          `json:"token" writeOnly:"true" doc:"The app's access token in the shop. It is kept encrypted and never given back; absent keeps the one there is."`
	Settings        aisles.Settings `json:"settings"`
	IntervalSeconds int             `json:"interval_seconds" minimum:"0" doc:"The time between two scheduled catalog syncs; 0 is an hour."`
	// What GET gives, PUT accepts, and does not change by it.
	Partner   string `json:"partner" doc:"Not changed; if given, the partner of the path."`
	CreatedAt string `json:"created_at" doc:"Not changed."`
	UpdatedAt string `json:"updated_at" doc:"Not changed."`
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
		Description: "Replaces everything but the token, which stays when it is absent."}, operators, a.putConnection)
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
	conn, err := phido.PutConnection(ctx, aisles.Connection{
		Partner: in.Partner, Shop: in.Body.Shop, Endpoint: in.Body.Endpoint,
		Settings: in.Body.Settings, IntervalSeconds: in.Body.IntervalSeconds,
	}, in.Body.Token)
	return &result[aisles.Connection]{conn}, err
}
