package api

import (
	"context"
	"net/http"

	"aisles/aisles"
	"aisles/aisles/store"

	"github.com/danielgtaylor/huma/v2"
)

type changesInput struct {
	After   string         `query:"after" doc:"The next of the answer before; empty is the feed's beginning."`
	Limit   int            `query:"limit" minimum:"1" maximum:"250" default:"250"`
	Partner string         `query:"partner" doc:"Only this partner's products."`
	Facet   []aisles.Facet `query:"facet,explode" enum:"content,media,inventory,metadata,publication" doc:"Only products of which one of these facets changed."`
}

type changePage struct {
	Items   []aisles.Change `json:"items" nullable:"false" required:"true"`
	Next    aisles.Cursor   `json:"next" required:"true" doc:"What to ask after the next time; always there."`
	More    bool            `json:"more" required:"true" doc:"There are changes after next already."`
	Horizon horizon         `json:"horizon"`
}

type horizon struct {
	Held       bool    `json:"held" doc:"Changes are committed that the feed does not show yet."`
	AgeSeconds float64 `json:"age_seconds" doc:"How far the feed's end lies behind now: changes younger than the oldest open write transaction are not shown yet."`
	Holder     string  `json:"holder,omitempty" doc:"The backend with that transaction."`
}

type batchInput struct {
	Keys   []aisles.Ref   `json:"keys" required:"true" nullable:"false" maxItems:"250"`
	Facets []aisles.Facet `json:"facets" enum:"content,media,inventory,metadata,publication" doc:"Empty gives all."`
}

func (a *api) feedRoutes() {
	tags := []string{"feed"}
	route(a, huma.Operation{OperationID: "changes", Method: http.MethodGet, Path: "/v1/changes", Summary: "Read the change feed", Tags: tags,
		Description: "Each product that changed after the cursor comes once, with the fingerprints of all its facets; a removed one as removed. " +
			"410 means that the cursor cannot be continued from: compare all fingerprints, from the beginning.",
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone, http.StatusServiceUnavailable}}, everyone, a.changes)
	route(a, huma.Operation{OperationID: "batchGet", Method: http.MethodPost, Path: "/v1/products/batchGet", Summary: "Give facets of up to 250 products", Tags: tags,
		Description: "One body for each key, in their order, with the fingerprints of what it carries; missing says that there is no such product. It writes nothing."}, everyone,
		func(ctx context.Context, c caller, in *struct{ Body batchInput }) (*page[aisles.Body], error) {
			for _, ref := range in.Body.Keys {
				if _, err := c.only(ref.Partner); err != nil {
					return nil, err
				}
			}
			facets := in.Body.Facets
			if len(facets) == 0 {
				facets = aisles.Facets
			}
			bodies, err := c.store.Bodies(ctx, in.Body.Keys, facets)
			return pageOf(bodies, len(bodies)+1, nil), err
		})
}

func (a *api) changes(ctx context.Context, c caller, in *changesInput) (*result[changePage], error) {
	partner, err := c.only(in.Partner)
	if err != nil {
		return nil, err
	}
	p, err := c.store.Changes(ctx, store.ChangesQuery{After: aisles.Cursor(in.After), Limit: in.Limit, Partner: partner, Facets: in.Facet})
	if err != nil {
		return nil, err
	}
	out := changePage{Items: p.Items, Next: p.Next, More: p.More, Horizon: horizon{Held: p.Horizon.Held, AgeSeconds: p.Horizon.Age.Seconds(), Holder: p.Horizon.Holder}}
	if out.Items == nil {
		out.Items = []aisles.Change{}
	}
	if c.class == Partner {
		out.Horizon.Holder = "" // it may be another partner's
	}
	return &result[changePage]{out}, nil
}
