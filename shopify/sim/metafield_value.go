package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Limits of metafield values, https://shopify.dev/docs/apps/build/custom-data/metafields/metafield-limits.
const (
	maxListElements    = 128
	maxMetafieldValue  = 64 << 10
	maxMetafieldJSON   = 128 << 10
	maxMetafieldShort  = 2 << 10 // types id and url
	maxMetafieldNumber = 9999999999999
)

// valueFault is what is wrong with a metafield value: a message, and the
// element of a list it is about (-1: the value as a whole).
type valueFault struct {
	message string
	element int
}

// valueChecker checks metafield values for one shop.
type valueChecker struct {
	currency string
	exists   func(gid string) bool
}

// valueRules holds one rule per scalar metafield type; a rule answers the
// message of its complaint, or "". Lists ("list.X") apply X to each element.
var valueRules = map[string]func(valueChecker, string) string{
	"boolean":                valueChecker.boolean,
	"color":                  valueChecker.color,
	"date":                   valueChecker.date,
	"date_time":              valueChecker.dateTime,
	"dimension":              measured("in", "ft", "yd", "mm", "cm", "m", "inches", "feet", "yards", "millimeters", "centimeters", "meters"),
	"id":                     valueChecker.singleLine,
	"json":                   valueChecker.json,
	"json_string":            valueChecker.json,
	"language":               valueChecker.singleLine,
	"link":                   valueChecker.link,
	"money":                  valueChecker.money,
	"multi_line_text_field":  valueChecker.present,
	"number_decimal":         valueChecker.decimal,
	"number_integer":         valueChecker.integer,
	"rating":                 valueChecker.rating,
	"rich_text_field":        valueChecker.richText,
	"single_line_text_field": valueChecker.singleLine,
	"string":                 valueChecker.present,
	"integer":                valueChecker.integer,
	"url":                    valueChecker.url,
	"volume":                 measured("ml", "cl", "l", "m3", "us_fl_oz", "us_pt", "us_qt", "us_gal", "imp_fl_oz", "imp_pt", "imp_qt", "imp_gal", "milliliters", "centiliters", "liters", "cubic_meters", "fluid_ounces", "pints", "quarts", "gallons", "imperial_fluid_ounces", "imperial_pints", "imperial_quarts", "imperial_gallons"),
	"weight":                 measured("oz", "lb", "g", "kg", "ounces", "pounds", "grams", "kilograms"),

	"article_reference":                refersTo("Article"),
	"collection_reference":             refersTo("Collection"),
	"company_reference":                refersTo("Company"),
	"customer_reference":               refersTo("Customer"),
	"file_reference":                   refersTo("MediaImage", "Video", "Model3d", "ExternalVideo", "GenericFile"),
	"metaobject_reference":             refersTo("Metaobject"),
	"mixed_reference":                  refersTo("Metaobject"),
	"order_reference":                  refersTo("Order"),
	"page_reference":                   refersTo("Page"),
	"product_reference":                refersTo("Product"),
	"product_taxonomy_value_reference": refersTo("TaxonomyValue"),
	"variant_reference":                refersTo("ProductVariant"),
}

// notListable are the types that have no list form.
var notListable = []string{"boolean", "id", "json", "json_string", "money", "multi_line_text_field", "rich_text_field", "string", "integer", "language"}

// elementType splits "list.X" into X and true.
func elementType(typ string) (string, bool) { return strings.CutPrefix(typ, "list.") }

func knownMetafieldType(typ string) bool {
	base, list := elementType(typ)
	_, ok := valueRules[base]
	return ok && !(list && slices.Contains(notListable, base))
}

// metafieldTypes names every type, sorted, as Shopify lists them in messages.
func metafieldTypes() []string {
	var out []string
	for base := range valueRules {
		out = append(out, base)
		if !slices.Contains(notListable, base) {
			out = append(out, "list."+base)
		}
	}
	slices.Sort(out)
	return out
}

// check finds what is wrong with a value of a known type.
func (c valueChecker) check(typ, value string) []valueFault {
	base, list := elementType(typ)
	if m := checkSize(base, value); m != "" {
		return []valueFault{{m, -1}}
	}
	if strings.TrimSpace(value) == "" {
		return []valueFault{{"Value can't be blank.", -1}}
	}
	rule := valueRules[base]
	if !list {
		if m := rule(c, value); m != "" {
			return []valueFault{{m, -1}}
		}
		return nil
	}
	return c.checkList(base, value)
}

