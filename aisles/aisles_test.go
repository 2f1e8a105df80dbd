package aisles_test

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aisles/aisles"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// tee is a product with something in every facet.
func tee() aisles.Product {
	p := aisles.Product{
		Key: "classic-tee", Title: "Classic Tee", BodyHTML: "<p>Soft.</p>", Vendor: "Acme", ProductType: "Shirts",
		Tags: []string{"cotton", " Basics ", "COTTON"}, Status: aisles.Active, Handle: "classic-tee",
		SEO:     aisles.SEO{Title: "Tee", Description: "A tee"},
		Options: []aisles.Option{{Name: "Size"}},
		Variants: []aisles.Variant{
			{SKU: "CT-S", Price: "19.90", CompareAtPrice: "25.00", Cost: "7.10", Options: []string{"S"}, Taxable: true, RequiresShipping: true,
				Weight: &aisles.Weight{Value: 0.2, Unit: "kg"}, Inventory: []aisles.Level{{Location: "default", Quantity: 5}}, Image: "https://pictures.example/s.png",
				Metadata: []aisles.Metafield{{Namespace: "custom", Key: "care", Type: "single_line_text_field", Value: "30°"}}},
			{SKU: "CT-M", Price: "19.90", Options: []string{"M"}},
		},
		Media:     []aisles.Media{{URL: "https://pictures.example/tee.png", Alt: "A tee"}},
		Metadata:  []aisles.Metafield{{Namespace: "custom", Key: "material", Type: "single_line_text_field", Value: "Cotton"}},
		Published: true,
	}
	p.Normalise()
	return p
}

func TestNormalise(t *testing.T) {
	t.Parallel()
	p := tee()
	if diff := cmp.Diff([]string{"Basics", "cotton"}, p.Tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]aisles.Option{{Name: "Size", Values: []string{"S", "M"}}}, p.Options); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
	if p.Variants[0].Key != "CT-S" || p.Variants[1].InventoryPolicy != aisles.Deny {
		t.Errorf("variants = %+v", p.Variants)
	}
	again := p
	again.Normalise()
	if diff := cmp.Diff(p, again); diff != "" {
		t.Errorf("normalising twice differs (-once +twice):\n%s", diff)
	}
	if err := p.Validate(); err != nil {
		t.Errorf("validate: %v", err)
	}
}

func TestDefaultTitleIsNoOption(t *testing.T) {
	t.Parallel()
	p := aisles.Product{Key: "lamp", Title: "Lamp", Status: aisles.Active, Options: []aisles.Option{{Name: "Title"}},
		Variants: []aisles.Variant{{Options: []string{"Default Title"}}}}
	p.Normalise()
	if len(p.Options) != 0 || len(p.Variants[0].Options) != 0 || p.Variants[0].Key != "" {
		t.Errorf("got options %v, variant %+v", p.Options, p.Variants[0])
	}
}

