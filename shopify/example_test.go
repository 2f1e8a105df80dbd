package shopify_test

import (
	"context"
	"errors"
	"fmt"

	"aisles/shopify"
	"aisles/shopify/sim"
)

// A product is set under its handle: made when there is none, changed when
// there is. What is left out stays, what is null is cleared.
func ExampleClient_ProductSet() {
	server := sim.New(sim.Options{Shops: []sim.Shop{{Domain: "acme.myshopify.com", AccessToken: "shpat_1"}}})
	client, err := shopify.New(shopify.Options{Shop: "acme.myshopify.com", Token: "shpat_1", Transport: server})
	if err != nil {
		fmt.Println(err)
		return
	}
	set := func(title string) {
		made, err := client.ProductSet(context.Background(), shopify.ProductSetVariables{
			Identifier: shopify.Value(shopify.ProductSetIdentifiers{Handle: shopify.Value("tee")}),
			Input: shopify.ProductSetInput{
				Handle: shopify.Value("tee"),
				Title:  shopify.Value(title),
				Vendor: shopify.Null[string](),
			},
		})
		var refused *shopify.UserErrors
		if errors.As(err, &refused) {
			fmt.Println(shopify.Classify(err), refused.Errors[0].Field)
			return
		}
		fmt.Println(made.Product.ID != "", err)
	}
	set("Classic Tee")
	set("")
	// Output:
	// true <nil>
	// product [input title]
}

// An app's id and secret give tokens of a day. One that dies early is renewed,
// and the call it died in goes on.
func ExampleClientCredentials_Source() {
	server := sim.New(sim.Options{Shops: []sim.Shop{{Domain: "acme.myshopify.com", ClientID: "app", ClientSecret: "shpss_1"}}})
	app := shopify.ClientCredentials{Shop: "acme.myshopify.com", ID: "app", Secret: "shpss_1", Transport: server}
	tokens, err := app.Source()
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := shopify.New(shopify.Options{Shop: app.Shop, Tokens: tokens, Transport: server})
	if err != nil {
		fmt.Println(err)
		return
	}
	shop, err := client.Shop(context.Background())
	fmt.Println(app, shop.Name, err)
	// Output:
	// shopify.ClientCredentials{Shop: "acme.myshopify.com", ID: "app"} acme <nil>
}
