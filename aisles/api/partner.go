package api

import (
	"context"
	"net/http"

	"aisles/aisles"
	"aisles/aisles/store"

	"github.com/danielgtaylor/huma/v2"
)

type newPartner struct {
	Key      string `json:"key" required:"true" doc:"1 to 64 of a-z, 0-9 and -."`
	Name     string `json:"name"`
	Currency string `json:"currency" doc:"An ISO 4217 code; without one it is learnt from the partner's shop."`
}

type partnerPatch struct {
	Name     *string `json:"name"`
	Currency *string `json:"currency" doc:"Cannot be changed once there are products."`
}

type removedPartner struct {
	Removed int `json:"removed" doc:"The number of products removed with it."`
}

func (a *api) partnerRoutes() {
	tags := []string{"partners"}
	route(a, huma.Operation{OperationID: "partners", Method: http.MethodGet, Path: "/v1/partners", Summary: "List partners", Tags: tags}, everyone,
		func(ctx context.Context, c caller, in *struct{ PagingInput }) (*page[aisles.Partner], error) {
			if c.partner != "" {
				p, err := c.store.Partner(ctx, c.partner)
				if err != nil {
					return nil, err
				}
				return pageOf([]aisles.Partner{p}, in.Limit+1, partnerKey), nil
			}
			items, err := c.store.Partners(ctx, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			return pageOf(items, in.Limit, partnerKey), nil
		})
	route(a, huma.Operation{OperationID: "createPartner", Method: http.MethodPost, Path: "/v1/partners", Summary: "Add a partner", Tags: tags,
		DefaultStatus: http.StatusCreated, Middlewares: a.once()}, operators,
		func(ctx context.Context, c caller, in *struct{ Body newPartner }) (*result[aisles.Partner], error) {
			p, err := c.store.CreatePartner(ctx, aisles.Partner{Key: in.Body.Key, Name: in.Body.Name, Currency: in.Body.Currency})
			return &result[aisles.Partner]{p}, err
		})
	route(a, huma.Operation{OperationID: "partner", Method: http.MethodGet, Path: "/v1/partners/{partner}", Summary: "Give a partner", Tags: tags}, everyone,
		func(ctx context.Context, c caller, in *struct {
			PartnerPath
			MatchInput
		}) (*single[aisles.Partner], error) {
			p, err := c.store.Partner(ctx, in.Partner)
			if err != nil {
				return nil, err
			}
			return singleOf(in.MatchInput, p)
		})
	route(a, huma.Operation{OperationID: "updatePartner", Method: http.MethodPatch, Path: "/v1/partners/{partner}", Summary: "Change a partner", Tags: tags,
		Description: "An absent field is left as it is. The sync may only give a currency to a partner that has none."}, []Class{Operator, Sync}, a.updatePartner)
	route(a, huma.Operation{OperationID: "removePartner", Method: http.MethodDelete, Path: "/v1/partners/{partner}", Summary: "Remove a partner", Tags: tags,
		Description: "Its products go with it, and its connection. Nothing in its shop changes."}, operators, a.removePartner)
}

func partnerKey(p aisles.Partner) string { return p.Key }

func (a *api) updatePartner(ctx context.Context, c caller, in *struct {
	PartnerPath
	Body partnerPatch
}) (*result[aisles.Partner], error) {
	var patch store.PartnerPatch
	if in.Body.Name != nil {
		patch.Name = aisles.Some(*in.Body.Name)
	}
	if in.Body.Currency != nil {
		patch.Currency = aisles.Some(*in.Body.Currency)
	}
	if c.class == Sync {
		p, err := c.store.Partner(ctx, in.Partner)
		switch {
		case err != nil:
			return nil, err
		case patch.Name.Set:
			return nil, aisles.Errorf(aisles.Forbidden, "the sync may not rename a partner")
		case p.Currency != "" && p.Currency != patch.Currency.Or(p.Currency):
			return nil, aisles.Errorf(aisles.Conflict, "the partner's currency is %s already", p.Currency)
		}
	}
	p, err := c.store.UpdatePartner(ctx, in.Partner, patch)
	return &result[aisles.Partner]{p}, err
}

func (a *api) removePartner(ctx context.Context, c caller, in *struct{ PartnerPath }) (*result[removedPartner], error) {
	if a.Phido != nil {
		if err := a.Phido.RemoveConnection(ctx, in.Partner); err != nil && aisles.CodeOf(err) != aisles.NotFound {
			return nil, err
		}
	}
	n, err := c.store.RemovePartner(ctx, in.Partner)
	return &result[removedPartner]{removedPartner{n}}, err
}
