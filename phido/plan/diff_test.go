package plan_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/phido/plan"
)

var update = flag.Bool("update", false, "write golden files anew")

// tee is a product with two variants and two pictures.
func tee() aisles.Product {
	p := aisles.Product{
		Key: "tee", Title: "Tee", BodyHTML: "<p>Soft</p>", Vendor: "Acme", ProductType: "Shirts", Tags: []string{"cotton", "new"},
		Status: aisles.Active, Handle: "tee", Published: true, Options: []aisles.Option{{Name: "Size", Values: []string{"S", "M"}}},
		Media:    []aisles.Media{{URL: "https://cdn.example/a.jpg", Alt: "front"}, {URL: "https://cdn.example/b.jpg"}},
		Metadata: []aisles.Metafield{{Namespace: "custom", Key: "care", Type: "single_line_text_field", Value: "wash"}},
	}
	for _, size := range []string{"S", "M"} {
		v := aisles.NewVariant()
		v.SKU, v.Price, v.Options = "T-"+size, "19.90", []string{size}
		v.Inventory = []aisles.Level{{Location: "default", Quantity: 5}}
		p.Variants = append(p.Variants, v)
	}
	p.Variants[0].Image = "https://cdn.example/a.jpg"
	p.Normalise()
	return p
}

var ref = aisles.Ref{Partner: "acme", Key: "tee"}

// settled is what the ledger knows of the tee once it is in the shop.
func settled(p aisles.Product, s aisles.Settings) plan.Have {
	return plan.Have{
		State: plan.Live, Document: aisles.Split(p), Shapes: plan.Shapes(s),
		IDs: plan.IDs{
			Product:  "gid://shopify/Product/1",
			Variants: map[string]plan.VariantIDs{"T-S": {Variant: "gid://shopify/ProductVariant/11"}, "T-M": {Variant: "gid://shopify/ProductVariant/12"}},
			Media:    map[string]string{"https://cdn.example/a.jpg": "gid://shopify/MediaImage/21", "https://cdn.example/b.jpg": "gid://shopify/MediaImage/22"},
		},
	}
}

// theirs are the files of the settled tee with another person's between them.
func theirs() []plan.File {
	return []plan.File{
		{ID: "gid://shopify/MediaImage/21", Source: "https://cdn.shop/a.jpg"},
		{ID: "gid://shopify/MediaImage/99", Source: "https://cdn.shop/lookbook.jpg"},
		{ID: "gid://shopify/MediaImage/22", Source: "https://cdn.shop/b.jpg"},
	}
}

func shop(s aisles.Settings) plan.Shop {
	return plan.Shop{
		Settings: s, FirstLocation: "gid://shopify/Location/1", Locations: map[string]string{"Berlin": "gid://shopify/Location/1"},
		Publications: map[string]string{"Online Store": "gid://shopify/Publication/1", "Point of Sale": "gid://shopify/Publication/2"},
	}
}

// scenario changes the product, what the shop has, or the settings.
type scenario struct {
	name  string
	want  func(*aisles.Product)
	have  func(*plan.Have)
	now   aisles.Settings // the settings planned with
	calls []string
	gone  bool
}

