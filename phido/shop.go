package phido

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aisles/aisles"
	"aisles/phido/plan"
	"aisles/shopify"
)

// facts are what was learnt about a shop at first contact. They are kept until
// the connection changes.
type facts struct {
	ID            string            `json:"id"`
	Currency      string            `json:"currency"`
	Plan          string            `json:"plan"`
	Locations     map[string]string `json:"locations"` // ids by name
	FirstLocation string            `json:"first_location"`
	Publications  map[string]string `json:"publications"` // ids by name
	// Defined says that the definition of custom ids is there, and Searched
	// that the shop was searched for products that have one: since then, a
	// product the ledger does not know is not there.
	Defined  bool `json:"defined"`
	Searched bool `json:"searched"`
}

// attemptTimeout bounds one request to Shopify. It is less than a lease lasts,
// and no less than Shopify takes to give up
// (https://shopify.dev/docs/api/usage/response-codes).
const attemptTimeout = 10 * time.Second

// meet makes the run's client and learns about the shop what is not known of
// it. A dry run writes nothing: neither the definition nor the facts.
func (c *catalogRun) meet(ctx context.Context) error {
	options := shopify.Options{
		Shop: c.connection.Shop, Endpoint: c.connection.Endpoint,
		AttemptTimeout: attemptTimeout, Transport: c.Transport, Throttle: c.budget(c.connection.Shop).throttle, Observe: c.usage.observe,
	}
	err := c.credentials(ctx, c.connection, &options)
	if err != nil {
		return err
	}
	if c.shop, err = shopify.New(options); err != nil {
		return err
	}
	if err := c.resume(ctx); err != nil {
		return err
	}
	known, err := c.Ledger.Facts(ctx, c.run.Partner)
	if err != nil {
		return err
	}
	if known != nil {
		if err := json.Unmarshal(known, &c.facts); err != nil {
			return fmt.Errorf("read what is known of %s: %w", c.connection.Shop, err)
		}
	}
	if !c.facts.Searched {
		if err := c.firstContact(ctx); err != nil {
			return fmt.Errorf("first contact with %s: %w", c.connection.Shop, err)
		}
	}
	c.plan = plan.Shop{
		Settings: c.connection.Settings, Locations: c.facts.Locations, Publications: c.facts.Publications, FirstLocation: c.facts.FirstLocation,
	}
	return c.checkSettings()
}

// firstContact learns the shop's currency, locations and publications, makes
// the definition of custom ids, and adopts the products that have one.
func (c *catalogRun) firstContact(ctx context.Context) error {
	shop, err := c.shop.Shop(ctx)
	if err != nil {
		return err
	}
	if err := c.agreeOnCurrency(ctx, string(shop.CurrencyCode)); err != nil {
		return err
	}
	c.facts = facts{ID: shop.ID, Currency: string(shop.CurrencyCode), Plan: shop.Plan.PublicDisplayName, Locations: map[string]string{}, Publications: map[string]string{}}
	err = pages(func(after shopify.Opt[string]) (shopify.PageInfo, error) {
		page, err := c.shop.Locations(ctx, shopify.LocationsVariables{After: after})
		for _, l := range page.Nodes {
			if l.IsActive {
				c.facts.Locations[l.Name] = l.ID
				c.facts.FirstLocation = cmp.Or(c.facts.FirstLocation, l.ID)
			}
		}
		return page.PageInfo, err
	})
	if err != nil {
		return err
	}
	err = pages(func(after shopify.Opt[string]) (shopify.PageInfo, error) {
		page, err := c.shop.Publications(ctx, shopify.PublicationsVariables{After: after})
		for _, p := range page.Nodes {
			name := p.Name
			if p.Catalog != nil {
				name = cmp.Or(name, p.Catalog.Title)
			}
			c.facts.Publications[name] = p.ID
		}
		return page.PageInfo, err
	})
	if err != nil {
		return err
	}
	if err := c.define(ctx); err != nil || !c.facts.Defined {
		return err
	}
	if err := c.search(ctx); err != nil || c.run.DryRun {
		return err
	}
	c.facts.Searched = true
	raw, err := json.Marshal(c.facts)
	if err != nil {
		return err
	}
	return c.Ledger.SaveFacts(ctx, c.lease, c.run.Partner, raw)
}