func (c valueChecker) checkList(base, value string) []valueFault {
	var elements []json.RawMessage
	if json.Unmarshal([]byte(value), &elements) != nil {
		return []valueFault{{"Value must be an array.", -1}}
	}
	if len(elements) > maxListElements {
		return []valueFault{{fmt.Sprintf("Value has more than %d elements.", maxListElements), -1}}
	}
	var faults []valueFault
	for i, raw := range elements {
		text := string(raw)
		var s string
		if json.Unmarshal(raw, &s) == nil {
			text = s
		}
		if m := valueRules[base](c, text); m != "" {
			element := i
			if strings.HasSuffix(base, "_reference") {
				element = -1
			}
			faults = append(faults, valueFault{m, element})
		}
	}
	return faults
}

func checkSize(base, value string) string {
	limit := maxMetafieldValue
	switch base {
	case "json", "json_string":
		limit = maxMetafieldJSON
	case "id", "url":
		limit = maxMetafieldShort
	}
	if len(value) > limit {
		return fmt.Sprintf("Value is too long (maximum is %d bytes).", limit)
	}
	return ""
}

func (valueChecker) present(string) string { return "" }

func (valueChecker) boolean(v string) string {
	if v != "true" && v != "false" {
		return "Value must be true or false."
	}
	return ""
}

var colorPattern = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

func (valueChecker) color(v string) string {
	if !colorPattern.MatchString(v) {
		return "Value must be a hex color code."
	}
	return ""
}

func (valueChecker) date(v string) string {
	if _, err := time.Parse(time.DateOnly, v); err != nil {
		return "Value must be in YYYY-MM-DD format."
	}
	return ""
}

func (valueChecker) dateTime(v string) string {
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339, "2006-01-02T15:04:05-0700", "2006-01-02T15:04"} {
		if _, err := time.Parse(layout, v); err == nil {
			return ""
		}
	}
	return "Value must be in “YYYY-MM-DDTHH:MM:SS” format. For example: 2022-06-01T15:30:00"
}

var integerPattern = regexp.MustCompile(`^-?[0-9]+$`)

func (valueChecker) integer(v string) string {
	if !integerPattern.MatchString(v) {
		return "Value must be an integer."
	}
	return outOfRange(v, 9007199254740991)
}

var plainDecimal = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+$`)

func (valueChecker) decimal(v string) string {
	if !plainDecimal.MatchString(v) {
		return "Value must be a decimal."
	}
	return outOfRange(v, maxMetafieldNumber)
}

func outOfRange(v string, limit int64) string {
	r, _ := new(big.Rat).SetString(v)
	if r.Cmp(new(big.Rat).SetInt64(limit)) > 0 {
		return fmt.Sprintf("Value can't exceed %d.", limit)
	}
	if r.Cmp(new(big.Rat).SetInt64(-limit)) < 0 {
		return fmt.Sprintf("Value can't be less than -%d.", limit)
	}
	return ""
}

func (valueChecker) singleLine(v string) string {
	if strings.TrimSpace(v) == "" {
		return "Value can't be blank."
	}
	if strings.ContainsAny(v, "\n\r") {
		return "Value must be a single line text string."
	}
	return ""
}

var urlSchemes = []string{"http", "https", "mailto", "sms", "tel"}

func (valueChecker) url(v string) string {
	u, err := url.Parse(v)
	if err != nil {
		return "Value must be a valid URL."
	}
	if u.Scheme == "" {
		return `Value cannot have an empty scheme (protocol), must include one of the following URL schemes: ["http", "https", "mailto", "sms", "tel"].'`
	}
	if !slices.Contains(urlSchemes, u.Scheme) {
		return "Value must be one of the following URL schemes: http, https, mailto, sms, tel."
	}
	return ""
}

func (c valueChecker) link(v string) string {
	var l struct {
		URL *string `json:"url"`
	}
	if json.Unmarshal([]byte(v), &l) != nil || l.URL == nil || c.url(*l.URL) != "" {
		return "Value must be a valid link."
	}
	return ""
}

func (valueChecker) json(v string) string {
	var any json.RawMessage
	err := json.Unmarshal([]byte(v), &any)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return "Value is invalid JSON: " + describeSyntax(v, int(syntax.Offset)) + "."
	}
	return ""
}

