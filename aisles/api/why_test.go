package api

import (
	"strings"
	"testing"

	"aisles/aisles"
)

// TestWhyBothSides: what the ledger says is corrected by what the catalog has.
func TestWhyBothSides(t *testing.T) {
	t.Parallel()
	product := aisles.Product{Key: "tee", Title: "Tee", Status: aisles.Active}
	prints := aisles.Split(product).Fingerprints()
	old := aisles.Product{Key: "tee", Title: "Older", Status: aisles.Active}
	oldPrints := aisles.Split(old).Fingerprints()
	facets := func(state string, sent aisles.Fingerprints) (out []aisles.WhyFacet) {
		for _, f := range aisles.Facets {
			out = append(out, aisles.WhyFacet{Facet: f, State: state, Sent: sent[f]})
		}
		return out
	}
	waiting := facets("in_step", prints)
	waiting[0].State = "pending"
	for _, c := range []struct {
		name    string
		why     aisles.Why
		without bool // the catalog has no such product
		content string
		summary string
	}{
		{"in step", aisles.Why{State: "live", Facets: facets("in_step", prints), Summary: "S"}, false, "in_step", "S"},
		{"changed since the last pass", aisles.Why{State: "live", Facets: facets("in_step", oldPrints), Summary: "S"}, false, "pending", "with 1 changed facets"},
		{"never seen", aisles.Why{State: "unknown", Facets: facets("unknown", nil), Summary: "S"}, false, "pending", "the next run creates it"},
		{"waits already", aisles.Why{State: "live", Facets: waiting, Summary: "S"}, false, "pending", "S"},
		{"archived, and back in the catalog", aisles.Why{State: "archived", Facets: facets("in_step", nil), Summary: "S"}, false, "pending", "the next run brings it back"},
		{"other version of fingerprints", aisles.Why{State: "live", Facets: facets("in_step", aisles.Fingerprints{aisles.FacetContent: "0:x", aisles.FacetMedia: "0:x", aisles.FacetPublication: "0:x"}), Summary: "S"}, false, "in_step", "S"},
		{"not connected", aisles.Why{State: "unknown", Summary: "acme is not connected to a shop."}, false, "unknown", "acme is not connected to a shop."},
		{"not connected, not there", aisles.Why{State: "unknown", Summary: "acme is not connected to a shop."}, true, "", "The catalog has no product acme/tee"},
		{"never there", aisles.Why{State: "unknown", Facets: facets("unknown", nil)}, true, "unknown", "The catalog has no product acme/tee"},
		{"removed since the last pass", aisles.Why{State: "live", Facets: facets("in_step", prints)}, true, "in_step", "the next run archives it"},
		{"removed and archived", aisles.Why{State: "archived", Facets: facets("in_step", nil)}, true, "in_step", "it is archived in the shop"},
		{"its removal waits", aisles.Why{State: "live", Facets: waiting, Summary: "S"}, true, "pending", "S"},
		{"set aside", aisles.Why{State: "unknown", Facets: facets("set_aside", nil), Error: &aisles.SyncError{}, Summary: "S"}, false, "set_aside", "S"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			why := c.why
			why.Ref = aisles.Ref{Partner: "acme", Key: "tee"}
			if c.without {
				withoutProduct(&why)
			} else {
				withProduct(&why, product)
			}
			if (why.Product == nil) != c.without || !strings.Contains(why.Summary, c.summary) {
				t.Errorf("product %v, summary %q, want %q", why.Product, why.Summary, c.summary)
			}
			if !c.without && len(why.Facets) != len(aisles.Facets) {
				t.Fatalf("facets = %+v", why.Facets)
			}
			for _, f := range why.Facets {
				if f.Facet == aisles.FacetContent && f.State != c.content {
					t.Errorf("content is %s, want %s", f.State, c.content)
				}
				if !c.without && f.Fingerprint != prints[f.Facet] {
					t.Errorf("%s: fingerprint %q", f.Facet, f.Fingerprint)
				}
			}
		})
	}
}
