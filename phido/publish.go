package phido

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"aisles/shopify"
)

// publishMost is the most products of one publicationUpdate, as the 2026-10
// schema says of PublicationUpdateInput:
// https://shopify.dev/docs/api/admin-graphql/2026-10/input-objects/PublicationUpdateInput.
const publishMost = 50

// publish puts the products into their channels and takes them out, up to 50
// a call, across products.
func (c *catalogRun) publish(ctx context.Context, products []*product) error {
	add, remove := map[string][]*product{}, map[string][]*product{}
	for _, p := range products {
		if !p.sent.tried || p.sent.err != nil {
			continue
		}
		for _, id := range p.action.Publish {
			add[id] = append(add[id], p)
		}
		for _, id := range p.action.Unpublish {
			remove[id] = append(remove[id], p)
		}
	}
	for _, publication := range slices.Sorted(maps.Keys(add)) {
		if err := c.publishAll(ctx, publication, true, add[publication]); err != nil {
			return err
		}
	}
	for _, publication := range slices.Sorted(maps.Keys(remove)) {
		if err := c.publishAll(ctx, publication, false, remove[publication]); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalogRun) publishAll(ctx context.Context, publication string, add bool, products []*product) error {
	chunks := slices.Collect(slices.Chunk(products, publishMost))
	errs := make([]error, len(chunks))
	var wg sync.WaitGroup
	for i, chunk := range chunks {
		wg.Go(func() { errs[i] = c.publishSome(ctx, publication, add, chunk) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// publishSome sends one call. It is all or nothing: what it names as refused is
// dropped with its error, and the rest sent again.
func (c *catalogRun) publishSome(ctx context.Context, publication string, add bool, products []*product) error {
	for rest := slices.Clone(products); len(rest) > 0; {
		ids := make([]string, len(rest))
		for i, p := range rest {
			ids[i] = p.sent.id
		}
		var in shopify.PublicationUpdateInput
		if add {
			in.PublishablesToAdd = shopify.Value(ids)
		} else {
			in.PublishablesToRemove = shopify.Value(ids)
		}
		_, err := c.shop.PublicationUpdate(ctx, shopify.PublicationUpdateVariables{ID: publication, Input: in})
		if err == nil {
			return nil
		}
		refused := named(err, rest)
		if len(refused) == 0 {
			if stop := stopping(err); stop != nil {
				return stop
			}
			refused = rest
		}
		for _, p := range refused {
			p.sent.err = err
		}
		rest = slices.DeleteFunc(rest, func(p *product) bool { return p.sent.err != nil })
	}
	return nil
}

// named gives the products an error is about: by their ids in its text, or by
// their places in the list that was sent.
func named(err error, products []*product) []*product {
	var out []*product
	var api *shopify.APIError
	var refused *shopify.UserErrors
	switch {
	case errors.As(err, &api):
		for _, p := range products {
			if api.Names(p.sent.id) {
				out = append(out, p)
			}
		}
	case errors.As(err, &refused):
		for _, e := range refused.Errors {
			for _, f := range e.Field {
				if i, err := strconv.Atoi(f); err == nil && i >= 0 && i < len(products) {
					out = append(out, products[i])
				}
			}
		}
	}
	return out
}