func TestVariantKeys(t *testing.T) {
	t.Parallel()
	p := aisles.Product{Key: "k", Title: "K", Status: aisles.Active, Options: []aisles.Option{{Name: "Color"}, {Name: "Size"}},
		Variants: []aisles.Variant{
			{SKU: "A", Options: []string{"red", "S"}}, {SKU: "B", Options: []string{"red", "M"}},
			{SKU: "B", Options: []string{"red", "L"}}, {Options: []string{"blue", "S"}},
		}}
	p.Normalise()
	got := []string{}
	for _, v := range p.Variants {
		got = append(got, v.Key)
	}
	if diff := cmp.Diff([]string{"A", "red / M", "red / L", "blue / S"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		spoil func(*aisles.Product)
		field string
	}{
		{"blank title", func(p *aisles.Product) { p.Title = " " }, "title"},
		{"long vendor", func(p *aisles.Product) { p.Vendor = strings.Repeat("ä", 256) }, "vendor"},
		{"status", func(p *aisles.Product) { p.Status = "live" }, "status"},
		{"huge body", func(p *aisles.Product) { p.BodyHTML = strings.Repeat("x", 10<<20) }, "body_html"},
		{"four options", func(p *aisles.Product) {
			p.Options = append(p.Options, aisles.Option{Name: "b"}, aisles.Option{Name: "c"}, aisles.Option{Name: "d"})
		}, "options"},
		{"option twice", func(p *aisles.Product) { p.Options = append(p.Options, aisles.Option{Name: "SIZE"}) }, "options[1].name"},
		{"clash", func(p *aisles.Product) { p.Variants[1].Options = []string{"s"} }, "variants[1]"},
		{"values missing", func(p *aisles.Product) { p.Variants[1].Options = nil }, "variants[1].options"},
		{"weight unit", func(p *aisles.Product) { p.Variants[0].Weight.Unit = "stone" }, "variants[0].weight.unit"},
		{"weight NaN", func(p *aisles.Product) { p.Variants[0].Weight.Value = math.NaN() }, "variants[0].weight.value"},
		{"stock", func(p *aisles.Product) { p.Variants[0].Inventory[0].Quantity = 2e9 }, "variants[0].inventory"},
		{"metafield twice", func(p *aisles.Product) { p.Metadata = append(p.Metadata, p.Metadata[0]) }, "metadata[1]"},
		{"no variants", func(p *aisles.Product) { p.Variants = nil }, "variants"},
		{"too many variants", func(p *aisles.Product) { p.Variants = make([]aisles.Variant, 3000) }, "variants"},
	} {
		p := tee()
		tt.spoil(&p)
		p.Normalise()
		err, ok := p.Validate().(*aisles.Error)
		if !ok || err.Field != tt.field || err.Code != aisles.Invalid {
			t.Errorf("%s: got %+v, want an error about %s", tt.name, err, tt.field)
		}
	}
}

func TestPatchLeavesWhatItLacksAndClearsWhatIsEmpty(t *testing.T) {
	t.Parallel()
	old := tee()
	var p aisles.Patch
	if err := json.Unmarshal([]byte(`{"key":"classic-tee","vendor":null,"tags":[],"seo":{"title":"New"},"variants":[{"sku":"CT-S","price":21},{"sku":"CT-M"}]}`), &p); err != nil {
		t.Fatal(err)
	}
	got, remarks, err := p.Apply(&old)
	if err != nil || len(remarks) != 0 {
		t.Fatalf("apply: %v %v", remarks, err)
	}
	want := tee()
	want.Vendor, want.Tags, want.SEO.Title = "", []string{}, "New"
	want.Variants[0].Price = "21.00"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tee(), old); diff != "" {
		t.Errorf("the old product changed:\n%s", diff)
	}
}

func TestPatchAddressesVariants(t *testing.T) {
	t.Parallel()
	old := tee()
	p := aisles.Patch{Key: old.Key, Address: true, Variants: aisles.Some([]aisles.VariantPatch{{SKU: aisles.Some("CT-M"), Price: aisles.Some(aisles.Money("9.00"))}})}
	got, _, err := p.Apply(&old)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Variants) != 2 || got.Variants[0].Price != "19.90" || got.Variants[1].Price != "9.00" || got.Variants[1].Options[0] != "M" {
		t.Errorf("variants = %+v", got.Variants)
	}
	p.Variants.Value[0].SKU.Value = "CT-XXL"
	if _, _, err := p.Apply(&old); err == nil || !strings.Contains(err.Error(), "CT-XXL") {
		t.Errorf("an unknown SKU: %v", err)
	}
}

func TestNewProductWithoutPriceIsADraft(t *testing.T) {
	t.Parallel()
	got, remarks, err := aisles.Patch{Key: "x", Title: aisles.Some("X")}.Apply(nil)
	if err != nil || len(remarks) != 1 || got.Status != aisles.Draft || got.Variants[0].Price != "0.00" {
		t.Errorf("got %+v, %v, %v", got, remarks, err)
	}
}