// agreeOnCurrency gives a partner without a currency its shop's, and refuses a
// shop with another.
func (c *catalogRun) agreeOnCurrency(ctx context.Context, shops string) error {
	partner, err := c.api.Partner(ctx, c.run.Partner)
	switch {
	case err != nil:
		return err
	case partner.Currency == shops || partner.Currency == "" && c.run.DryRun:
		return nil
	case partner.Currency == "":
		_, err := c.api.UpdatePartner(ctx, c.run.Partner, nil, &shops)
		return err
	}
	return aisles.Errorf(aisles.Conflict, "the catalog of %s is priced in %s and the shop sells in %s: connect a shop with the catalog's currency", c.run.Partner, partner.Currency, shops)
}

// define makes the definition of custom ids where it is missing. Two runs may
// try at once: the second is told that it is taken, which is as good.
func (c *catalogRun) define(ctx context.Context) error {
	there, err := c.shop.MetafieldDefinitions(ctx, shopify.MetafieldDefinitionsVariables{
		OwnerType: shopify.MetafieldOwnerTypeProduct, Namespace: shopify.Value(plan.CustomNamespace), Key: shopify.Value(plan.CustomKey),
	})
	if err != nil {
		return err
	}
	if len(there.Nodes) > 0 {
		d := there.Nodes[0]
		if d.Type.Name != "id" || !d.Capabilities.UniqueValues.Enabled {
			return fmt.Errorf("the metafield %s.%s is defined as %s, not as a unique id", plan.CustomNamespace, plan.CustomKey, d.Type.Name)
		}
		c.facts.Defined = true
		return nil
	}
	if c.run.DryRun {
		return nil
	}
	_, err = c.shop.MetafieldDefinitionCreate(ctx, shopify.MetafieldDefinitionCreateVariables{Definition: shopify.MetafieldDefinitionInput{
		Namespace: shopify.Value(plan.CustomNamespace), Key: plan.CustomKey, Name: "Aisles product", Type: "id", OwnerType: shopify.MetafieldOwnerTypeProduct,
	}})
	var refused *shopify.UserErrors
	if errors.As(err, &refused) && slices.ContainsFunc(refused.Errors, func(e shopify.UserError) bool { return e.Code == "TAKEN" }) {
		err = nil
	}
	c.facts.Defined = err == nil
	return err
}

// search goes through the shop's products and adopts those whose custom id is
// this partner's: after a ledger was lost, or when it never was.
func (c *catalogRun) search(ctx context.Context) error {
	found := map[string]plan.IDs{}
	prefix := c.run.Partner + "/"
	return pages(func(after shopify.Opt[string]) (shopify.PageInfo, error) {
		page, err := c.shop.OwnedProducts(ctx, shopify.OwnedProductsVariables{After: after, Namespace: plan.CustomNamespace, Key: plan.CustomKey})
		if err != nil {
			return page.PageInfo, err
		}
		clear(found)
		for _, p := range page.Nodes {
			if p.CustomID == nil {
				continue
			}
			if key, ours := strings.CutPrefix(p.CustomID.Value, prefix); ours {
				found[key] = plan.IDs{Product: p.ID}
			}
		}
		if len(found) == 0 {
			return page.PageInfo, nil
		}
		return page.PageInfo, c.Ledger.Adopt(ctx, c.lease, c.run.Partner, found)
	})
}

// checkSettings refuses settings that name what the shop has not, before
// anything is sent.
func (c *catalogRun) checkSettings() error {
	for _, name := range plan.Channels(c.connection.Settings) {
		if c.facts.Publications[name] == "" && c.connection.Settings.Owns("publication") {
			return aisles.FieldErrorf("settings.channels", "the shop has no channel %q; it has %s", name, list(c.facts.Publications))
		}
	}
	for from, to := range c.connection.Settings.Locations {
		if c.facts.Locations[to] == "" {
			return aisles.FieldErrorf("settings.locations."+from, "the shop has no location %q; it has %s", to, list(c.facts.Locations))
		}
	}
	return nil
}

func list(byName map[string]string) string {
	names := slices.Sorted(maps.Keys(byName))
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// pages calls f with each page's cursor until there is no next page.
func pages(f func(after shopify.Opt[string]) (shopify.PageInfo, error)) error {
	var after shopify.Opt[string]
	for {
		info, err := f(after)
		if err != nil {
			return err
		}
		if !info.HasNextPage || info.EndCursor == nil {
			return nil
		}
		after = shopify.Value(*info.EndCursor)
	}
}
