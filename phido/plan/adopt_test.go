package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/phido/plan"
	"aisles/shopify"
)

// full is the tee as its shop shows it, with what other people added: a tag, a
// picture, a channel.
func full() *shopify.FullProduct {
	text := func(s string) *string { return &s }
	variant := func(id, size string) shopify.FullVariant {
		return shopify.FullVariant{
			ID: id, SKU: text("T-" + size), Price: "19.9", Taxable: true, InventoryPolicy: shopify.ProductVariantInventoryPolicyDeny,
			SelectedOptions: []shopify.SelectedOption{{Name: "Size", Value: size}},
			InventoryItem:   shopify.InventoryItem{ID: id + "/item", Tracked: true, RequiresShipping: true, Measurement: shopify.InventoryItemMeasurement{Weight: &shopify.Weight{Unit: shopify.WeightUnitKilograms}}},
		}
	}
	picture := func(id, url, alt string) shopify.ProductMedia {
		return shopify.ProductMedia{ID: id, Alt: &alt, Image: &shopify.ProductMediaImage{URL: url}}
	}
	p := &shopify.FullProduct{
		ID: "gid://shopify/Product/1", Handle: "tee", Title: "Tee", DescriptionHTML: "<p>Soft</p>", Vendor: "Acme", ProductType: "Shirts",
		Status: shopify.ProductStatusActive, Tags: []string{"cotton", "new", "theirs"},
		Options: []shopify.ProductOption{{Name: "Size", OptionValues: []shopify.ProductOptionOptionValue{{Name: "S"}, {Name: "M"}}}},
	}
	p.Variants.Nodes = []shopify.FullVariant{variant("gid://shopify/ProductVariant/11", "S"), variant("gid://shopify/ProductVariant/12", "M")}
	p.Variants.Nodes[0].Media.Nodes = []shopify.FullVariantMedia{{ID: "gid://shopify/MediaImage/21"}}
	p.Media.Nodes = []shopify.ProductMedia{
		picture("gid://shopify/MediaImage/21", "https://cdn.shop/files/a.jpg?v=7", "front"),
		picture("gid://shopify/MediaImage/99", "https://cdn.shop/files/lookbook.jpg", ""),
		picture("gid://shopify/MediaImage/22", "https://cdn.shop/files/b_0f8fad5b-d9cb-469f-a165-70867728950e.jpg", ""),
	}
	p.ResourcePublications.Nodes = []shopify.FullProductResourcePublication{
		{Publication: shopify.FullProductResourcePublicationPublication{ID: "gid://shopify/Publication/1"}, IsPublished: true},
		{Publication: shopify.FullProductResourcePublicationPublication{ID: "gid://shopify/Publication/9"}, IsPublished: true},
	}
	return p
}

// TestAdopt: of a product nobody remembers, only what differs is sent, and
// what others put there stays.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		want  func(*aisles.Product)
		calls []string
		check func(plan.Action) bool
	}{
		{name: "as it is"},
		{name: "title", want: func(p *aisles.Product) { p.Title = "Tee 2" }, calls: []string{"productSet"},
			check: func(a plan.Action) bool { return len(a.Fields) == 1 && a.ProductSet.Input.Files.IsZero() }},
		{name: "tag added, another dropped", want: func(p *aisles.Product) { p.Tags = []string{"cotton", "sale"} }, calls: []string{"tagsAdd"},
			check: func(a plan.Action) bool { return cmp.Equal(a.TagsAdd, []string{"sale"}) }},
		{name: "price", want: func(p *aisles.Product) { p.Variants[0].Price = "20.00" }, calls: []string{"productVariantsBulkUpdate"},
			check: func(a plan.Action) bool {
				id, _ := a.Variants[0].Variants[0].ID.Get()
				return id == "gid://shopify/ProductVariant/11" && a.Prices == 1
			}},
		{name: "picture", want: func(p *aisles.Product) { p.Media = append(p.Media, aisles.Media{URL: "https://cdn.example/c.jpg"}) }, calls: []string{"productSet"},
			check: func(a plan.Action) bool {
				files, _ := a.ProductSet.Input.Files.Get()
				foreign, _ := files[1].ID.Get()
				return len(files) == 4 && foreign == "gid://shopify/MediaImage/99" && !files[3].OriginalSource.IsZero()
			}},
		{name: "unpublished", want: func(p *aisles.Product) { p.Published = false }, calls: []string{"publicationUpdate"},
			check: func(a plan.Action) bool { return cmp.Equal(a.Unpublish, []string{"gid://shopify/Publication/1"}) }},
	} {
		p := tee()
		if c.want != nil {
			c.want(&p)
			p.Normalise()
		}
		found := full()
		w := plan.Want{Ref: ref, Document: aisles.Split(p)}
		h := plan.FromShop(found, found.Variants.Nodes, w.Document)
		if plan.NeedsRead(w, h) || plan.NeedsFiles(w, h) {
			t.Errorf("%s: read, and to be read again", c.name)
		}
		a := plan.Diff([]plan.Want{w}, map[string]plan.Have{"tee": h}, shop(aisles.Settings{}))[0]
		if !cmp.Equal(a.Calls(), c.calls) || c.check != nil && !c.check(a) {
			t.Errorf("%s: %q %+v", c.name, a.Calls(), a)
		}
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	w := plan.Want{Ref: ref, Document: aisles.Split(tee())}
	known := settled(tee(), aisles.Settings{})
	changed := settled(tee(), aisles.Settings{})
	changed.Document.Media.Items = changed.Document.Media.Items[:1]
	read := changed
	read.Files = theirs()
	for _, c := range []struct {
		name        string
		have        plan.Have
		whole, file bool
	}{
		{"new", plan.Have{}, false, false},
		{"known", known, false, false},
		{"ids alone", plan.Have{State: plan.Live, IDs: known.IDs}, true, false},
		{"pictures changed", changed, false, true},
		{"pictures changed, files read", read, false, false},
	} {
		if whole, files := plan.NeedsRead(w, c.have), plan.NeedsFiles(w, c.have); whole != c.whole || files != c.file {
			t.Errorf("%s: read %v, files %v", c.name, whole, files)
		}
	}
}