func TestGivenIsTaken(t *testing.T) {
	t.Parallel()
	p := tee()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var patch aisles.Patch
	if err := json.Unmarshal(text, &patch); err != nil {
		t.Fatal(err)
	}
	for name, old := range map[string]*aisles.Product{"new": nil, "known": &p} {
		got, _, err := patch.Apply(old)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(aisles.Split(p).Fingerprints(), aisles.Split(got).Fingerprints()); diff != "" {
			t.Errorf("%s: what GET gives is another product when put (-want +got):\n%s", name, diff)
		}
	}
}

func TestEachFacetHasItsOwnFingerprint(t *testing.T) {
	t.Parallel()
	base := aisles.Split(tee()).Fingerprints()
	for facet, change := range map[aisles.Facet]func(*aisles.Product){
		aisles.FacetContent:     func(p *aisles.Product) { p.Variants[0].Price = "1.00" },
		aisles.FacetMedia:       func(p *aisles.Product) { p.Media[0].Alt = "another" },
		aisles.FacetInventory:   func(p *aisles.Product) { p.Variants[0].Inventory = []aisles.Level{{Location: "default", Quantity: 6}} },
		aisles.FacetMetadata:    func(p *aisles.Product) { p.Metadata[0].Value = "Linen" },
		aisles.FacetPublication: func(p *aisles.Product) { p.Published = false },
	} {
		p := tee()
		change(&p)
		for f, print := range aisles.Split(p).Fingerprints() {
			if (print != base[f]) != (f == facet) {
				t.Errorf("changing %s: fingerprint of %s changed = %v", facet, f, print != base[f])
			}
		}
	}
}

// TestFingerprintGolden fails when the canonical bytes change. Then raise
// FingerprintVersion: without it an upgrade would resend every catalog.
func TestFingerprintGolden(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(aisles.Split(tee()).Fingerprints(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "fingerprints.golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]aisles.Money{
		"19.9": "19.90", "0": "0.00", "007.50": "7.50", "7.125": "7.125", "3.": "3.00", "999999999999999999": "999999999999999999.00",
		"1,50": "", "-1": "", "1e5": "", "€5": "", "": "", ".5": "", "1000000000000000000": "", "1.23456": "", " 1": "", "NaN": "",
	} {
		got, err := aisles.ParseMoney(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ParseMoney(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	f.Add("19.90")
	f.Add("1e5")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := aisles.ParseMoney(s)
		if err != nil {
			return
		}
		again, err := aisles.ParseMoney(string(m))
		if err != nil || again != m {
			t.Errorf("%q gives %q, which gives %q, %v", s, m, again, err)
		}
	})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	err := aisles.FieldErrorf("variants[0].price", "%q is no amount", "x")
	if aisles.CodeOf(err) != aisles.Invalid || err.Error() != `variants[0].price: "x" is no amount` {
		t.Errorf("got %q of code %q", err, aisles.CodeOf(err))
	}
	if aisles.CodeOf(nil) != "" || aisles.CodeOf(os.ErrClosed) != aisles.Internal {
		t.Error("codes of nil and of foreign errors")
	}
}

func TestPartnerAndSettings(t *testing.T) {
	t.Parallel()
	for key, ok := range map[string]bool{"acme": true, "a": true, "a-b-1": true, "": false, "-a": false, "A": false, "a_b": false, strings.Repeat("a", 65): false} {
		if err := (aisles.Partner{Key: key}).Validate(); (err == nil) != ok {
			t.Errorf("partner %q: %v", key, err)
		}
	}
	good := aisles.Settings{Ownership: map[string]aisles.Owner{"vendor": aisles.OwnerShopify}}
	if err := good.Validate(); err != nil || good.Owns("vendor") || !good.Owns("title") {
		t.Errorf("settings: %v", err)
	}
	if err := (aisles.Settings{Ownership: map[string]aisles.Owner{"colour": aisles.OwnerAisles}}).Validate(); err == nil {
		t.Error("an unknown field was accepted")
	}
}
