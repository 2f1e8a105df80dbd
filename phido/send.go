package phido

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/phido/plan"
	"aisles/shopify"
)

// sent is what became of an action.
type sent struct {
	tried bool
	id    string // the product's, after its first call
	err   error
}

// checkpoint is how many new products are marked together before they are sent,
// and their ids kept together. What a crash makes the next run look up one by
// one is a few times that at most.
const checkpoint = 25

// send sends the actions of a batch: products are written many at a time,
// then published together, while they are asked for the ids they got. An error is one
// after which nothing more can be sent.
func (c *catalogRun) send(ctx context.Context, products []*product) error {
	if err := c.write(ctx, products); err != nil {
		return err
	}
	listed := listing(products)
	var learned error
	var wg sync.WaitGroup
	wg.Go(func() { learned = c.learn(ctx, listed) })
	err := c.publish(ctx, products)
	wg.Wait()
	return errors.Join(err, learned)
}

// write writes the products, some chunks of them at a time: the next chunk is
// begun when all calls of those before have got their points and left, so that
// the shop's budget is used up and no more is marked than is on its way. After
// an error that is not about a product no further chunk is begun; those under
// way end. The first chunk goes whatever the slice says: a run that gave way
// before it sent anything would never end.
func (c *catalogRun) write(ctx context.Context, products []*product) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
		slots  = make(chan struct{}, max(1, c.Writers/checkpoint))
	)
	stopped := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return failed != nil
	}
	throttle := c.budget(c.connection.Shop).throttle
	first := true
	for chunk := range slices.Chunk(products, checkpoint) {
		slots <- struct{}{}
		err := throttle.Turn(ctx)
		if err == nil && c.lease.Left() <= 0 {
			err = ledger.ErrLeaseLost
		}
		if err == nil && !first && !stopped() {
			err = c.told(ctx)
		}
		first = false
		if err != nil || stopped() || c.halted() {
			<-slots
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
			break
		}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := c.writeChunk(ctx, chunk); err != nil {
				mu.Lock()
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(failed, ctx.Err())
}

// writeChunk marks creations before they are sent, and keeps their ids at once
// when they were: a product whose creation was answered is read again by its
// id, one whose creation was not is looked up.
func (c *catalogRun) writeChunk(ctx context.Context, products []*product) error {
	var creating []string
	for _, p := range products {
		if p.action.Kind == plan.Create && p.action.Err == nil {
			creating = append(creating, p.pending.Key)
		}
	}
	if len(creating) == 0 {
		return c.writeAll(ctx, products)
	}
	if err := c.Ledger.MarkCreating(ctx, c.lease, c.run.Partner, creating); err != nil {
		return err
	}
	err := c.writeAll(ctx, products)
	created := map[string]plan.IDs{}
	for _, p := range products {
		if p.action.Kind == plan.Create && p.sent.id != "" {
			created[p.pending.Key] = plan.IDs{Product: p.sent.id}
		}
	}
	if len(created) > 0 {
		err = errors.Join(err, c.Ledger.Adopt(ctx, c.lease, c.run.Partner, created))
	}
	return err
}

// writeAll sends what goes to one product each, all at once: the shop's budget
// paces them. When the shop refuses everything, those that wait for their turn
// are not sent.
func (c *catalogRun) writeAll(ctx context.Context, products []*product) error {
	stops := make([]error, len(products))
	calling, refuse := context.WithCancelCause(ctx)
	defer refuse(nil)
	var wg sync.WaitGroup
	for i, p := range products {
		if p.body.Missing || p.action.Err != nil {
			continue
		}
		wg.Go(func() {
			p.sent = sent{tried: true, id: p.have.IDs.Product}
			p.sent.err = c.calls(calling, p)
			if stops[i] = stopping(p.sent.err); shopify.Classify(p.sent.err) == shopify.ClassShop {
				refuse(p.sent.err)
			}
		})
	}
	wg.Wait()
	for _, stop := range stops {
		if stop != nil {
			return stop
		}
	}
	return ctx.Err()
}

// calls sends one product's calls in their order. What they change is the same
// when they are sent again.
func (c *catalogRun) calls(ctx context.Context, p *product) error {
	a := p.action
	if a.ProductSet != nil {
		payload, err := c.shop.ProductSet(ctx, *a.ProductSet)
		if err != nil {
			return err
		}
		if payload.Product == nil {
			return fmt.Errorf("productSet of %s gave no product", a.Ref)
		}
		p.sent.id = payload.Product.ID
	}
	for _, v := range a.Variants {
		if _, err := c.shop.ProductVariantsBulkUpdate(ctx, v); err != nil {
			return err
		}
	}
	if len(a.TagsAdd) > 0 {
		if _, err := c.shop.TagsAdd(ctx, shopify.TagsAddVariables{ID: p.sent.id, Tags: a.TagsAdd}); err != nil {
			return err
		}
	}
	if len(a.TagsRemove) > 0 {
		if _, err := c.shop.TagsRemove(ctx, shopify.TagsRemoveVariables{ID: p.sent.id, Tags: a.TagsRemove}); err != nil {
			return err
		}
	}
	return nil
}

// stopping gives the error when it is about the shop, the network or Aisles:
// then nothing else would fare better.
func stopping(err error) error {
	switch shopify.Classify(err) {
	case shopify.ClassShop, shopify.ClassTemporary:
		return err
	}
	return nil
}

// listing gives the products that were written and are new, or whose variants
// or files were listed: those have ids that are not known.
func listing(products []*product) (out []*product) {
	for _, p := range products {
		if !p.sent.tried || p.sent.err != nil || p.action.ProductSet == nil {
			continue
		}
		in := p.action.ProductSet.Input
		if !in.Variants.IsZero() || !in.Files.IsZero() {
			out = append(out, p)
		}
	}
	return out
}

// learn asks for the ids of products: one read for the whole batch.
func (c *catalogRun) learn(ctx context.Context, products []*product) error {
	for chunk := range slices.Chunk(products, shopify.MaxPage) {
		ids := make([]string, len(chunk))
		for i, p := range chunk {
			ids[i] = p.sent.id
		}
		found, err := c.shop.ProductsByIDs(ctx, shopify.ProductsByIDsVariables{IDs: ids})
		if err != nil {
			return fmt.Errorf("read the ids of %d products: %w", len(ids), err)
		}
		for i, p := range chunk {
			if i < len(found) && found[i] != nil {
				if err := c.learnOne(ctx, p, found[i]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (c *catalogRun) learnOne(ctx context.Context, p *product, found *shopify.LightProduct) error {
	content, media := p.body.Content, p.body.Media
	if content == nil {
		content = p.have.Document.Content
	}
	if info := found.Variants.PageInfo; info.HasNextPage && content != nil {
		// Ids are light, but a page of them is 250 at most.
		err := pages(func(after shopify.Opt[string]) (shopify.PageInfo, error) {
			if after.IsZero() && info.EndCursor != nil {
				after = shopify.Value(*info.EndCursor)
			}
			more, err := c.shop.ProductVariants(ctx, shopify.ProductVariantsVariables{ID: found.ID, After: after})
			if err != nil || more == nil {
				return shopify.PageInfo{}, err
			}
			for _, v := range more.Variants.Nodes {
				found.Variants.Nodes = append(found.Variants.Nodes, shopify.LightVariant{
					ID: v.ID, SKU: v.SKU, SelectedOptions: v.SelectedOptions, InventoryItem: shopify.LightVariantInventoryItem{ID: v.InventoryItem.ID},
				})
			}
			return more.Variants.PageInfo, nil
		})
		if err != nil {
			return fmt.Errorf("read the variants of %s: %w", found.ID, err)
		}
	}
	p.ids = plan.Learn(p.ids, content, media, found)
	return nil
}

// stale gives the products that can be looked up and planned again: those the
// shop has deleted, those it has already under their handle, and creations
// that were not answered.
func (c *catalogRun) stale(products []*product) []*product {
	var out []*product
	for _, p := range products {
		if gone(p) || c.taken(p) || unanswered(p) {
			out = append(out, p)
		}
	}
	return out
}

func unanswered(p *product) bool {
	return p.action.Kind == plan.Create && shopify.Classify(p.sent.err) == shopify.ClassUnknownOutcome
}

func gone(p *product) bool {
	var refused *shopify.UserErrors
	var api *shopify.APIError
	switch {
	case p.sent.err == nil || p.have.IDs.Product == "":
		return false
	case errors.As(p.sent.err, &refused):
		return slices.ContainsFunc(refused.Errors, func(e shopify.UserError) bool {
			return strings.HasSuffix(e.Code, "DOES_NOT_EXIST") || strings.EqualFold(e.Message, "Product does not exist")
		})
	case errors.As(p.sent.err, &api):
		return api.Names(p.have.IDs.Product)
	}
	return false
}

const handleTaken = "HANDLE_NOT_UNIQUE"

func (c *catalogRun) taken(p *product) bool {
	var refused *shopify.UserErrors
	return c.connection.Settings.AdoptHandles && p.action.Kind == plan.Create && errors.As(p.sent.err, &refused) &&
		slices.ContainsFunc(refused.Errors, func(e shopify.UserError) bool { return e.Code == handleTaken })
}

// again looks the products up, plans and sends them once more.
func (c *catalogRun) again(ctx context.Context, products []*product) error {
	var lost, left []*product
	for _, p := range products {
		var err error
		switch {
		case unanswered(p):
			err = c.lookUp(ctx, p)
		case c.taken(p):
			err = c.takeOver(ctx, p)
		default:
			lost = append(lost, p)
		}
		if err != nil {
			p.sent.err = err
			if stopping(err) != nil {
				return err
			}
			continue
		}
		left = append(left, p)
	}
	if err := c.forget(ctx, lost); err != nil {
		return err
	}
	for _, p := range left {
		p.sent = sent{}
	}
	if err := c.decide(ctx, left); err != nil {
		return err
	}
	return c.send(ctx, left)
}

// takeOver makes a product of the shop ours that has the same handle and
// nobody's custom id.
func (c *catalogRun) takeOver(ctx context.Context, p *product) error {
	handle := p.body.Content.Handle
	found, err := c.shop.ProductByIdentifier(ctx, shopify.ProductByIdentifierVariables{
		Identifier: shopify.ProductIdentifierInput{Handle: shopify.Value(handle)},
		Namespace:  plan.CustomNamespace, Key: plan.CustomKey, Metafields: customIDKeys,
	})
	switch {
	case err != nil:
		return err
	case found == nil:
		return p.sent.err
	case found.CustomID != nil && found.CustomID.Value != p.action.String():
		return aisles.FieldErrorf("handle", "%q is the handle of %s, which is in this shop too", handle, found.CustomID.Value)
	}
	_, err = c.shop.MetafieldsSet(ctx, shopify.MetafieldsSetVariables{Metafields: []shopify.MetafieldsSetInput{{
		OwnerID: found.ID, Namespace: shopify.Value(plan.CustomNamespace), Key: plan.CustomKey, Type: shopify.Value("id"), Value: p.action.String(),
	}}})
	if err != nil {
		return err
	}
	return c.adopt(ctx, p, found)
}
