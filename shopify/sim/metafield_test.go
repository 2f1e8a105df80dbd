package sim

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMetafieldValues(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	p := mustSet(t, s, nil, input{"title": "x"})
	c := valueChecker{currency: "CAD", exists: s.exists}
	valid := map[string]string{
		"single_line_text_field": "one line", "multi_line_text_field": "two\nlines", "boolean": "true", "number_integer": "-10",
		"number_decimal": "10.4", "date": "2022-02-02", "date_time": "2024-01-01T12:30:00", "color": "#fff123", "url": "mailto:a@example.com",
		"money": `{"amount":"5.99","currency_code":"CAD"}`, "rating": `{"scale_min":"1.0","scale_max":"5.0","value":"3.5"}`,
		"dimension": `{"value":25,"unit":"centimeters"}`, "weight": `{"value":0,"unit":"KILOGRAMS"}`, "volume": `{"value":2.5,"unit":"ml"}`,
		"link": `{"text":"Docs","url":"https://example.com"}`, "rich_text_field": `{"type":"root","children":[]}`, "json": `[1,{"a":null}]`,
		"id": "acme/1", "product_reference": p.gid(), "list.number_integer": "[1,2]", "list.single_line_text_field": `["a","b"]`, "list.color": `["#000000"]`,
	}
	for typ, value := range valid {
		if faults := c.check(typ, value); len(faults) > 0 {
			t.Errorf("%s %s: %s", typ, value, faults[0].message)
		}
	}
	invalid := []struct{ typ, value, want string }{
		{"single_line_text_field", "two\nlines", "Value must be a single line text string."},
		{"number_integer", "+5", "Value must be an integer."},
		{"number_integer", "1.5", "Value must be an integer."},
		{"number_decimal", "10000000000000.1", "Value can't exceed 9999999999999."},
		{"boolean", "TRUE", "Value must be true or false."},
		{"json", `{nope`, "Value is invalid JSON: expected object key, got 'nope' at line 1 column 2."},
		{"json", " ", "Value can't be blank."},
		{"url", "ftp://x", "Value must be one of the following URL schemes: http, https, mailto, sms, tel."},
		{"rating", `{"value":"6.0","scale_min":"1.0","scale_max":"5.0"}`, "Value has a maximum of 5.0."},
		{"money", `{"amount":"1.00","currency_code":"ZZZ"}`, "Value contains an invalid currency, ZZZ."},
		{"weight", `{"value":1,"unit":"stones"}`, "Value must be a supported unit."},
		{"dimension", `{"value":-1,"unit":"cm"}`, "Value must be a non-negative number."},
		{"variant_reference", p.gid(), "Value references non-existent resource " + p.gid() + "."},
		{"list.boolean", `true`, "Value must be an array."},
	}
	for _, tt := range invalid {
		faults := c.check(tt.typ, tt.value)
		if len(faults) != 1 || faults[0].message != tt.want {
			t.Errorf("%s %s: %+v, want %q", tt.typ, tt.value, faults, tt.want)
		}
	}
	if f := c.check("list.number_integer", `[1,"x"]`); len(f) != 1 || f[0].element != 1 {
		t.Errorf("list with a bad second element: %+v", f)
	}
}

func TestMetafieldsSetIsAllOrNothing(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	p := mustSet(t, s, nil, input{"title": "x"})
	good := input{"ownerId": p.gid(), "namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "cold"}
	bad := input{"ownerId": "gid://shopify/Product/1", "namespace": "custom", "key": "care", "type": "single_line_text_field", "value": "cold"}
	_, errs := s.metafieldsSet([]input{good, bad})
	if got, want := message(errs), "metafields.1.ownerId: Owner does not exist. [INVALID_VALUE]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(s.productByID(p.id).fields) != 0 {
		t.Error("the valid entry was written although the call failed")
	}
	if _, errs = s.metafieldsSet(make([]input, 26)); len(errs) != 1 || errs[0].code != "LESS_THAN_OR_EQUAL_TO" {
		t.Errorf("26 metafields: %s", message(errs))
	}
}

func TestCompareDigest(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	p := mustSet(t, s, nil, input{"title": "x"})
	set := func(value string, digest any, check bool) string {
		in := input{"ownerId": p.gid(), "namespace": "custom", "key": "care", "type": "single_line_text_field", "value": value}
		if check {
			in["compareDigest"] = digest
		}
		written, errs := s.metafieldsSet([]input{in})
		if len(errs) > 0 {
			return errs[0].code
		}
		return written[0].field.digest()
	}
	if got := set("cold", "beef", true); got != "INVALID_COMPARE_DIGEST" {
		t.Errorf("a digest for what does not exist: %s", got)
	}
	first := set("cold", nil, true)
	second := set("hot", first, true)
	if first == second || len(second) != 64 {
		t.Errorf("digests %s and %s, want two different ones", first, second)
	}
	for _, digest := range []any{first, nil, "beef"} {
		if got := set("warm", digest, true); got != "STALE_OBJECT" {
			t.Errorf("digest %v on a changed value: %s, want STALE_OBJECT", digest, got)
		}
	}
	if got := set("hot", "beef", true); got != second {
		t.Errorf("a wrong digest with an unchanged value: %s, want it accepted", got)
	}
	if got := set("cold", nil, false); got != first {
		t.Errorf("without a digest there is no check: %s", got)
	}
}

