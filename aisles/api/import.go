package api

import (
	"context"
	"net/http"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

func (a *api) importRoutes() {
	tags := []string{"imports"}
	route(a, huma.Operation{OperationID: "imports", Method: http.MethodGet, Path: "/v1/partners/{partner}/imports", Summary: "List a partner's imports, newest first", Tags: tags}, people,
		func(ctx context.Context, c caller, in *struct {
			PartnerPath
			PagingInput
		}) (*page[aisles.Import], error) {
			items, err := c.store.Imports(ctx, in.Partner, in.After, in.Limit)
			if err == nil && len(items) == 0 {
				_, err = c.store.Partner(ctx, in.Partner) // an empty list, or no such partner
			}
			return pageOf(items, in.Limit, func(i aisles.Import) string { return i.ID }), err
		})
	route(a, huma.Operation{OperationID: "import", Method: http.MethodGet, Path: "/v1/imports/{id}", Summary: "Give an import and its report", Tags: tags}, people,
		func(ctx context.Context, c caller, in *struct {
			ID string `path:"id"`
			MatchInput
		}) (*single[aisles.Import], error) {
			i, err := c.store.Import(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if _, err := c.only(i.Partner); err != nil {
				return nil, aisles.Errorf(aisles.NotFound, "there is no import %q", in.ID)
			}
			return singleOf(in.MatchInput, i)
		})
}
