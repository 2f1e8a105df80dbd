package sim

import (
	"fmt"
	"slices"
	"strings"
)

// optionDelimiter separates option values in variant titles, so no option may
// be called so.
const optionDelimiter = " / "

// setOptions makes the list the product's options. An entry is matched to an
// option by id, else by name; its values likewise. What is not listed goes.
func (s *state) setOptions(p *product, entries []input) []userError {
	if len(entries) > maxOptions {
		return []userError{failf("OPTIONS_OVER_LIMIT", "input.productOptions", "Can only specify a maximum of %d options", maxOptions)}
	}
	var errs []userError
	options := make([]*option, 0, len(entries))
	for i, e := range entries {
		path := fmt.Sprintf("input.productOptions.%d", i)
		o, fault := s.setOption(p, e, path)
		if fault != nil {
			errs = append(errs, *fault)
			continue
		}
		if slices.ContainsFunc(options, func(x *option) bool { return strings.EqualFold(x.name, o.name) }) {
			errs = append(errs, failf("DUPLICATED_OPTION_NAME", path, "Option '%s' already exists.", o.name))
		}
		options = append(options, o)
	}
	if len(errs) > 0 {
		return errs
	}
	positions := map[*option]int{}
	for i, e := range entries {
		positions[options[i]] = i + 1
		if n, ok := e.number("position"); ok {
			positions[options[i]] = n
		}
	}
	slices.SortStableFunc(options, func(a, b *option) int { return positions[a] - positions[b] })
	p.options = options
	return nil
}

// setOption finds or makes the option of an OptionSetInput.
func (s *state) setOption(p *product, e input, path string) (*option, *userError) {
	fail := func(e userError) (*option, *userError) { return nil, &e }
	name := e.text("name")
	o := &option{id: s.newID(), name: name}
	if id := e.text("id"); id != "" {
		old := p.option("", idOf("ProductOption", id))
		if old == nil {
			return fail(failf("OPTION_DOES_NOT_EXIST", path+".id", "Option does not exist"))
		}
		if !e.given("name") {
			name = old.name
		}
		o = &option{id: old.id, name: name, values: old.values}
	} else if old := p.option(name, 0); old != nil {
		o = &option{id: old.id, name: name, values: old.values}
	}
	switch {
	case strings.TrimSpace(name) == "":
		return fail(failf("INVALID_INPUT", path+".name", "Option name can't be blank"))
	case strings.Contains(name, optionDelimiter):
		return fail(failf("INVALID_INPUT", path+".name", "The name contains unsupported sequence '%s'", optionDelimiter))
	case tooLong(name):
		return fail(failf("INVALID_INPUT", path+".name", "Option name %s", longText))
	case e.given("linkedMetafield"):
		return fail(failf("LINKED_OPTIONS_NOT_SUPPORTED_FOR_SHOP", path+".linkedMetafield", "Linked options are currently not supported for this shop."))
	case len(e.objects("values")) == 0:
		return fail(failf("OPTION_VALUES_MISSING", path+".values", "Each option must have at least one option value specified."))
	}
	values, fault := s.setOptionValues(o, e.objects("values"), path)
	o.values = values
	return o, fault
}

// setOptionValues finds or makes the values of an option.
func (s *state) setOptionValues(o *option, entries []input, path string) ([]*optionValue, *userError) {
	values := make([]*optionValue, 0, len(entries))
	seen := make(map[string]bool, len(entries))
	for i, e := range entries {
		at := fmt.Sprintf("%s.values.%d", path, i)
		name := e.text("name")
		v := &optionValue{id: s.newID(), name: name}
		if id := e.text("id"); id != "" {
			j := slices.IndexFunc(o.values, func(v *optionValue) bool { return v.id == idOf("ProductOptionValue", id) })
			if j < 0 {
				e := failf("OPTION_VALUE_DOES_NOT_EXIST", at+".id", "Option value does not exist")
				return nil, &e
			}
			if !e.given("name") {
				name = o.values[j].name
			}
			v = &optionValue{id: o.values[j].id, name: name}
		} else if old := o.value(name); old != nil {
			v = &optionValue{id: old.id, name: name}
		}
		if e := checkOptionValue(name, at+".name"); e != nil {
			return nil, e
		}
		if seen[strings.ToLower(name)] {
			e := failf("DUPLICATED_OPTION_VALUE", at, "Option value '%s' already exists.", name)
			return nil, &e
		}
		seen[strings.ToLower(name)] = true
		values = append(values, v)
	}
	return values, nil
}

func checkOptionValue(name, path string) *userError {
	switch {
	case strings.TrimSpace(name) == "":
		e := failf("INVALID_INPUT", path, "Option value name can't be blank")
		return &e
	case tooLong(name):
		e := failf("INVALID_INPUT", path, "Option value name %s", longText)
		return &e
	}
	return nil
}

// optionTuple reads a variant's optionValues: one value for each option, each
// among the option's values. It is nil when something is wrong.
func (p *product) optionTuple(entries []input, path string) ([]string, []userError) {
	tuple := make([]string, len(p.options))
	given := make([]bool, len(p.options))
	for i, e := range entries {
		at := fmt.Sprintf("%s.optionValues.%d", path, i)
		n := slices.IndexFunc(p.options, func(o *option) bool {
			if e.given("optionId") {
				return o.id == idOf("ProductOption", e.text("optionId"))
			}
			return o.name == e.text("optionName")
		})
		if n < 0 {
			return nil, []userError{failf("OPTION_DOES_NOT_EXIST", at, "Option does not exist")}
		}
		if given[n] {
			return nil, []userError{failf("INVALID_VARIANT", at, "Option '%s' has more than one value.", p.options[n].name)}
		}
		v := p.options[n].value(e.text("name"))
		if e.given("id") {
			id := idOf("ProductOptionValue", e.text("id"))
			v = nil
			if j := slices.IndexFunc(p.options[n].values, func(v *optionValue) bool { return v.id == id }); j >= 0 {
				v = p.options[n].values[j]
			}
		}
		if v == nil {
			return nil, []userError{failf("OPTION_VALUE_DOES_NOT_EXIST", at, "Option value does not exist")}
		}
		tuple[n], given[n] = v.name, true
	}
	if slices.Contains(given, false) {
		return nil, []userError{failf("INVALID_VARIANT", path+".optionValues", "Variant options are not enough")}
	}
	return tuple, nil
}
