package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"aisles/aisles"
)

// travels are the facets that are sent whenever they change; the others go
// with a product's creation.
var travels = map[aisles.Facet]bool{aisles.FacetContent: true, aisles.FacetMedia: true, aisles.FacetPublication: true}

// why puts together what the ledger and the catalog know of a product.
func (a *api) why(ctx context.Context, c caller, in *whyInput) (*result[aisles.Why], error) {
	phido, err := a.companion()
	if err != nil {
		return nil, err
	}
	partner, err := c.only(in.Partner)
	if err != nil {
		return nil, err
	}
	if _, err := c.store.Partner(ctx, partner); err != nil {
		return nil, err
	}
	ref := aisles.Ref{Partner: partner, Key: in.Key}
	why, err := phido.Why(ctx, ref)
	if err != nil {
		return nil, err
	}
	product, err := c.store.Product(ctx, ref)
	switch {
	case aisles.CodeOf(err) == aisles.NotFound:
		withoutProduct(&why)
	case err != nil:
		return nil, err
	default:
		withProduct(&why, product)
	}
	rejected, err := rejection(ctx, c, ref, product.Key != "")
	if err != nil {
		return nil, err
	}
	why.Summary = strings.TrimSpace(why.Summary + " " + rejected)
	if p := why.Paused; p != nil {
		why.Summary = fmt.Sprintf("%s Nothing is sent since %s: %s. The next try is at %s; aisles sync tries at once.",
			why.Summary, p.Since.Format(minute), p.Reason, p.NextAt.Format(minute))
	}
	return &result[aisles.Why]{why}, nil
}

// minute is how a time is written in a sentence.
const minute = "2006-01-02 15:04 MST"

// recentImports is how many imports are looked through for a rejection.
const recentImports = 10

// rejection tells of the import that rejected the product: of a product that
// is there, only the latest, for what an earlier one rejected has come since.
func rejection(ctx context.Context, c caller, ref aisles.Ref, there bool) (string, error) {
	imports, err := c.store.Imports(ctx, ref.Partner, "", recentImports)
	if err != nil {
		return "", err
	}
	for _, i := range imports {
		if i.DryRun {
			continue
		}
		for _, n := range i.Report.Rejects {
			if n.Product == ref.Key {
				return fmt.Sprintf("The import of %s on %s rejected it: %s.", i.Source, i.StartedAt.Format(minute), where(n)+n.Reason), nil
			}
		}
		if there {
			break
		}
	}
	return "", nil
}

// where gives the place a note is about, for the beginning of a sentence.
func where(n aisles.Note) string {
	var parts []string
	if len(n.Lines) > 0 {
		lines := make([]string, len(n.Lines))
		for i, l := range n.Lines {
			lines[i] = strconv.Itoa(l)
		}
		parts = append(parts, "line "+strings.Join(lines, " and "))
	}
	if n.Column != "" {
		parts = append(parts, "column "+n.Column)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ", ") + ": "
}

// withoutProduct corrects what the ledger says of a product that the catalog
// has not got: it cannot know, unless it waits for the removal.
func withoutProduct(why *aisles.Why) {
	if why.Facets == nil {
		why.Facets = []aisles.WhyFacet{}
	}
	if waits(why) {
		return
	}
	switch why.State {
	case "unknown":
		why.Summary = fmt.Sprintf("The catalog has no product %s, and nothing was sent under that key.", why.Ref)
	case "archived":
		why.Summary = "The catalog no longer has it; it is archived in the shop."
	default:
		why.Summary = "The catalog no longer has it; the next run archives it."
	}
}

// withProduct adds what the catalog has, and corrects what the ledger takes to
// be in step because no pass has read of the change.
func withProduct(why *aisles.Why, product aisles.Product) {
	why.Product = &product
	prints := aisles.Split(product).Fingerprints()
	if len(why.Facets) == 0 { // there is no shop
		for _, f := range aisles.Facets {
			why.Facets = append(why.Facets, aisles.WhyFacet{Facet: f, State: "unknown", Fingerprint: prints[f], Reason: "there is no shop to send it to"})
		}
		return
	}
	waited, stale := waits(why), 0
	for i := range why.Facets {
		f := &why.Facets[i]
		f.Fingerprint = prints[f.Facet]
		unread := f.State == "unknown" && why.State == "unknown"
		// What is archived is confirmed under no fingerprint.
		changed := f.State == "in_step" && f.Sent != f.Fingerprint && (f.Sent == "" || f.Sent.Version() == f.Fingerprint.Version())
		if travels[f.Facet] && (unread || changed) {
			f.State, f.Reason = "pending", "changed; the next run reads and sends it"
			stale++
		}
	}
	switch {
	case stale == 0 || waited:
	case why.State == "unknown":
		why.Summary = "It is not in the shop yet: the next run creates it."
	case why.State == "archived":
		why.Summary = "It is archived in the shop, and in the catalog again: the next run brings it back."
	default:
		why.Summary = fmt.Sprintf("It is in the shop, with %d changed facets that the next run sends.", stale)
	}
}

// waits reports whether the ledger knows of something to do for the product.
func waits(why *aisles.Why) bool {
	for _, f := range why.Facets {
		if f.State == "pending" || f.State == "set_aside" {
			return true
		}
	}
	return why.Error != nil
}
