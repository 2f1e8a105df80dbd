package sim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sized(id, value string) input {
	in := input{"price": "5.00", "optionValues": list(input{"optionName": "Size", "name": value})}
	if id != "" {
		in["id"] = id
	}
	return in
}

func TestBulkCreateReplacesTheStandaloneVariant(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	for _, tt := range []struct {
		strategy string
		want     []string
	}{
		{"DEFAULT", []string{"Blue"}},
		{"REMOVE_STANDALONE_VARIANT", []string{"Blue"}},
		{"PRESERVE_STANDALONE_VARIANT", []string{defaultValue, "Blue"}},
	} {
		p := mustSet(t, s, nil, input{"title": "x"})
		p, created, errs := s.variantsBulkCreate(p.gid(), []input{{"optionValues": list(input{"optionName": defaultOption, "name": "Blue"})}}, nil, tt.strategy)
		if errs != nil || len(created) != 1 || !created[0].item.tracked {
			t.Fatalf("%s: %d created, %s", tt.strategy, len(created), message(errs))
		}
		if got := p.usedValues(0); !cmp.Equal(got, tt.want) {
			t.Errorf("%s: values %v, want %v", tt.strategy, got, tt.want)
		}
	}
}

func TestBulkMutationsAreAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	options, variants := sizes("S", "M")
	p := mustSet(t, s, nil, input{"title": "x", "productOptions": options, "variants": variants})
	small, medium := p.variants[0].gid(), p.variants[1].gid()
	was := s.productJSON(p)
	tests := []struct {
		name string
		run  func() []userError
		want string
	}{
		{"create a clash", func() []userError {
			_, _, errs := s.variantsBulkCreate(p.gid(), []input{sized("", "L"), sized("", "S")}, nil, "")
			return errs
		}, "variants.1: The variant 'S' already exists. Please change at least one option value. [VARIANT_ALREADY_EXISTS_CHANGE_OPTION_VALUE]"},
		{"create without values", func() []userError {
			_, _, errs := s.variantsBulkCreate(p.gid(), []input{{"price": "1"}}, nil, "")
			return errs
		}, "variants.0: You need to add option values for Size [NEED_TO_ADD_OPTION_VALUES]"},
		{"update a stranger", func() []userError {
			_, _, errs := s.variantsBulkUpdate(p.gid(), []input{{"id": small, "price": "9"}, {"id": "gid://shopify/ProductVariant/1"}}, nil, false)
			return errs
		}, "variants.1.id: Product variant does not exist [PRODUCT_VARIANT_DOES_NOT_EXIST]"},
		{"update below zero", func() []userError {
			_, _, errs := s.variantsBulkUpdate(p.gid(), []input{{"id": small, "price": "-1"}}, nil, false)
			return errs
		}, "variants.0.price: Price must be greater than or equal to 0 [GREATER_THAN_OR_EQUAL_TO]"},
		{"update into a clash", func() []userError {
			_, _, errs := s.variantsBulkUpdate(p.gid(), []input{sized(small, "M")}, nil, false)
			return errs
		}, "variants.0: The variant 'M' already exists. Please change at least one option value. [VARIANT_ALREADY_EXISTS]"},
		{"delete all", func() []userError {
			_, errs := s.variantsBulkDelete(p.gid(), []string{small, medium})
			return errs
		}, "variantsIds: Cannot delete the last variant of a product [CANNOT_DELETE_LAST_VARIANT]"},
		{"delete a stranger", func() []userError {
			_, errs := s.variantsBulkDelete(p.gid(), []string{small, "gid://shopify/ProductVariant/1"})
			return errs
		}, "variantsIds.1: At least one variant does not belong to the product [AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT]"},
		{"unknown product", func() []userError {
			_, _, errs := s.variantsBulkUpdate("gid://shopify/Product/1", nil, nil, false)
			return errs
		}, "productId: Product does not exist [PRODUCT_DOES_NOT_EXIST]"},
	}
	for _, tt := range tests {
		if got := message(tt.run()); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	if diff := cmp.Diff(was, s.productJSON(s.productByID(p.id))); diff != "" {
		t.Errorf("refused calls changed the product (-want +got):\n%s", diff)
	}
}

func TestPartialBulkUpdateKeepsWhatIsValid(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	options, variants := sizes("S", "M")
	p := mustSet(t, s, nil, input{"title": "x", "productOptions": options, "variants": variants})
	entries := []input{{"id": p.variants[0].gid(), "price": "9"}, {"id": p.variants[1].gid(), "price": "-9"}}
	p, updated, errs := s.variantsBulkUpdate(p.gid(), entries, nil, true)
	if len(updated) != 1 || len(errs) != 1 {
		t.Fatalf("%d updated, %s", len(updated), message(errs))
	}
	if a, b := p.variants[0].price.text(), p.variants[1].price.text(); a != "9.00" || b != "1.00" {
		t.Errorf("prices %v and %v, want 9.00 and 1.00", a, b)
	}
}
