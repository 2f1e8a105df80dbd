package phido_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
)

var seedFlag = flag.Uint64("seed", 0, "seed of TestRandomRounds; 0 takes another each time")

// TestRandomRounds changes products in every way at random, loses answers, and
// compares shop and catalog after each sync. A failure names its seed.
func TestRandomRounds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		seed := cmp.Or(*seedFlag, rand.Uint64())
		r := rand.New(rand.NewPCG(seed, 1))
		t.Logf("seed %d", seed)
		w := newWorld(t, h, "acme")
		products := map[string]*aisles.Product{}
		for i := range 8 {
			key := fmt.Sprintf("p%d", i)
			products[key] = &aisles.Product{Key: key, Handle: key, Title: key, Vendor: "Acme", Status: aisles.Active, Published: true, Variants: []aisles.Variant{variant(r, 0)}}
			products[key].Variants[0].Options = nil
		}
		w.control("POST", "faults", map[string]any{"shop": domain("acme"), "kind": "drop_after_commit", "rate": 0.03}, nil)
		next := 100
		for round := range 40 {
			for _, key := range []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"} {
				p := products[key]
				if round > 0 && r.IntN(3) > 0 {
					continue
				}
				next++
				mutate(r, p, next)
				results, err := w.store.PutProducts(t.Context(), "acme", []aisles.Patch{whole(*p)}, false)
				w.must(err)
				if results[0].Err != nil {
					t.Fatalf("round %d, %s: %v", round, key, results[0].Err)
				}
				if stored, err := w.store.Product(t.Context(), aisles.Ref{Partner: "acme", Key: key}); err == nil {
					*p = stored
				}
			}
			for try := 0; ; try++ {
				run := w.syncOne("acme")
				if run.Status == aisles.RunHeld { // a small shop is half gone at once
					if _, err := w.ledger.Decide(t.Context(), run.ID, true, "test"); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if run.Status == aisles.RunSucceeded {
					break
				}
				if try > 10 {
					actions, _ := w.ledger.Actions(t.Context(), run.ID, "", 250)
					t.Fatalf("round %d: %s %q %v", round, run.Status, run.Reason, failed(actions))
				}
				_, err := w.ledger.Retry(t.Context(), "acme", nil)
				w.must(err)
			}
			w.same("acme")
			if t.Failed() {
				t.Fatalf("in round %d", round)
			}
		}
	})
}

func variant(r *rand.Rand, n int) aisles.Variant {
	v := aisles.NewVariant()
	v.SKU, v.Price = fmt.Sprintf("SKU-%d-%d", n, r.IntN(1_000_000)), aisles.Money(fmt.Sprintf("%d.50", 1+r.IntN(90)))
	v.Options = []string{fmt.Sprintf("V%d", n)}
	return v
}

// mutate changes one thing about the product.
func mutate(r *rand.Rand, p *aisles.Product, n int) {
	picture := fmt.Sprintf("https://cdn.example/pic-%d.jpg", n)
	i := r.IntN(len(p.Variants))
	v := &p.Variants[i]
	switch r.IntN(16) {
	case 0:
		p.Title = fmt.Sprint("Title ", n)
	case 1:
		p.BodyHTML = []string{"", fmt.Sprint("<p>", n, "</p>")}[r.IntN(2)]
	case 2:
		p.Tags = append(slices.Clone(p.Tags), fmt.Sprint("tag", n))
	case 3:
		if len(p.Tags) > 0 {
			p.Tags = slices.Delete(slices.Clone(p.Tags), 0, 1)
		}
	case 4:
		v.Price = aisles.Money(fmt.Sprintf("%d.99", n))
	case 5:
		v.CompareAtPrice = []aisles.Money{"", "999.00"}[r.IntN(2)]
	case 6: // another variant
		if len(p.Options) == 0 {
			p.Options = []aisles.Option{{Name: "Kind"}}
			for j := range p.Variants {
				p.Variants[j].Options = []string{fmt.Sprint("V", j)}
			}
		}
		p.Variants = append(p.Variants, variant(r, n))
	case 7:
		if len(p.Variants) > 1 {
			p.Variants = slices.Delete(p.Variants, i, i+1)
		}
	case 8: // another order
		slices.Reverse(p.Variants)
		p.Options = slices.Clone(p.Options)
		for j := range p.Options {
			p.Options[j].Values = nil
		}
	case 9:
		v.SKU = fmt.Sprint("RENAMED-", n)
	case 10:
		if len(p.Options) > 0 {
			v.Options = []string{fmt.Sprint("W", n)}
			p.Options = []aisles.Option{{Name: p.Options[0].Name}}
		}
	case 11:
		p.Media = append(slices.Clone(p.Media), aisles.Media{URL: picture, Alt: "alt"})
	case 12:
		if len(p.Media) > 0 {
			gone := p.Media[0].URL
			p.Media = slices.Delete(slices.Clone(p.Media), 0, 1)
			for j := range p.Variants {
				if p.Variants[j].Image == gone {
					p.Variants[j].Image = ""
				}
			}
		}
	case 13:
		if len(p.Media) > 0 {
			v.Image = p.Media[r.IntN(len(p.Media))].URL
		}
	case 14:
		p.Published = !p.Published
	case 15:
		if len(p.Media) > 1 {
			slices.Reverse(p.Media)
			p.Media[0].Alt = fmt.Sprint("alt ", n)
		}
	}
}

// whole gives a patch that states all of a product.
func whole(p aisles.Product) aisles.Patch {
	out := aisles.Patch{
		Key: p.Key, Title: aisles.Some(p.Title), Vendor: aisles.Some(p.Vendor), BodyHTML: aisles.Some(p.BodyHTML), Tags: aisles.Some(p.Tags), Status: aisles.Some(p.Status),
		Handle: aisles.Some(p.Handle), Options: aisles.Some(p.Options), Media: aisles.Some(p.Media), Published: aisles.Some(p.Published),
	}
	var variants []aisles.VariantPatch
	for _, v := range p.Variants {
		variants = append(variants, aisles.VariantPatch{
			SKU: aisles.Some(v.SKU), Price: aisles.Some(v.Price), CompareAtPrice: aisles.Some(v.CompareAtPrice), Options: aisles.Some(v.Options), Image: aisles.Some(v.Image),
		})
	}
	out.Variants = aisles.Some(variants)
	return out
}
