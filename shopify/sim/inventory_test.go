package sim

import (
	"testing"
	"testing/synctest"
	"time"
)

func stocked(t *testing.T, s *state, quantity int) *variant {
	t.Helper()
	options, _ := sizes("S")
	p := mustSet(t, s, nil, input{"title": "x", "productOptions": options, "variants": list(input{
		"optionValues":        list(input{"optionName": "Size", "name": "S"}),
		"inventoryQuantities": list(input{"locationId": gid("Location", s.locations[0].id), "name": "available", "quantity": quantity}),
	})})
	return p.variants[0]
}

func setInputFor(v *variant, name string, quantity int, from any) input {
	return input{"name": name, "reason": "correction", "quantities": list(input{
		"inventoryItemId": v.item.gid(), "locationId": gid("Location", v.item.levels[0].location.id), "quantity": quantity, "changeFromQuantity": from,
	})}
}

func TestInventorySetQuantities(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	v := stocked(t, s, 5)
	level := v.item.levels[0]
	level.set("reserved", 2, s.now())
	if g, errs := s.inventorySetQuantities(setInputFor(v, "on_hand", 10, 7)); errs != nil || len(g.changes) != 2 || g.changes[0].delta != 3 {
		t.Fatalf("on_hand 7 → 10: %+v, %s", g, message(errs))
	}
	if got := level.quantity("available"); got != 8 {
		t.Errorf("available %d after on_hand 10 with 2 reserved, want 8", got)
	}
	if g, errs := s.inventorySetQuantities(setInputFor(v, "available", 8, nil)); g != nil || errs != nil {
		t.Errorf("setting what there is: %+v, %s, want no group", g, message(errs))
	}
	refused := map[string]input{
		"CHANGE_FROM_QUANTITY_STALE": setInputFor(v, "available", 1, 5),
		"INVALID_NAME":               setInputFor(v, "damaged", 1, nil),
		"INVALID_QUANTITY_TOO_HIGH":  setInputFor(v, "available", maxQuantity+1, nil),
		"INVALID_QUANTITY_TOO_LOW":   setInputFor(v, "available", -maxQuantity-1, nil),
		"INVALID_QUANTITY_NEGATIVE":  setInputFor(v, "on_hand", -1, nil),
	}
	twice := setInputFor(v, "available", 1, nil)
	twice["quantities"] = append(twice["quantities"].([]any), twice["quantities"].([]any)[0])
	refused["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"] = twice
	badReason := setInputFor(v, "available", 1, nil)
	badReason["reason"] = "because"
	refused["INVALID_REASON"] = badReason
	for code, in := range refused {
		if _, errs := s.inventorySetQuantities(in); len(errs) == 0 || errs[0].code != code {
			t.Errorf("%v: %s, want %s", in, message(errs), code)
		}
	}
	if got := level.quantity("available"); got != 8 {
		t.Errorf("refused calls left %d available, want 8", got)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestState(t)
		runs := 0
		call := func(args input) []userError {
			_, errs := s.once("m", "key", args, func() (any, []userError) { runs++; return runs, nil })
			return errs
		}
		call(input{"a": 1})
		call(input{"a": 1})
		if errs := call(input{"a": 2}); runs != 1 || len(errs) != 1 || errs[0].code != "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" {
			t.Errorf("%d runs, %s", runs, message(errs))
		}
		time.Sleep(idempotencyKept)
		if call(input{"a": 2}); runs != 2 {
			t.Errorf("%d runs, want the key forgotten after a day", runs)
		}
	})
}

func TestPublishing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestState(t)
		p := mustSet(t, s, nil, input{"title": "x", "status": "DRAFT"})
		store := s.publications[0]
		if _, _, err := s.publicationUpdate(store.gid(), input{"publishablesToAdd": []any{p.gid(), "gid://shopify/Product/1"}}); err == nil {
			t.Fatal("an unknown product was published")
		}
		if len(p.published) != 0 {
			t.Error("the known product was published although the call failed")
		}
		if _, errs, err := s.publicationUpdate(store.gid(), input{"publishablesToAdd": []any{p.gid()}}); errs != nil || err != nil {
			t.Fatal(err, message(errs))
		}
		if p.publishedOn(store, s.now()) {
			t.Error("a draft must not be visible")
		}
		p = mustSet(t, s, input{"id": p.gid()}, input{"status": "ACTIVE"})
		if !p.publishedOn(store, s.now()) {
			t.Error("active and on the list, yet not visible")
		}
		later := s.now().Add(time.Hour)
		s.publish(p, []input{{"publicationId": store.gid(), "publishDate": later.Format(time.RFC3339)}}, true)
		if p.publishedOn(store, s.now()) {
			t.Error("visible before its date")
		}
		time.Sleep(time.Hour)
		if !p.publishedOn(store, s.now()) {
			t.Error("not visible although its date has come")
		}
		if errs := s.publish(p, []input{{"publicationId": s.publications[1].gid(), "publishDate": s.now().Add(time.Hour).Format(time.RFC3339)}}, true); len(errs) != 1 {
			t.Error("a publication without future publishing took a date to come")
		}
		ids := make([]any, maxPublishables+1)
		for i := range ids {
			ids[i] = p.gid()
		}
		if _, errs, _ := s.publicationUpdate(store.gid(), input{"publishablesToRemove": ids}); len(errs) != 1 || errs[0].code != "PUBLICATION_UPDATE_LIMIT_EXCEEDED" {
			t.Errorf("51 products: %s", message(errs))
		}
	})
}

func TestAutoPublish(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	before := mustSet(t, s, nil, input{"title": "before"})
	s.publicationUpdate(s.publications[0].gid(), input{"autoPublish": true})
	after := mustSet(t, s, nil, input{"title": "after"})
	if len(before.published) != 0 || len(after.published) != 1 {
		t.Errorf("published %d and %d times, want 0 and 1: autoPublish is about new products", len(before.published), len(after.published))
	}
}

func TestEditByAnotherApp(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	yes := true
	title := "Foreign"
	if _, err := s.apply(edit{Handle: "foreign"}); err == nil {
		t.Error("an edit of nothing must fail")
	}
	id, err := s.apply(edit{
		Handle: "foreign", Create: true, Title: &title, AddTags: []string{"theirs"}, Publish: &yes,
		Metafields: []metafieldJSON{{"app--1--other", "key", "boolean", "true"}},
		Media:      []mediaJSON{{URL: "https://example.com/a.jpg", Alt: "a"}},
		Variants:   []map[string]any{{"sku": "F-1", "price": "3.50", "available": 4.0}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.productJSON(s.product(id))
	if got.Handle != "foreign" || got.Tags[0] != "theirs" || len(got.PublishedOn) != 2 || got.Metafields[0].Namespace != "app--1--other" ||
		got.Media[0].URL != "https://example.com/a.jpg" || *got.Variants[0].SKU != "F-1" || got.Variants[0].Inventory[0].Available != 4 {
		t.Errorf("created %+v", got)
	}
	if _, err := s.apply(edit{ID: id, RemoveTags: []string{"THEIRS"}, Variants: []map[string]any{{"sku": "F-2"}}}); err == nil {
		t.Error("a variant that is not there was edited")
	}
	if tags := s.product(id).content.tags; len(tags) != 1 {
		t.Errorf("a failed edit left tags %v", tags)
	}
	if _, err := s.apply(edit{Handle: "foreign", Delete: true}); err != nil || len(s.products) != 0 {
		t.Errorf("delete: %v, %d products left", err, len(s.products))
	}
}
