package shopify_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/shopify"
)

const customNamespace, customKey = "aisles", "key"

// TestRound: what is set comes back, through every operation, over a socket.
func TestRound(t *testing.T) {
	t.Parallel()
	server, _ := newShop(t)
	listener := httptest.NewServer(server)
	defer listener.Close()
	var calls []shopify.Call
	c := newClient(t, shopify.Options{Shop: domain, Token: token, Endpoint: listener.URL + "/" + domain + "/", Observe: func(call shopify.Call) { calls = append(calls, call) }})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	shop, err := c.Shop(ctx)
	must(err)
	if shop.MyshopifyDomain != domain || shop.CurrencyCode != "USD" || shop.ResourceLimits.MaxProductVariants != 2048 {
		t.Errorf("shop: %+v", shop)
	}
	define(t, c)
	id := create(t, c)

	_, err = c.MetafieldsSet(ctx, shopify.MetafieldsSetVariables{Metafields: []shopify.MetafieldsSetInput{
		{OwnerID: id, Namespace: shopify.Value("custom"), Key: "care", Type: shopify.Value("single_line_text_field"), Value: "wash"},
	}})
	must(err)
	_, err = c.TagsAdd(ctx, shopify.TagsAddVariables{ID: id, Tags: []string{"new", "red"}})
	must(err)
	_, err = c.TagsRemove(ctx, shopify.TagsRemoveVariables{ID: id, Tags: []string{"red"}})
	must(err)
	publications, err := c.Publications(ctx, shopify.PublicationsVariables{})
	must(err)
	online := publications.Nodes[0]
	_, err = c.PublicationUpdate(ctx, shopify.PublicationUpdateVariables{ID: online.ID, Input: shopify.PublicationUpdateInput{PublishablesToAdd: shopify.Value([]string{id})}})
	must(err)
	locations, err := c.Locations(ctx, shopify.LocationsVariables{})
	must(err)
	if len(locations.Nodes) != 1 || !locations.Nodes[0].IsActive {
		t.Errorf("locations: %+v", locations)
	}

	light := reprice(t, c, id)
	got := read(t, c, id)
	if got.Title != "Tee" || got.Status != shopify.ProductStatusActive || !cmp.Equal(got.Tags, []string{"cotton", "new"}) || got.CustomID == nil || got.CustomID.Value != "acme/tee" {
		t.Errorf("product: %+v", got)
	}
	if got.Variants.Nodes[0].Price != "21.00" || *got.Variants.Nodes[1].SKU != "T-M" || got.Variants.Nodes[1].ID != light.Variants.Nodes[1].ID || got.Variants.Nodes[0].InventoryItem.Measurement.Weight.Unit != shopify.WeightUnitKilograms {
		t.Errorf("variants: %+v", got.Variants)
	}
	if m := got.Metafields.Nodes; len(m) != 1 || m[0].Key != "custom.care" || m[0].Value != "wash" || m[0].CompareDigest == "" {
		t.Errorf("metafields: %+v", m)
	}
	if p := got.ResourcePublications.Nodes; len(p) != 1 || p[0].Publication.ID != online.ID || !p[0].IsPublished {
		t.Errorf("publications: %+v", p)
	}
	owned, err := c.OwnedProducts(ctx, shopify.OwnedProductsVariables{Namespace: customNamespace, Key: customKey})
	must(err)
	if len(owned.Nodes) != 1 || owned.Nodes[0].CustomID.Value != "acme/tee" || owned.PageInfo.HasNextPage {
		t.Errorf("owned: %+v", owned)
	}
	picture(t, c, id)
	remove(t, c, id)
	check(t, calls)
}

// define makes the definition of custom ids, once.
func define(t *testing.T, c *shopify.Client) {
	t.Helper()
	v := shopify.MetafieldDefinitionCreateVariables{Definition: shopify.MetafieldDefinitionInput{
		Namespace: shopify.Value(customNamespace), Key: customKey, Name: "Aisles", Type: "id", OwnerType: shopify.MetafieldOwnerTypeProduct,
	}}
	made, err := c.MetafieldDefinitionCreate(t.Context(), v)
	if err != nil || made.CreatedDefinition.Key != customKey {
		t.Fatalf("definition: %+v %v", made, err)
	}
	_, err = c.MetafieldDefinitionCreate(t.Context(), v)
	var refused *shopify.UserErrors
	if !errors.As(err, &refused) || refused.Errors[0].Code != "TAKEN" || shopify.Classify(err) != shopify.ClassProduct {
		t.Errorf("definition again: %v", err)
	}
	all, err := c.MetafieldDefinitions(t.Context(), shopify.MetafieldDefinitionsVariables{OwnerType: shopify.MetafieldOwnerTypeProduct, Namespace: shopify.Value(customNamespace)})
	if err != nil || len(all.Nodes) != 1 || all.Nodes[0].Type.Name != "id" || !all.Nodes[0].Capabilities.UniqueValues.Enabled {
		t.Errorf("definitions: %+v %v", all, err)
	}
}

