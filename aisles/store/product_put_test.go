package store

import (
	"errors"
	"strconv"
	"sync"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"

	"github.com/google/go-cmp/cmp"
)

func TestPutProduct(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		ref := aisles.Ref{Partner: "acme", Key: "tee"}
		var old *aisles.Product
		ask := func(p *aisles.Product) error { old = p; return nil }
		for _, c := range []struct {
			title   string
			outcome aisles.Outcome
		}{{"Tee", aisles.Created}, {"Tee", aisles.Unchanged}, {"Other", aisles.Updated}} {
			before, err := s.Product(t.Context(), ref)
			if there := err == nil; there != (c.outcome != aisles.Created) {
				t.Fatal(err)
			}
			got, outcome, err := s.PutProduct(t.Context(), "acme", patch("tee", c.title), ask)
			if err != nil || outcome != c.outcome || got.Title != c.title {
				t.Errorf("%s: %s %q, %v", c.outcome, outcome, got.Title, err)
			}
			if (old == nil) != (c.outcome == aisles.Created) {
				t.Errorf("%s: asked about %+v", c.outcome, old)
			} else if diff := cmp.Diff(&before, old); old != nil && diff != "" {
				t.Errorf("%s: asked about (-there +old):\n%s", c.outcome, diff)
			}
			kept, err := s.Product(t.Context(), ref)
			if diff := cmp.Diff(kept, got); err != nil || diff != "" {
				t.Errorf("%s: %v (-kept +given):\n%s", c.outcome, err, diff)
			}
		}
		no := errors.New("no")
		if _, _, err := s.PutProduct(t.Context(), "acme", patch("tee", "Third"), func(*aisles.Product) error { return no }); !errors.Is(err, no) {
			t.Errorf("refused: %v", err)
		}
		if _, _, err := s.PutProduct(t.Context(), "acme", aisles.Patch{Key: "tee", Status: aisles.Some(aisles.Status("sold"))}, ask); aisles.CodeOf(err) != aisles.Invalid {
			t.Errorf("a status there is none of: %v", err)
		}
		if _, _, err := s.PutProduct(t.Context(), "nobody", patch("tee", "Tee"), ask); aisles.CodeOf(err) != aisles.NotFound {
			t.Errorf("no partner: %v", err)
		}
		if p, err := s.Product(t.Context(), ref); err != nil || p.Title != "Other" {
			t.Errorf("after refusals %q, %v", p.Title, err)
		}
		if _, err := s.RemoveProducts(t.Context(), "acme", []string{"tee"}, false); err != nil {
			t.Fatal(err)
		}
		if _, outcome, err := s.PutProduct(t.Context(), "acme", patch("tee", "Tee"), ask); err != nil || outcome != aisles.Created || old != nil {
			t.Errorf("after its removal: %s, %v, asked about %+v", outcome, err, old)
		}
	})
}

// TestPutProductLosesNothing: writers that each add one to what they were
// asked about add up.
func TestPutProductLosesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, h *dbtest.Home) {
		s := withPartner(t, h)
		const writers = 8
		moved := errors.New("moved")
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for {
					was := ""
					if p, err := s.Product(t.Context(), aisles.Ref{Partner: "acme", Key: "n"}); err == nil {
						was = p.Title
					}
					n, _ := strconv.Atoi(was)
					_, _, err := s.PutProduct(t.Context(), "acme", aisles.Patch{Key: "n", Title: aisles.Some(strconv.Itoa(n + 1))}, func(old *aisles.Product) error {
						if old == nil && was != "" || old != nil && old.Title != was {
							return moved
						}
						return nil
					})
					if errors.Is(err, moved) {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					return
				}
			})
		}
		group.Wait()
		if p, err := s.Product(t.Context(), aisles.Ref{Partner: "acme", Key: "n"}); err != nil || p.Title != strconv.Itoa(writers) {
			t.Errorf("%d writers added up to %q, %v", writers, p.Title, err)
		}
	})
}
