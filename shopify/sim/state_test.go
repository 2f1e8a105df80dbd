package sim

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newTestState is a shop whose clock is the (possibly virtual) real one.
func newTestState(t *testing.T, locations ...string) *state {
	t.Helper()
	return newState(shopInfo{name: "Test", domain: "test.myshopify.com", currency: "USD", plan: "standard"}, locations, time.Now)
}

// mustSet runs a productSet that must succeed.
func mustSet(t *testing.T, s *state, identifier, in input) *product {
	t.Helper()
	p, errs := s.productSet(identifier, in)
	if len(errs) > 0 {
		t.Fatalf("productSet: %+v", errs)
	}
	return p
}

// list makes a list of input objects as the engine hands it over.
func list(objects ...input) []any {
	out := make([]any, len(objects))
	for i, o := range objects {
		out[i] = map[string]any(o)
	}
	return out
}

func sizes(values ...string) (options, variants []any) {
	var names []input
	var vs []input
	for _, v := range values {
		names = append(names, input{"name": v})
		vs = append(vs, input{"sku": "SKU-" + v, "price": "1.00", "optionValues": list(input{"optionName": "Size", "name": v})})
	}
	return list(input{"name": "Size", "values": list(names...)}), list(vs...)
}

func message(errs []userError) string {
	var parts []string
	for _, e := range errs {
		parts = append(parts, strings.Join(e.field, ".")+": "+e.message+" ["+e.code+"]")
	}
	return strings.Join(parts, "\n")
}

