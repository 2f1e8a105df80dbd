package phido

import (
	"context"
	"fmt"
	"slices"

	"aisles/aisles"
	"aisles/phido/ledger"
	"aisles/phido/plan"
	"aisles/shopify"
)

// readMost is the most products read whole at once. The price of the read does
// not grow with their number, but the answer does.
const readMost = 50

// look finds out what the shop has of each product: from the ledger where that
// knows, else from the shop.
func (c *catalogRun) look(ctx context.Context, products []*product) error {
	var whole, files, unanswered []*product
	for _, p := range products {
		switch p.known.State {
		case ledger.Creating:
			unanswered = append(unanswered, p)
			continue
		case ledger.Live, ledger.Archived:
			p.have = haveOf(p.known)
		}
		if c.run.Force && !p.pending.Removed {
			p.have.Document = aisles.Document{}
		}
		w := p.want(c.run.Partner)
		switch {
		case plan.NeedsRead(w, p.have):
			whole = append(whole, p)
		case plan.NeedsFiles(w, p.have):
			files = append(files, p)
		}
	}
	for chunk := range slices.Chunk(unanswered, lookUps) {
		if err := c.lookUpAll(ctx, chunk); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(whole, readMost) {
		if err := c.readWhole(ctx, chunk); err != nil {
			return err
		}
	}
	return c.readFiles(ctx, files)
}

// lookUps is after how many look-ups their finds are kept, so that a crash does
// not have them made again.
const lookUps = 10

// lookUpAll finds products whose creation was begun and never answered.
func (c *catalogRun) lookUpAll(ctx context.Context, products []*product) error {
	found := map[string]plan.IDs{}
	for _, p := range products {
		if err := c.lookUp(ctx, p); err != nil {
			return err
		}
		if p.have.State != plan.New {
			found[p.pending.Key] = plan.IDs{Product: p.have.IDs.Product}
		}
	}
	if len(found) == 0 || c.run.DryRun {
		return nil
	}
	return c.Ledger.Adopt(ctx, c.lease, c.run.Partner, found)
}

func haveOf(k ledger.Known) plan.Have {
	h := plan.Have{State: plan.Live, IDs: k.IDs, Document: k.Document, Shapes: map[aisles.Facet]string{}}
	if k.State == ledger.Archived {
		h.State = plan.Archived
	}
	for f, confirmed := range k.Confirmed {
		h.Shapes[f] = confirmed.Shape
	}
	return h
}

// lookUp finds one product by its custom id.
func (c *catalogRun) lookUp(ctx context.Context, p *product) error {
	ref := aisles.Ref{Partner: c.run.Partner, Key: p.pending.Key}
	found, err := c.shop.ProductByIdentifier(ctx, shopify.ProductByIdentifierVariables{
		Identifier: shopify.ProductIdentifierInput{CustomID: shopify.Value(plan.CustomID(ref))},
		Namespace:  plan.CustomNamespace, Key: plan.CustomKey, Metafields: customIDKeys,
	})
	if err != nil {
		return fmt.Errorf("look up %s: %w", ref, err)
	}
	if found == nil {
		return nil // it was not created: it is new
	}
	return c.adopt(ctx, p, found)
}

// customIDKeys asks for no metafield but the custom id: a read needs one at
// least, and others are not the catalog routine's.
var customIDKeys = []string{plan.CustomNamespace + "." + plan.CustomKey}

// adopt takes what the shop shows of a product as what it has.
func (c *catalogRun) adopt(ctx context.Context, p *product, found *shopify.FullProduct) error {
	variants := found.Variants.Nodes
	if found.Variants.PageInfo.HasNextPage {
		end := found.Variants.PageInfo.EndCursor
		err := pages(func(after shopify.Opt[string]) (shopify.PageInfo, error) {
			if after.IsZero() && end != nil {
				after = shopify.Value(*end)
			}
			more, err := c.shop.ProductVariants(ctx, shopify.ProductVariantsVariables{ID: found.ID, After: after})
			if err != nil || more == nil {
				return shopify.PageInfo{}, err
			}
			variants = append(variants, more.Variants.Nodes...)
			return more.Variants.PageInfo, nil
		})
		if err != nil {
			return fmt.Errorf("read the variants of %s: %w", found.ID, err)
		}
	}
	p.have = plan.FromShop(found, variants, p.body.Document)
	return nil
}

// readWhole reads products of which the ledger knows no more than the id. One
// that is gone from the shop is new again.
func (c *catalogRun) readWhole(ctx context.Context, products []*product) error {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.have.IDs.Product
	}
	found, err := c.shop.ProductsFull(ctx, shopify.ProductsFullVariables{
		IDs: ids, Namespace: plan.CustomNamespace, Key: plan.CustomKey, Metafields: customIDKeys,
	})
	if err != nil {
		return fmt.Errorf("read %d products of the shop: %w", len(ids), err)
	}
	var gone []*product
	for i, p := range products {
		if i >= len(found) || found[i] == nil {
			gone = append(gone, p)
			continue
		}
		// What is needed to tell variants apart is part of the content.
		if p.body.Content == nil && p.have.Document.Content == nil {
			if err := c.bodies(ctx, []*product{p}, catalogFacets); err != nil {
				return err
			}
		}
		if err := c.adopt(ctx, p, found[i]); err != nil {
			return err
		}
	}
	return c.forget(ctx, gone)
}

// forget makes products new that the shop no longer has: somebody deleted them
// there, and the catalog still offers them.
func (c *catalogRun) forget(ctx context.Context, gone []*product) error {
	if len(gone) == 0 {
		return nil
	}
	keys := make([]string, len(gone))
	for i, p := range gone {
		keys[i] = p.pending.Key
		p.known, p.have = ledger.Known{}, plan.Have{}
	}
	if !c.run.DryRun {
		if err := c.Ledger.Unlearn(ctx, c.lease, c.run.Partner, keys); err != nil {
			return err
		}
	}
	return c.bodies(ctx, slices.DeleteFunc(slices.Clone(gone), func(p *product) bool { return p.pending.Removed }), aisles.Facets)
}

// readFiles reads which files the products have in the shop now, so that a
// changed list can name those of other people.
func (c *catalogRun) readFiles(ctx context.Context, products []*product) error {
	var gone []*product
	for chunk := range slices.Chunk(products, shopify.MaxPage) {
		ids := make([]string, len(chunk))
		for i, p := range chunk {
			ids[i] = p.have.IDs.Product
		}
		found, err := c.shop.ProductsByIDs(ctx, shopify.ProductsByIDsVariables{IDs: ids})
		if err != nil {
			return fmt.Errorf("read the files of %d products: %w", len(ids), err)
		}
		for i, p := range chunk {
			if i >= len(found) || found[i] == nil {
				gone = append(gone, p)
				continue
			}
			p.have.Files = plan.Files(found[i].Media.Nodes)
		}
	}
	return c.forget(ctx, gone)
}
