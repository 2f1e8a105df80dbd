package sim

import (
	"slices"
	"strconv"
)

// Small resolvers the tables of the domain share.

// constant is a field that always has the same value.
func constant(v any) resolver {
	return func(*request, object, input) (any, error) { return v, nil }
}

// nothing is a field of what the simulator does not model: always null.
var nothing = constant(nil)

// none is a connection to what the simulator does not model: always empty.
var none resolver = func(_ *request, _ object, args input) (any, error) { return connect([]object{}, args) }

// zero is a count of what the simulator does not model.
var zero resolver = func(*request, object, input) (any, error) { return countOf(0), nil }

// countOf is a Count that was counted to the end.
func countOf(n int) object { return answer(map[string]any{"count": n, "precision": "EXACT"}) }

// limitedCount is a Count that stops at the limit argument; null is no limit.
func limitedCount(n int, args input) object {
	if limit, ok := args.number("limit"); ok && n > limit {
		return answer(map[string]any{"count": limit, "precision": "AT_LEAST"})
	}
	return countOf(n)
}

// amountOf is a MoneyV2 in the shop's currency; nil when there is no amount.
func (s *state) amountOf(m money) any {
	if !m.isSet() {
		return nil
	}
	return answer(map[string]any{"amount": m.amount(), "currencyCode": s.info.currency})
}

// legacyID is an UnsignedInt64 scalar.
func legacyID(id int64) any { return strconv.FormatInt(id, 10) }

// userErrors makes a payload's userErrors of the declared type.
func userErrors(errs []userError) []object {
	out := make([]object, len(errs))
	for i, e := range errs {
		values := map[string]any{"field": nil, "message": e.message, "code": nil, "elementIndex": nil}
		if e.field != nil {
			values["field"] = e.field
		}
		if e.code != "" {
			values["code"] = e.code
		}
		if e.element > 0 {
			values["elementIndex"] = e.element - 1
		}
		out[i] = answer(values)
	}
	return out
}

// objectOf hides a nil pointer, so that a field becomes null.
func objectOf[T interface {
	comparable
	object
}](x T) any {
	var absent T
	if x == absent {
		return nil
	}
	return x
}

// listOf turns things into the objects that show them.
func listOf[T any, O object](all []T, show func(T) O) []O {
	out := make([]O, len(all))
	for i, x := range all {
		out[i] = show(x)
	}
	return out
}

// firstOf cuts a list to the argument first, when that is given.
func firstOf[T any](all []T, args input) []T {
	if n, ok := args.number("first"); ok {
		return all[:min(n, len(all))]
	}
	return all
}

// wrongKind refuses an id whose type is not the field's.
func wrongKind(id string, kinds ...string) error {
	kind, _, ok := splitGID(id)
	if ok && !slices.Contains(kinds, kind) {
		return noSuchResource(id)
	}
	return nil
}

// noSuchResource is the error of a field whose id names nothing it can work on.
func noSuchResource(id string) error {
	return &topError{message: "Invalid id: " + id, code: "RESOURCE_NOT_FOUND"}
}

// byID resolves a root field that finds one object by its id argument.
func byID[T interface {
	comparable
	object
}](kind string, find func(r *request, id string) T) resolver {
	return root(func(r *request, args input) (any, error) {
		id := args.text("id")
		if err := wrongKind(id, kind); err != nil {
			return nil, err
		}
		return objectOf(find(r, id)), nil
	})
}