// create makes the tee under its custom id; done twice it is made once.
func create(t *testing.T, c *shopify.Client) string {
	t.Helper()
	v := tee()
	v.Identifier = shopify.Value(shopify.ProductSetIdentifiers{CustomID: shopify.Value(shopify.UniqueMetafieldValueInput{
		Namespace: shopify.Value(customNamespace), Key: customKey, Value: "acme/tee",
	})})
	first, err := c.ProductSet(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.ProductSet(t.Context(), v)
	if err != nil || second.Product.ID != first.Product.ID {
		t.Errorf("set again: %+v %v", second, err)
	}
	return first.Product.ID
}

// reprice changes a variant's price, after a read by ids of which one is none.
func reprice(t *testing.T, c *shopify.Client, id string) *shopify.LightProduct {
	t.Helper()
	found, err := c.ProductsByIDs(t.Context(), shopify.ProductsByIDsVariables{IDs: []string{"gid://shopify/Product/999", id}})
	if err != nil || len(found) != 2 || found[0] != nil || found[1].Handle != "tee" || len(found[1].Variants.Nodes) != 2 {
		t.Fatalf("by ids: %+v %v", found, err)
	}
	variant := found[1].Variants.Nodes[0]
	if variant.InventoryItem.ID == "" || !cmp.Equal(variant.SelectedOptions, []shopify.SelectedOption{{Name: "Size", Value: "S"}}) {
		t.Errorf("variant: %+v", variant)
	}
	_, err = c.ProductVariantsBulkUpdate(t.Context(), shopify.ProductVariantsBulkUpdateVariables{
		ProductID: id, Variants: []shopify.ProductVariantsBulkInput{{ID: shopify.Value(variant.ID), Price: shopify.Value("21.00")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return found[1]
}

// read reads the product in three ways, which must agree.
func read(t *testing.T, c *shopify.Client, id string) *shopify.FullProduct {
	t.Helper()
	keys := []string{"custom.care", "custom.absent"}
	full, err := c.ProductsFull(t.Context(), shopify.ProductsFullVariables{IDs: []string{id}, Namespace: customNamespace, Key: customKey, Metafields: keys})
	if err != nil || len(full) != 1 {
		t.Fatalf("full: %+v %v", full, err)
	}
	one, err := c.ProductByIdentifier(t.Context(), shopify.ProductByIdentifierVariables{Identifier: shopify.ProductIdentifierInput{Handle: shopify.Value("tee")}, Namespace: customNamespace, Key: customKey, Metafields: keys})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(full[0], one); d != "" {
		t.Error(d)
	}
	variants, err := c.ProductVariants(t.Context(), shopify.ProductVariantsVariables{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(full[0].Variants, variants.Variants); d != "" {
		t.Error(d)
	}
	return one
}

// picture gives the product a picture and asks what has become of it.
func picture(t *testing.T, c *shopify.Client, id string) {
	t.Helper()
	_, err := c.ProductSet(t.Context(), shopify.ProductSetVariables{
		Identifier: shopify.Value(shopify.ProductSetIdentifiers{ID: shopify.Value(id)}),
		Input:      shopify.ProductSetInput{Files: shopify.Value([]shopify.FileSetInput{{OriginalSource: shopify.Value("https://pictures.example/tee.jpg"), Alt: shopify.Value("A tee")}})},
	})
	if err != nil {
		t.Fatal(err)
	}
	light, err := c.ProductsByIDs(t.Context(), shopify.ProductsByIDsVariables{IDs: []string{id}})
	if err != nil || len(light[0].Media.Nodes) != 1 {
		t.Fatalf("pictures: %+v %v", light, err)
	}
	media := light[0].Media.Nodes[0].ID
	found, err := c.MediaByIDs(t.Context(), shopify.MediaByIDsVariables{IDs: []string{media, "gid://shopify/MediaImage/999"}})
	if err != nil || len(found) != 2 || found[0].ID != media || found[0].Alt == nil || *found[0].Alt != "A tee" || found[0].Status == "" || found[1] != nil {
		t.Errorf("media: %+v %v", found, err)
	}
}

// remove deletes the product; then there is none.
func remove(t *testing.T, c *shopify.Client, id string) {
	t.Helper()
	v := shopify.ProductDeleteVariables{Input: shopify.ProductDeleteInput{ID: id}}
	gone, err := c.ProductDelete(t.Context(), v)
	if err != nil || gone.DeletedProductID == nil || *gone.DeletedProductID != id {
		t.Fatalf("delete: %+v %v", gone, err)
	}
	if gone, err = c.ProductDelete(t.Context(), v); shopify.Classify(err) != shopify.ClassProduct || gone == nil {
		t.Errorf("delete again: %+v %v", gone, err)
	}
	none, err := c.ProductByIdentifier(t.Context(), shopify.ProductByIdentifierVariables{Identifier: shopify.ProductIdentifierInput{ID: shopify.Value(id)}, Namespace: customNamespace, Key: customKey, Metafields: []string{"custom.care"}})
	if err != nil || none != nil {
		t.Errorf("after delete: %+v %v", none, err)
	}
}

// check: every call was observed once, with what it cost and who answered.
func check(t *testing.T, calls []shopify.Call) {
	t.Helper()
	if len(calls) != 24 {
		t.Errorf("%d calls observed", len(calls))
	}
	for _, call := range calls {
		if call.Shop != domain || call.Status != 200 || call.Attempt != 1 || call.Requested == 0 || call.RequestID == "" || call.Served != shopify.Version || call.Throttled || call.Err != nil || call.Took <= 0 {
			t.Errorf("observed %+v", call)
		}
	}
	if !slices.ContainsFunc(calls, func(c shopify.Call) bool { return c.Operation == "ProductSet" && c.Write }) {
		t.Error("no productSet was observed")
	}
}
