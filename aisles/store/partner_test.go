package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aisles/aisles"
	"aisles/internal/db"
	"aisles/internal/db/dbtest"
)

func TestPartners(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ctx := t.Context()
		for _, key := range []string{"c", "b"} {
			if _, err := s.CreatePartner(ctx, aisles.Partner{Key: key, Currency: "EUR"}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for after := ""; ; {
			page, err := s.Partners(ctx, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, p := range page {
				got, after = append(got, p.Key), p.Key
			}
		}
		if diff := cmp.Diff([]string{"acme", "b", "c"}, got); diff != "" {
			t.Errorf("partners (-want +got):\n%s", diff)
		}
		if _, err := s.CreatePartner(ctx, aisles.Partner{Key: "No Key"}); aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("a bad key: %v", err)
		}
		if _, err := s.UpdatePartner(ctx, "none", PartnerPatch{}); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("update none: %v", err)
		}
		if _, err := s.RemovePartner(ctx, "none"); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("remove none: %v", err)
		}
	})
}

// TestCurrency: it is given once, and changed only while there are no prices.
func TestCurrency(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		set := func(currency string) aisles.Code {
			_, err := s.UpdatePartner(t.Context(), "acme", PartnerPatch{Currency: aisles.Some(currency)})
			return aisles.CodeOf(err)
		}
		got := []aisles.Code{set("EUR"), set("USD"), set("euro")}
		put1(t, s, patch("a", "A"))
		got = append(got, set("USD"), set("CHF"))
		if _, err := s.RemoveProducts(t.Context(), "acme", []string{"a"}, false); err != nil {
			t.Fatal(err)
		}
		got = append(got, set("CHF"))
		if diff := cmp.Diff([]aisles.Code{"", "", aisles.Invalid, "", aisles.Conflict, ""}, got); diff != "" {
			t.Errorf("codes (-want +got):\n%s", diff)
		}
	})
}

// TestRemovePartnerUnderWrites: no product outlives its partner, and all that
// was there is counted and told in the feed.
func TestRemovePartnerUnderWrites(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		put1(t, s, full("T")...)
		written, started, ended := MaxBatch, make(chan struct{}), make(chan error, 1)
		go func() {
			for i := 0; ; i++ {
				_, err := s.PutProducts(t.Context(), "acme", []aisles.Patch{patch(fmt.Sprint("late", i), "T")}, false)
				if errors.Is(err, db.ErrRefused) {
					continue
				}
				if err != nil {
					ended <- err
					return
				}
				if written++; i == 3 {
					close(started)
				}
			}
		}()
		<-started
		removed, err := s.RemovePartner(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		if err := <-ended; aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("a write to the partner that is gone: %v", err)
		}
		if n, err := s.Count(t.Context(), "acme"); n != 0 || removed != written || err != nil {
			t.Errorf("%d written, %d removed, %d left, %v", written, removed, n, err)
		}
		if _, err := s.CreatePartner(t.Context(), aisles.Partner{Key: "acme"}); err != nil {
			t.Fatal(err)
		}
		if r := put1(t, s, patch("p000", "T")); r[0].Outcome != aisles.Created || len(r[0].Facets) != len(aisles.Facets) {
			t.Errorf("a product of a partner that came back: %+v", r)
		}
	})
}

// TestDryRunsAndBounds: a dry run says what would be and writes nothing; more
// than 250 are refused; a key that is named twice is removed once.
func TestDryRunsAndBounds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ctx := t.Context()
		put1(t, s, patch("a", "A"))
		start := changes(t, s, ChangesQuery{}).Next
		put, err := s.PutProducts(ctx, "acme", []aisles.Patch{patch("a", "A2"), patch("b", "B"), patch("c", "")}, true)
		if err != nil {
			t.Fatal(err)
		}
		removed, err := s.RemoveProducts(ctx, "acme", []string{"a", "a", "none"}, true)
		if err != nil {
			t.Fatal(err)
		}
		all := "[content media inventory metadata publication]false"
		want := []string{"a updated [content]false", "b created " + all, "c rejected []true", "a removed " + all, "a unchanged []false", "none unchanged []false"}
		if diff := cmp.Diff(want, outcomes(append(put, removed...))); diff != "" {
			t.Errorf("dry (-want +got):\n%s", diff)
		}
		if got := keys(changes(t, s, ChangesQuery{After: start})); got != nil {
			t.Errorf("a dry run changed %v", got)
		}
		many := append(full("T"), patch("more", "T"))
		names, refs := make([]string, len(many)), make([]aisles.Ref, len(many))
		_, errPut := s.PutProducts(ctx, "acme", many, false)
		_, errRemove := s.RemoveProducts(ctx, "acme", names, false)
		_, errBodies := s.Bodies(ctx, refs, aisles.Facets)
		for name, err := range map[string]error{"put": errPut, "remove": errRemove, "bodies": errBodies} {
			if aisles.CodeOf(err) != aisles.TooLarge {
				t.Errorf("%s of 251: %v", name, err)
			}
		}
	})
}

// TestOpenBeforeMigrate: PostgreSQL is not migrated by the way; the error says
// what to do.
func TestOpenBeforeMigrate(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), dbtest.Postgres(t).URL(schema), Options{})
	if err == nil {
		t.Fatal("opened", s.Close())
	}
	if got := err.Error(); !strings.Contains(got, "aisles migrate") {
		t.Errorf("error: %s", got)
	}
}
