package aisles

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMatchVariants shows which variant a patch is about when its key is none
// that is known.
func TestMatchVariants(t *testing.T) {
	t.Parallel()
	old := Product{
		Key: "a", Title: "A", Status: Active, Options: []Option{{Name: "Size"}},
		Variants: []Variant{
			{SKU: "s", Price: "1.00", Cost: "0.50", Options: []string{"S"}},
			{SKU: "m", Price: "2.00", Cost: "0.60", Options: []string{"M"}},
		},
	}
	old.Normalise()
	tests := []struct {
		name  string
		patch VariantPatch
		want  []string // SKU, options, cost
	}{
		{"by key", VariantPatch{SKU: Some("m"), Options: Some([]string{"L"})}, []string{"m", "L", "0.60"}},
		{"by options, without a SKU", VariantPatch{Options: Some([]string{"M"})}, []string{"m", "M", "0.60"}},
		{"by options, with another SKU", VariantPatch{SKU: Some("x"), Options: Some([]string{"M"})}, []string{"x", "M", "0.60"}},
		{"a key that is given counts alone", VariantPatch{Key: "x", SKU: Some("x"), Options: Some([]string{"M"})}, []string{"x", "M", ""}},
		{"none", VariantPatch{SKU: Some("x"), Options: Some([]string{"XL"})}, []string{"x", "XL", ""}},
	}
	for _, tt := range tests {
		p, _, err := Patch{Key: "a", Variants: Some([]VariantPatch{tt.patch})}.Apply(&old)
		if err != nil || len(p.Variants) != 1 {
			t.Errorf("%s: %v %+v", tt.name, err, p.Variants)
			continue
		}
		v := p.Variants[0]
		if diff := cmp.Diff(tt.want, []string{v.SKU, v.Options[0], string(v.Cost)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if old.Variants[1].SKU != "m" || old.Variants[1].Options[0] != "M" {
		t.Errorf("the old product was changed: %+v", old.Variants)
	}
}

// TestFeedMetadata shows that a feed states single metafields and anything
// else all of them.
func TestFeedMetadata(t *testing.T) {
	t.Parallel()
	field := func(key, value string) Metafield {
		return Metafield{Namespace: "n", Key: key, Type: "single_line_text_field", Value: value}
	}
	old := Product{
		Key: "a", Title: "A", Status: Active, Metadata: []Metafield{field("a", "1"), field("b", "2")},
		Variants: []Variant{{Price: "1.00", Metadata: []Metafield{field("c", "3")}}},
	}
	old.Normalise()
	patch := Patch{Key: "a", Metadata: Some([]Metafield{field("a", ""), field("d", "4")}), Variants: Some([]VariantPatch{{Metadata: Some([]Metafield{field("e", "5")})}})}
	for feed, want := range map[bool][2][]Metafield{
		true:  {{field("b", "2"), field("d", "4")}, {field("c", "3"), field("e", "5")}},
		false: {{field("a", ""), field("d", "4")}, {field("e", "5")}},
	} {
		patch.Columns = feed
		p, _, err := patch.Apply(&old)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, [2][]Metafield{p.Metadata, p.Variants[0].Metadata}); diff != "" {
			t.Errorf("columns %v (-want +got):\n%s", feed, diff)
		}
	}
	if len(old.Metadata) != 2 || old.Metadata[0].Value != "1" {
		t.Errorf("the old product was changed: %+v", old.Metadata)
	}
}