func TestProductSetOmittedListsStay(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	options, variants := sizes("S", "M")
	p := mustSet(t, s, nil, input{
		"title": "Tee", "tags": []any{"b", "A"}, "vendor": "Acme", "productOptions": options, "variants": variants,
		"metafields": list(input{"namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "cold"}),
		"files":      list(input{"originalSource": "https://example.com/1.jpg", "alt": "front"}),
	})
	was := s.productJSON(p)
	after := s.productJSON(mustSet(t, s, input{"id": p.gid()}, input{"title": "Better Tee"}))
	was.Title, was.UpdatedAt, after.UpdatedAt = "Better Tee", "", ""
	was.Media[0].Status, after.Media[0].Status = "", ""
	if diff := cmp.Diff(was, after); diff != "" {
		t.Errorf("title only changed more (-want +got):\n%s", diff)
	}
}

func TestProductSetGivenListsReplace(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	options, variants := sizes("S", "M", "L")
	p := mustSet(t, s, nil, input{
		"title": "Tee", "tags": []any{"a"}, "productOptions": options, "variants": variants,
		"metafields": list(
			input{"namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "cold"},
			input{"namespace": "other", "key": "note", "type": "single_line_text_field", "value": "foreign"}),
		"files": list(input{"originalSource": "https://example.com/1.jpg"}, input{"originalSource": "https://example.com/2.jpg"}),
	})
	first, second, idM := p.media[0], p.media[1], p.variants[1].id
	options, variants = sizes("XL", "M")
	p = mustSet(t, s, input{"id": p.gid()}, input{
		"tags": []any{}, "productOptions": options, "variants": variants,
		"metafields": list(input{"namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "hot"}),
		"files":      list(input{"originalSource": "https://example.com/1.jpg"}, input{"id": second.gid(), "alt": "back"}),
	})
	if got := len(p.content.tags); got != 0 {
		t.Errorf("%d tags, want none", got)
	}
	if len(p.fields) != 1 || p.fields[0].value != "hot" {
		t.Errorf("metafields %+v, want care only", p.fields.json())
	}
	if got := p.usedValues(0); !cmp.Equal(got, []string{"XL", "M"}) {
		t.Errorf("option values %v, want XL, M", got)
	}
	if p.variants[1].id != idM {
		t.Errorf("variant M got a new id: matched by position, not by option values")
	}
	if len(s.variants) != 2 {
		t.Errorf("%d variants known, want the unlisted ones forgotten", len(s.variants))
	}
	if p.media[0].id == first.id || p.media[0].source != first.source {
		t.Errorf("a source sent again must make a new file")
	}
	if p.media[1].id != second.id || p.media[1].alt != "back" {
		t.Errorf("media[1] = %+v, want the referenced file with its new alt", p.media[1])
	}
}

func TestProductSetRefusals(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	taken := mustSet(t, s, nil, input{"title": "Taken"})
	options, variants := sizes("S")
	_, clash := sizes("S", "S")
	tests := []struct {
		name       string
		identifier input
		in         input
		want       string
	}{
		{"id twice", input{"id": taken.gid()}, input{"id": taken.gid()}, "input: The id field is not allowed if identifier is provided. [ID_NOT_ALLOWED]"},
		{"unknown id", input{"id": "gid://shopify/Product/1"}, input{"title": "x"}, "input: Product does not exist [PRODUCT_DOES_NOT_EXIST]"},
		{"handle not repeated", input{"handle": "x"}, input{"title": "x"}, "input: The input field corresponding to the identifier is required. [MISSING_FIELD_REQUIRED]"},
		{"handle differs", input{"handle": "x"}, input{"title": "x", "handle": "y"}, "input: The identifier value does not match the value of the corresponding field in the input. [INPUT_MISMATCH]"},
		{"handle taken", nil, input{"title": "x", "handle": " TAKEN "}, "input.handle: Handle ' TAKEN ' already in use. Please provide a new handle. [HANDLE_NOT_UNIQUE]"},
		{"blank title", nil, input{"title": " "}, "input.title: can't be blank [INVALID_PRODUCT]"},
		{"options alone", nil, input{"title": "x", "productOptions": options}, "input.variants: Variants input is required when updating product options [VARIANTS_INPUT_MISSING]"},
		{"variants alone", nil, input{"title": "x", "variants": variants}, "input.productOptions: Product options input is required when updating variants [PRODUCT_OPTIONS_INPUT_MISSING]"},
		{"clash", nil, input{"title": "x", "productOptions": options, "variants": clash}, "input.variants.1: The variant 'S' already exists. Please change at least one option value. [INVALID_VARIANT]"},
		{"delimiter", nil, input{"title": "x", "productOptions": list(input{"name": "X / Y", "values": list(input{"name": "1"})}), "variants": variants}, "input.productOptions.0.name: The name contains unsupported sequence ' / ' [INVALID_INPUT]"},
		{"bad metafield", nil, input{"title": "x", "metafields": list(input{"namespace": "custom", "key": "num", "type": "number_integer", "value": "x"})}, "input.metafields.0.value: Value must be an integer. [INVALID_METAFIELD]"},
		{"custom id without definition", input{"customId": map[string]any{"namespace": "custom", "key": "id", "value": "1"}}, input{"title": "x"}, "identifier.customId: " + noCustomID + " [INVALID_METAFIELD]"},
		{"bad file", nil, input{"title": "x", "files": list(input{"originalSource": "nowhere"})}, "input.files.0.originalSource: Image URL is invalid [INVALID_INPUT]"},
		{"variant file unlisted", nil, input{"title": "x", "productOptions": options, "variants": list(input{
			"optionValues": list(input{"optionName": "Size", "name": "S"}), "file": map[string]any{"originalSource": "https://example.com/1.jpg"}})},
			"input.variants.0.file: The variant file must also be specified in the product's files. [INVALID_INPUT]"},
	}
	for _, tt := range tests {
		_, errs := s.productSet(tt.identifier, tt.in)
		if got := message(errs); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	if len(s.products) != 1 || len(s.files) != 0 {
		t.Errorf("refused calls left %d products and %d files, want 1 and 0", len(s.products), len(s.files))
	}
}

func TestCustomIDUpsert(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	if errs := s.define(&definition{owner: "PRODUCT", namespace: resolveNamespace("$app"), key: "key", name: "Key", typ: "id"}, false); errs != nil {
		t.Fatal(message(errs))
	}
	custom := input{"customId": map[string]any{"key": "key", "value": "acme/tee"}}
	made := mustSet(t, s, custom, input{"title": "Tee"})
	if f := made.fields.find(resolveNamespace(""), "key"); f == nil || f.value != "acme/tee" {
		t.Fatalf("the custom id was not written as a metafield: %+v", made.fields.json())
	}
	again := mustSet(t, s, custom, input{"title": "Tee 2"})
	if again.id != made.id || len(s.products) != 1 {
		t.Errorf("upsert made a second product")
	}
	other := list(input{"namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "cold"})
	if _, errs := s.productSet(custom, input{"metafields": other}); len(errs) != 1 || errs[0].code != "METAFIELD_MISMATCH" {
		t.Errorf("metafields without the custom id: %s, want METAFIELD_MISMATCH", message(errs))
	}
	twin := mustSet(t, s, nil, input{"title": "Twin"})
	_, errs := s.metafieldsSet([]input{{"ownerId": twin.gid(), "key": "key", "value": "acme/tee"}})
	if len(errs) != 1 || errs[0].code != "CAPABILITY_VIOLATION" {
		t.Errorf("second owner of a unique value: %s", message(errs))
	}
	s.productDelete(made.gid())
	if p := mustSet(t, s, custom, input{"title": "Tee"}); p.id == made.id {
		t.Error("a deleted product's custom id still finds it")
	}
}

func TestHandles(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"  Mixed CASE / 東京 100 % ": "mixed-case-東京-100",
		"Men's \"Tee\" (new)":      "mens-tee-new",
		"%%%":                      "",
		"a--b":                     "a-b",
	} {
		if got := slug(raw); got != want {
			t.Errorf("slug(%q) = %q, want %q", raw, got, want)
		}
	}
	for h, want := range map[string]string{"x": "x-1", "x-41": "x-42", "x-99": "x-100", "x-09": "x-10", "tee2": "tee2-1", "2024": "2024-1"} {
		if got := nextHandle(h); got != want {
			t.Errorf("nextHandle(%q) = %q, want %q", h, got, want)
		}
	}
}

func TestHandleOfAProduct(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	first := mustSet(t, s, nil, input{"title": "Tee 41"})
	second := mustSet(t, s, nil, input{"title": "Tee 41"})
	if first.handle != "tee-41" || second.handle != "tee-42" {
		t.Errorf("handles %q and %q, want tee-41 and tee-42", first.handle, second.handle)
	}
	if p := mustSet(t, s, input{"id": first.gid()}, input{"title": "Renamed"}); p.handle != "tee-41" {
		t.Errorf("a new title changed the handle to %q", p.handle)
	}
	if p := mustSet(t, s, input{"id": first.gid()}, input{"handle": "   "}); p.handle != "renamed" {
		t.Errorf("a blank handle gave %q, want one made from the title", p.handle)
	}
	for _, want := range []string{"product", "product-1"} {
		if p := mustSet(t, s, nil, input{"title": "x", "handle": "%%%"}); p.handle != want {
			t.Errorf("a handle of punctuation gave %q, want %q", p.handle, want)
		}
	}
	p := mustSet(t, s, input{"handle": "fresh"}, input{"title": "Fresh", "handle": "fresh"})
	if q := mustSet(t, s, input{"handle": "fresh"}, input{"handle": "fresh", "title": "Fresher"}); q.id != p.id {
		t.Error("upsert by handle made a second product")
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	if got, want := normalTags([]string{" Red ", "red", "RED", " big   sale ", ""}), []string{"big   sale", "Red"}; !cmp.Equal(got, want) {
		t.Errorf("normalTags = %q, want %q", got, want)
	}
	s := newTestState(t)
	p := mustSet(t, s, nil, input{"title": "x", "tags": []any{"Red"}})
	p, _ = s.changeTags(p, func(have []string) []string { return append(have, splitTags([]string{"blue,green", "red"})...) })
	if want := []string{"blue", "green", "Red"}; !cmp.Equal(p.content.tags, want) {
		t.Errorf("tags = %q, want %q", p.content.tags, want)
	}
	p, _ = s.changeTags(p, func(have []string) []string { return withoutTags(have, []string{"RED "}) })
	if want := []string{"blue", "green"}; !cmp.Equal(p.content.tags, want) {
		t.Errorf("tags = %q, want %q", p.content.tags, want)
	}
	if _, errs := s.changeTags(p, func([]string) []string { return []string{strings.Repeat("x", 256)} }); len(errs) != 1 {
		t.Error("a tag of 256 characters was taken")
	}
}

func TestMediaStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestState(t)
		p := mustSet(t, s, nil, input{"title": "x", "files": list(
			input{"originalSource": "https://example.com/1.jpg"}, input{"originalSource": "https://gone.invalid/2.jpg"})})
		states := func() []string { return []string{p.media[0].status(s.now()), p.media[1].status(s.now())} }
		for _, step := range []struct {
			after time.Duration
			want  []string
		}{
			{0, []string{"UPLOADED", "UPLOADED"}},
			{fileUploaded, []string{"PROCESSING", "PROCESSING"}},
			{fileProcessing, []string{"READY", "FAILED"}},
		} {
			time.Sleep(step.after)
			if got := states(); !cmp.Equal(got, step.want) {
				t.Errorf("%v later: %v, want %v", step.after, got, step.want)
			}
		}
	})
}

func TestOperationsTakeEffectWhenComplete(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newTestState(t)
		o := s.start("ProductSetOperation", func() (int64, []userError) {
			p, errs := s.productSet(nil, input{"title": "Late"})
			return p.id, errs
		})
		s.settle()
		if o.status(s.now()) != "CREATED" || len(s.products) != 0 {
			t.Errorf("at once: %s with %d products", o.status(s.now()), len(s.products))
		}
		time.Sleep(operationCreated)
		if s.settle(); o.status(s.now()) != "ACTIVE" {
			t.Errorf("after %v: %s, want ACTIVE", operationCreated, o.status(s.now()))
		}
		time.Sleep(operationActive)
		if s.settle(); o.status(s.now()) != "COMPLETE" || s.productByID(o.productID) == nil {
			t.Errorf("in the end: %s, product %d", o.status(s.now()), o.productID)
		}
	})
}

func TestVariantsMatchedByIDKeepTheirStock(t *testing.T) {
	t.Parallel()
	s := newTestState(t, "north", "south")
	options, _ := sizes("S")
	variant := func(id, value string, quantity int) input {
		v := input{"optionValues": list(input{"optionName": "Size", "name": value}), "inventoryItem": map[string]any{"tracked": true},
			"inventoryQuantities": list(input{"locationId": gid("Location", s.locations[1].id), "name": "available", "quantity": quantity})}
		if id != "" {
			v["id"] = id
		}
		return v
	}
	p := mustSet(t, s, nil, input{"title": "x", "productOptions": options, "variants": list(variant("", "S", 5))})
	if got := p.variants[0].json().Inventory; !cmp.Equal(got, []stockJSON{{"south", 5}}) {
		t.Errorf("stock %v, want 5 at south only", got)
	}
	id, item := p.variants[0].gid(), p.variants[0].item.id
	options, _ = sizes("Small")
	change := variant(id, "Small", 0)
	delete(change, "inventoryQuantities")
	p = mustSet(t, s, input{"id": p.gid()}, input{"productOptions": options, "variants": list(change)})
	if v := p.variants[0]; v.gid() != id || v.item.id != item || v.inventoryQuantity() != 5 || v.title() != "Small" {
		t.Errorf("variant %s %q with %d in stock, want %s kept with 5", v.gid(), v.title(), v.inventoryQuantity(), id)
	}
}

func TestClearKeepsPlaces(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	place, id := s.locations[0], mustSet(t, s, nil, input{"title": "x"}).id
	s.clear()
	if len(s.products) != 0 || s.locations[0] != place {
		t.Error("clear must empty the shop and keep its locations")
	}
	if again := mustSet(t, s, nil, input{"title": "x"}).id; again <= id {
		t.Errorf("id %d after %d: ids must not come twice", again, id)
	}
}

func TestLargestProduct(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	var names, variants []input
	for i := range maxVariants {
		name := fmt.Sprint(i)
		names = append(names, input{"name": name})
		variants = append(variants, input{"optionValues": list(input{"optionName": "Size", "name": name})})
	}
	options := list(input{"name": "Size", "values": list(names...)})
	began := time.Now()
	p := mustSet(t, s, nil, input{"title": "x", "productOptions": options, "variants": list(variants...)})
	again := mustSet(t, s, input{"id": p.gid()}, input{"productOptions": options, "variants": list(variants...)})
	if len(again.variants) != maxVariants || again.variants[maxVariants-1].id != p.variants[maxVariants-1].id {
		t.Errorf("%d variants, the last with a new id", len(again.variants))
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("two writes of %d variants took %v", maxVariants, took)
	}
	over := append(list(variants...), list(input{"optionValues": list(input{"optionName": "Size", "name": "0"})})...)
	if _, errs := s.productSet(nil, input{"title": "y", "productOptions": options, "variants": over}); len(errs) != 1 || errs[0].field[2] != "2048" {
		t.Errorf("a clash at the end: %s", message(errs))
	}
}