func TestAppNamespaces(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "app--" + AppID, "$app": "app--" + AppID, "$app:x": "app--" + AppID + "--x", "custom": "custom"} {
		if got := resolveNamespace(in); got != want {
			t.Errorf("resolveNamespace(%q) = %q, want %q", in, got, want)
		}
	}
	s := newTestState(t)
	p := mustSet(t, s, nil, input{"title": "x"})
	_, errs := s.metafieldsSet([]input{{"ownerId": p.gid(), "namespace": "app--1--x", "key": "care", "type": "boolean", "value": "true"}})
	if len(errs) != 1 || errs[0].code != "APP_NOT_AUTHORIZED" {
		t.Errorf("another app's namespace: %s", message(errs))
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	d := definition{owner: "PRODUCT", namespace: "custom", key: "care", name: "Care", typ: "single_line_text_field", validations: []definitionValidation{{"choices", `["cold","hot"]`}}}
	if errs := s.define(&d, true); errs != nil || d.pinned != 1 {
		t.Fatalf("define: %s, pinned %d", message(errs), d.pinned)
	}
	again := d
	if got, want := message(s.define(&again, false)), "definition.key: Key is in use for Product metafields on the 'custom' namespace. [TAKEN]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p := mustSet(t, s, nil, input{"title": "x"})
	entry := func(typ, value string) input {
		in := input{"ownerId": p.gid(), "namespace": "custom", "key": "care", "value": value}
		if typ != "" {
			in["type"] = typ
		}
		return in
	}
	written, errs := s.metafieldsSet([]input{entry("", "cold")})
	if errs != nil || written[0].field.typ != "single_line_text_field" {
		t.Errorf("the type must come from the definition: %s", message(errs))
	}
	for in, want := range map[[2]string]string{
		{"boolean", "true"}: "INVALID_TYPE",
		{"", "warm"}:        "INVALID_VALUE",
	} {
		if _, errs := s.metafieldsSet([]input{entry(in[0], in[1])}); len(errs) != 1 || errs[0].code != want {
			t.Errorf("%v: %s, want %s", in, message(errs), want)
		}
	}
	var last []userError
	for i := range maxDefinitions {
		last = s.define(&definition{owner: "PRODUCT", namespace: "many", key: fmt.Sprintf("key-%d", i), name: "x", typ: "boolean"}, false)
	}
	if len(last) != 1 || last[0].code != "RESOURCE_TYPE_LIMIT_EXCEEDED" {
		t.Errorf("definition 257: %s", message(last))
	}
}

func TestMetafieldListByKeys(t *testing.T) {
	t.Parallel()
	s := newTestState(t)
	var m metafields
	for _, k := range []string{"alpha", "bravo", "charlie"} {
		m.write(s, metafieldInput{namespace: "ns", key: k, value: k}, "single_line_text_field")
	}
	names := func(args input) []string {
		out := []string{}
		for _, f := range m.list("x", args) {
			key, _ := metafieldFields["key"](nil, f, nil)
			out = append(out, key.(string))
		}
		return out
	}
	for _, tt := range []struct {
		args input
		want []string
	}{
		{input{}, []string{"alpha", "bravo", "charlie"}},
		{input{"namespace": "other"}, []string{}},
		{input{"keys": []any{"ns.charlie", "ns.alpha", "ns.zulu"}}, []string{"ns.charlie", "ns.alpha"}},
		{input{"keys": []any{"alpha"}}, []string{}},
		{input{"keys": []any{"alpha"}, "namespace": "ns"}, []string{"alpha"}},
	} {
		if diff := cmp.Diff(tt.want, names(tt.args)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.args, diff)
		}
	}
}

func FuzzMetafieldValue(f *testing.F) {
	for typ := range valueRules {
		f.Add(typ, `{"value":1,"unit":"cm","amount":"1","currency_code":"USD"}`)
	}
	f.Add("json", "{\"a\":\n1,}")
	f.Add("list.rating", `[{"value":"1e999999999","scale_min":1,"scale_max":2}]`)
	f.Add("money", `{"amount":"1e999999999","currency_code":"USD"}`)
	f.Fuzz(func(t *testing.T, typ, value string) {
		if knownMetafieldType(typ) && len(value) < 1<<12 {
			valueChecker{currency: "USD", exists: func(string) bool { return true }}.check(typ, value)
		}
	})
}