// describeSyntax words a JSON syntax error at a byte offset (1-based, as
// encoding/json counts) the way Ruby's parser does.
func describeSyntax(v string, offset int) string {
	at := max(offset-1, 0)
	if at >= len(v) || (offset == len(v) && json.Valid([]byte(v[:at]+`""}`))) {
		return "unexpected end of input"
	}
	rest := v[at:]
	if i := strings.IndexAny(rest[1:], " \t\n,:}]"); i >= 0 {
		rest = rest[:i+1]
	}
	line := 1 + strings.Count(v[:at], "\n")
	column := at - strings.LastIndexByte(v[:at], '\n')
	what := "unexpected character:"
	before := strings.TrimRight(v[:at], " \t\n")
	if strings.HasSuffix(before, "{") || (strings.HasSuffix(before, ",") && strings.LastIndexByte(before, '{') > strings.LastIndexByte(before, '[')) {
		what = "expected object key, got"
	}
	return fmt.Sprintf("%s '%s' at line %d column %d", what, rest, line, column)
}

func (valueChecker) richText(v string) string {
	var root struct {
		Type     string            `json:"type"`
		Children []json.RawMessage `json:"children"`
	}
	if json.Unmarshal([]byte(v), &root) != nil || root.Type != "root" || root.Children == nil {
		return "Value must be a valid rich text document."
	}
	return ""
}

const moneyShape = "Value must be a stringified JSON object with amount (numeric) and currency_code (string matching the shop's currency) fields."

func (c valueChecker) money(v string) string {
	var m map[string]any
	if json.Unmarshal([]byte(v), &m) != nil || m["amount"] == nil || m["currency_code"] == nil {
		return moneyShape
	}
	code, isText := m["currency_code"].(string)
	amount, numeric := parseDecimal(fmt.Sprint(m["amount"]))
	limit := new(big.Rat).Set(maxMoney)
	switch {
	case !isText:
		return moneyShape
	case code == "":
		return "Value must have a currency code."
	case !numeric:
		return "Value must have a numeric amount."
	case amount.Cmp(limit) > 0 || amount.Cmp(limit.Neg(limit)) < 0:
		return "Value must be within +/-1000000000000000000."
	case code != c.currency:
		return "Value contains an invalid currency, " + code + "."
	}
	return ""
}

func (valueChecker) rating(v string) string {
	var m map[string]any
	if json.Unmarshal([]byte(v), &m) != nil {
		return "Value must be a stringified JSON object with scale_min, scale_max and value fields."
	}
	value, ok1 := number(m["value"])
	low, ok2 := number(m["scale_min"])
	high, ok3 := number(m["scale_max"])
	switch {
	case !ok1 || !ok2 || !ok3:
		return "Value must be a stringified JSON object with scale_min, scale_max and value fields."
	case value.Cmp(low) < 0:
		return fmt.Sprintf("Value has a minimum of %v.", m["scale_min"])
	case value.Cmp(high) > 0:
		return fmt.Sprintf("Value has a maximum of %v.", m["scale_max"])
	}
	return ""
}

func number(v any) (*big.Rat, bool) {
	switch v := v.(type) {
	case float64:
		return new(big.Rat).SetFloat64(v), true
	case string:
		return parseDecimal(v)
	}
	return nil, false
}

// measured makes the rule of dimension, weight and volume.
func measured(units ...string) func(valueChecker, string) string {
	return func(_ valueChecker, v string) string {
		var m struct {
			Value any    `json:"value"`
			Unit  string `json:"unit"`
		}
		if json.Unmarshal([]byte(v), &m) != nil {
			return "Value must be a stringified JSON object with a value (numeric) and unit (string) fields."
		}
		if n, ok := m.Value.(float64); !ok || n < 0 {
			return "Value must be a non-negative number."
		}
		if !slices.Contains(units, strings.ToLower(m.Unit)) {
			return "Value must be a supported unit."
		}
		return ""
	}
}

// refersTo makes the rule of a reference: the value is the global id of
// something the shop holds, of one of the kinds.
func refersTo(kinds ...string) func(valueChecker, string) string {
	return func(c valueChecker, v string) string {
		if kind, _, _ := splitGID(v); !slices.Contains(kinds, kind) || !c.exists(v) {
			return "Value references non-existent resource " + v + "."
		}
		return ""
	}
}