func TestLearn(t *testing.T) {
	t.Parallel()
	p := tee()
	doc := aisles.Split(p)
	light := &shopify.LightProduct{ID: "gid://shopify/Product/1"}
	light.Media.Nodes = full().Media.Nodes
	for _, v := range full().Variants.Nodes {
		light.Variants.Nodes = append(light.Variants.Nodes, shopify.LightVariant{
			ID: v.ID, SKU: v.SKU, SelectedOptions: v.SelectedOptions, InventoryItem: shopify.LightVariantInventoryItem{ID: v.InventoryItem.ID},
		})
	}
	want := settled(p, aisles.Settings{}).IDs
	for key, ids := range want.Variants {
		ids.InventoryItem = ids.Variant + "/item"
		want.Variants[key] = ids
	}
	if diff := cmp.Diff(want, plan.Learn(plan.IDs{}, doc.Content, doc.Media, light)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Pictures whose names say nothing are told by their places.
	for i := range light.Media.Nodes {
		light.Media.Nodes[i].Image = nil
	}
	light.Media.Nodes = append(light.Media.Nodes[:1], light.Media.Nodes[2:]...)
	if diff := cmp.Diff(want.Media, plan.Learn(plan.IDs{}, doc.Content, doc.Media, light).Media); diff != "" {
		t.Errorf("by place (-want +got):\n%s", diff)
	}
}

func TestStockElsewhere(t *testing.T) {
	t.Parallel()
	p := tee()
	p.Variants[0].Inventory = []aisles.Level{{Location: "Mars", Quantity: 1}}
	w := plan.Want{Ref: ref, Document: aisles.Split(p)}
	if a := plan.Diff([]plan.Want{w}, nil, shop(aisles.Settings{}))[0]; a.Err == nil || a.Err.Field[0] != "inventory" {
		t.Errorf("unknown location: %+v", a.Err)
	}
	if a := plan.Diff([]plan.Want{w}, nil, shop(aisles.Settings{Locations: map[string]string{"Mars": "Berlin"}}))[0]; a.Err != nil {
		t.Errorf("mapped location: %+v", a.Err)
	}
}

func TestBrake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		load plan.Load
		hold bool
	}{
		{"nothing", plan.Load{Live: 100}, false},
		{"twenty of many", plan.Load{Live: 150, Removals: 20}, false},
		{"twenty-one and a tenth", plan.Load{Live: 210, Removals: 21}, false},
		{"twenty-one and more than a tenth", plan.Load{Live: 209, Removals: 21}, true},
		{"a few, but half", plan.Load{Live: 6, Removals: 3}, true},
		{"a few of a few", plan.Load{Live: 7, Removals: 3}, false},
		{"a thousand of very many", plan.Load{Live: 1_000_000, Removals: 1000}, true},
		{"over a day", plan.Load{Live: 190, Removals: 11, Recent: 10}, true},
		{"done already", plan.Load{Live: 190, Recent: 60}, false},
		{"twenty prices", plan.Load{Live: 25, Prices: 25, Repriced: 20}, false},
		{"half of the prices", plan.Load{Live: 50, Prices: 50, Repriced: 25}, false},
		{"more than half of the prices", plan.Load{Live: 50, Prices: 50, Repriced: 26}, true},
	} {
		if reason := plan.BrakeRemovals(c.load) + plan.BrakePrices(c.load); (reason != "") != c.hold {
			t.Errorf("%s: %q", c.name, reason)
		}
	}
}
