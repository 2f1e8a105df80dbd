package api

import (
	"context"
	"net/http"

	"aisles/aisles"
	"aisles/aisles/store"

	"github.com/danielgtaylor/huma/v2"
)

// ProductPath is the path of a product.
type ProductPath struct {
	PartnerPath
	Key string `path:"key" doc:"The product's key; characters that are not for URLs percent-encoded."`
}

type productQuery struct {
	PartnerPath
	PagingInput
	Status string `query:"status" enum:"active,draft,archived" doc:"Only products of the status."`
	Text   string `query:"text" maxLength:"200" doc:"Only products with the text in key or title."`
}

// DryRunInput is the query of a write.
type DryRunInput struct {
	DryRun bool `query:"dry_run" doc:"Tell what would become of it, and write nothing."`
}

// productResult is what a write did to one product.
type productResult struct {
	Key     string         `json:"key"`
	Outcome aisles.Outcome `json:"outcome" doc:"created, updated, unchanged, removed or rejected."`
	Facets  []aisles.Facet `json:"facets,omitempty" doc:"The facets that changed."`
	Remarks []string       `json:"remarks,omitempty"`
	Error   *productError  `json:"error,omitempty" doc:"Why it was rejected."`
}

type productError struct {
	Code    aisles.Code `json:"code"`
	Field   string      `json:"field,omitempty"`
	Message string      `json:"message"`
}

func (a *api) productRoutes() {
	const list, one = "/v1/partners/{partner}/products", "/v1/partners/{partner}/products/{key}"
	tags := []string{"products"}
	route(a, huma.Operation{OperationID: "products", Method: http.MethodGet, Path: list, Summary: "List a partner's products", Tags: tags}, everyone,
		func(ctx context.Context, c caller, in *productQuery) (*page[aisles.Product], error) {
			items, err := c.store.Products(ctx, in.Partner, store.ProductQuery{After: in.After, Limit: in.Limit, Status: in.Status, Text: in.Text})
			if err != nil {
				return nil, err
			}
			if len(items) == 0 {
				_, err = c.store.Partner(ctx, in.Partner) // an empty list, or no such partner
			}
			return pageOf(items, in.Limit, func(p aisles.Product) string { return p.Key }), err
		})
	route(a, huma.Operation{OperationID: "putProducts", Method: http.MethodPut, Path: list, Summary: "Create or update up to 250 products", Tags: tags, MaxBodyBytes: productBody,
		Description: "An absent field is left as it is, null or an empty one clears; a list that is given replaces. It removes no product. There is one result for each, in their order; a rejected product keeps no other from being written."}, people, a.putProducts)
	route(a, huma.Operation{OperationID: "product", Method: http.MethodGet, Path: one, Summary: "Give a product", Tags: tags}, everyone,
		func(ctx context.Context, c caller, in *struct {
			ProductPath
			MatchInput
		}) (*single[aisles.Product], error) {
			p, err := c.store.Product(ctx, aisles.Ref{Partner: in.Partner, Key: in.Key})
			if err != nil {
				return nil, err
			}
			return singleOf(in.MatchInput, p)
		})
	route(a, huma.Operation{OperationID: "putProduct", Method: http.MethodPut, Path: one, Summary: "Create or update a product", Tags: tags, MaxBodyBytes: productBody,
		Description: "As for many; gives the product as it is then. If-Match with the ETag that was read keeps another's change from being lost.",
		Errors:      append(usual(), http.StatusConflict, http.StatusPreconditionFailed)}, people, a.putProduct)
	route(a, huma.Operation{OperationID: "removeProduct", Method: http.MethodDelete, Path: one, Summary: "Remove a product", Tags: tags, DefaultStatus: http.StatusNoContent}, people,
		func(ctx context.Context, c caller, in *ProductPath) (*nothing, error) {
			results, err := c.store.RemoveProducts(ctx, in.Partner, []string{in.Key}, false)
			if err != nil {
				return nil, err
			}
			if results[0].Err == nil && results[0].Outcome != aisles.Removed {
				return nil, aisles.Errorf(aisles.NotFound, "there is no product %q", in.Key)
			}
			return nil, results[0].Err
		})
}

func (a *api) putProducts(ctx context.Context, c caller, in *struct {
	PartnerPath
	DryRunInput
	Body struct {
		Items []aisles.Patch `json:"items" required:"true" nullable:"false" maxItems:"250"`
	}
}) (*page[productResult], error) {
	results, err := c.store.PutProducts(ctx, in.Partner, in.Body.Items, in.DryRun)
	if err != nil {
		return nil, err
	}
	out := make([]productResult, len(results))
	for i, r := range results {
		out[i] = productResult{Key: r.Key, Outcome: r.Outcome, Facets: r.Facets, Remarks: r.Remarks}
		if r.Err != nil {
			p := problemOf(ctx, r.Err)
			out[i].Error = &productError{p.Code, p.Field, p.Detail}
		}
	}
	return pageOf(out, len(out)+1, nil), nil
}

func (a *api) putProduct(ctx context.Context, c caller, in *struct {
	ProductPath
	WriteInput
	Body aisles.Patch
}) (*single[aisles.Product], error) {
	if in.Body.Key != "" && in.Body.Key != in.Key {
		return nil, aisles.FieldErrorf("key", "is not the key of the path, and a key never changes")
	}
	in.Body.Key = in.Key
	p, outcome, err := c.store.PutProduct(ctx, in.Partner, in.Body, func(old *aisles.Product) error {
		return allow(ctx, in.WriteInput, old)
	})
	if err != nil {
		return nil, err
	}
	out, err := singleOf(MatchInput{}, p)
	if err == nil && outcome == aisles.Created {
		out.Status = http.StatusCreated
	}
	return out, err
}