var scenarios = []scenario{
	{name: "nothing"},
	{name: "title", want: func(p *aisles.Product) { p.Title = "Tee 2" }, calls: []string{"productSet"}},
	{name: "description cleared", want: func(p *aisles.Product) { p.BodyHTML = "" }, calls: []string{"productSet"}},
	{name: "tags", want: func(p *aisles.Product) { p.Tags = []string{"cotton", "sale"} }, calls: []string{"tagsAdd", "tagsRemove"}},
	{name: "tag in another case", want: func(p *aisles.Product) { p.Tags = []string{"Cotton", "new"} }},
	{name: "price", want: func(p *aisles.Product) { p.Variants[1].Price = "21.00" }, calls: []string{"productVariantsBulkUpdate"}},
	{name: "compare-at price gone", have: func(h *plan.Have) { h.Document.Content.Variants[0].CompareAtPrice = "25.00" }, calls: []string{"productVariantsBulkUpdate"}},
	{name: "weight", want: func(p *aisles.Product) { p.Variants[0].Weight = &aisles.Weight{Value: .2, Unit: "kg"} }, calls: []string{"productVariantsBulkUpdate"}},
	{name: "sku renamed", want: func(p *aisles.Product) { p.Variants[0].SKU = "T-S2" }, calls: []string{"productVariantsBulkUpdate"}},
	{name: "option value renamed", want: func(p *aisles.Product) {
		p.Variants[0].Options, p.Options = []string{"Small"}, []aisles.Option{{Name: "Size", Values: []string{"Small", "M"}}}
	}, calls: []string{"productSet"}},
	{name: "variants in another order", want: func(p *aisles.Product) {
		p.Variants[0], p.Variants[1] = p.Variants[1], p.Variants[0]
		p.Options = []aisles.Option{{Name: "Size", Values: []string{"M", "S"}}}
	}, calls: []string{"productSet"}},
	{name: "variant added", want: func(p *aisles.Product) {
		v := p.Variants[1]
		v.SKU, v.Options = "T-L", []string{"L"}
		p.Variants = append(p.Variants, v)
	}, calls: []string{"productSet"}},
	{name: "variant dropped", want: func(p *aisles.Product) { p.Variants = p.Variants[:1] }, calls: []string{"productSet"}},
	{name: "picture added", want: func(p *aisles.Product) {
		p.Media = append(p.Media, aisles.Media{URL: "https://cdn.example/c.jpg", Alt: "back"})
	},
		have: func(h *plan.Have) { h.Files = theirs() }, calls: []string{"productSet"}},
	{name: "picture uploaded by a run that died", want: func(p *aisles.Product) { p.Media = append(p.Media, aisles.Media{URL: "https://cdn.example/c.jpg"}) },
		have: func(h *plan.Have) {
			h.Files = append(theirs(), plan.File{ID: "gid://shopify/MediaImage/23", Source: "https://cdn.shop/c.jpg?v=1"})
		},
		calls: []string{"productSet"}},
	{name: "picture dropped", want: func(p *aisles.Product) { p.Media = p.Media[:1] }, have: func(h *plan.Have) { h.Files = theirs() }, calls: []string{"productSet"}},
	{name: "alt text", want: func(p *aisles.Product) { p.Media[1].Alt = "back" }, have: func(h *plan.Have) { h.Files = theirs() }, calls: []string{"productSet"}},
	{name: "variant's picture", want: func(p *aisles.Product) { p.Variants[0].Image = "https://cdn.example/b.jpg" }, have: func(h *plan.Have) { h.Files = theirs() }, calls: []string{"productSet"}},
	{name: "unpublished", want: func(p *aisles.Product) { p.Published = false }, calls: []string{"publicationUpdate"}},
	{name: "another channel", now: aisles.Settings{Channels: []string{"Point of Sale"}}, calls: []string{"publicationUpdate"}},
	{name: "vendor left to Shopify", now: aisles.Settings{Ownership: map[string]aisles.Owner{"vendor": aisles.OwnerShopify}}, want: func(p *aisles.Product) { p.Vendor = "Other" }},
	{name: "vendor taken back", have: func(h *plan.Have) {
		h.Shapes = plan.Shapes(aisles.Settings{Ownership: map[string]aisles.Owner{"vendor": aisles.OwnerShopify}})
	}, calls: []string{"productSet"}},
	{name: "removed", gone: true, calls: []string{"productSet"}},
	{name: "removed and archived already", gone: true, have: func(h *plan.Have) { h.State = plan.Archived }},
	{name: "removed and never there", gone: true, have: func(h *plan.Have) { *h = plan.Have{} }},
	{name: "back from the archive", have: func(h *plan.Have) { h.State = plan.Archived }, calls: []string{"productSet"}},
	{name: "new", have: func(h *plan.Have) { *h = plan.Have{} }, calls: []string{"productSet", "publicationUpdate"}},
}

// TestDiff shows, for each change, the exact calls and variables: the changed
// fields and nothing else.
func TestDiff(t *testing.T) {
	t.Parallel()
	got := map[string]any{}
	for _, s := range scenarios {
		p := tee()
		h := settled(tee(), aisles.Settings{})
		if s.want != nil {
			s.want(&p)
			p.Normalise()
			if err := p.Validate(); err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
		}
		if s.have != nil {
			s.have(&h)
		}
		w := plan.Want{Ref: ref, Removed: s.gone, Document: aisles.Split(p)}
		if s.gone {
			w.Document = aisles.Document{}
		}
		a := plan.Diff([]plan.Want{w}, map[string]plan.Have{"tee": h}, shop(s.now))[0]
		if calls := a.Calls(); !cmp.Equal(calls, s.calls) {
			t.Errorf("%s: calls %q, want %q", s.name, calls, s.calls)
		}
		if (a.Kind == plan.Unchanged) != (len(s.calls) == 0) || a.Err != nil || a.Reason == "" {
			t.Errorf("%s: %s, %q, %v", s.name, a.Kind, a.Reason, a.Err)
		}
		got[s.name] = a
	}
	golden(t, "diff", got)
}

func golden(t *testing.T, name string, v any) {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(b)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
