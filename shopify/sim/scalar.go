package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// scalar is the simulator's rule for one scalar type. A scalar of the schema
// without a rule here keeps the simulator from starting.
type scalar struct {
	// kinds are the literals the scalar takes.
	kinds []ast.ValueKind
	// problem says what is wrong with an input value, "" when nothing is.
	problem func(v any) string
	// explains: problem's text stands alone instead of the usual one.
	explains bool
	// output tells whether an answer may hold the value; nil accepts strings.
	output func(v any) bool
}

var (
	textKinds   = []ast.ValueKind{ast.StringValue, ast.BlockValue}
	numberKinds = []ast.ValueKind{ast.IntValue, ast.FloatValue}
	looseKinds  = append(append([]ast.ValueKind{}, textKinds...), numberKinds...)
	anyKinds    = append(append([]ast.ValueKind{}, looseKinds...), ast.BooleanValue, ast.EnumValue, ast.ListValue, ast.ObjectValue)
)

// scalars are the rules of all scalar types.
var scalars = map[string]scalar{
	"Int":             {kinds: []ast.ValueKind{ast.IntValue}, problem: intProblem, output: isInt},
	"Float":           {kinds: numberKinds, problem: floatProblem, output: isNumber},
	"String":          {kinds: textKinds, problem: stringProblem},
	"Boolean":         {kinds: []ast.ValueKind{ast.BooleanValue}, problem: boolProblem, output: func(v any) bool { _, ok := v.(bool); return ok }},
	"ID":              {kinds: append([]ast.ValueKind{ast.IntValue}, textKinds...), problem: idProblem, explains: true, output: isGID},
	"ARN":             {kinds: textKinds, problem: matches(`^arn:aws:events:`)},
	"BigInt":          {kinds: looseKinds, problem: matches(`^-?\d+$`), output: isMatch(`^-?\d+$`)},
	"Color":           {kinds: textKinds, problem: matches(`^#([0-9a-fA-F]{3}){1,2}$`), output: isMatch(`^#([0-9a-fA-F]{3}){1,2}$`)},
	"Date":            {kinds: textKinds, problem: matches(`^\d{4}-\d\d-\d\d$`), output: isMatch(`^\d{4}-\d\d-\d\d$`)},
	"DateTime":        {kinds: textKinds, problem: dateTimeProblem, output: isMatch(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)},
	"Decimal":         {kinds: looseKinds, problem: matches(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`), output: isMatch(`^-?\d+(\.\d+)?$`)},
	"FormattedString": {kinds: textKinds, problem: stringProblem},
	"HTML":            {kinds: textKinds, problem: stringProblem},
	"JSON":            {kinds: anyKinds, problem: func(any) string { return "" }, output: func(any) bool { return true }},
	"Money":           {kinds: looseKinds, problem: matches(`^-?(\d+(\.\d*)?|\.\d+)$`), output: isMatch(`^-?\d+\.\d{1,3}$`)},
	"StorefrontID":    {kinds: textKinds, problem: stringProblem},
	"URL":             {kinds: textKinds, problem: urlProblem, explains: true, output: isMatch(`^https?://`)},
	"UnsignedInt64":   {kinds: looseKinds, problem: matches(`^\d+$`), output: isMatch(`^\d+$`)},
	"UtcOffset":       {kinds: textKinds, problem: matches(`^[+-]\d\d:\d\d$`), output: isMatch(`^[+-]\d\d:\d\d$`)},
}

// checkScalars refuses a schema with a scalar that has no rule.
func checkScalars(schema *ast.Schema) error {
	for name, def := range schema.Types {
		if _, ok := scalars[name]; def.Kind == ast.Scalar && !ok {
			return fmt.Errorf("scalar %s of the schema has no rule in the simulator", name)
		}
	}
	return nil
}

// literalScalar checks a literal in a document; coercion is the message of a
// scalar with its own words.
func literalScalar(name string, value *ast.Value) (ok bool, coercion string) {
	rule := scalars[name]
	ok = false
	for _, k := range rule.kinds {
		ok = ok || k == value.Kind
	}
	if !ok || name == "JSON" {
		return ok, ""
	}
	problem := rule.problem(literalScalarValue(value))
	if rule.explains {
		return true, problem
	}
	return problem == "", ""
}

// literalScalarValue reads a scalar literal as its JSON value.
func literalScalarValue(value *ast.Value) any {
	switch value.Kind {
	case ast.IntValue, ast.FloatValue:
		return json.Number(value.Raw)
	case ast.BooleanValue:
		return value.Raw == "true"
	case ast.NullValue:
		return nil
	}
	return value.Raw
}

// scalarProblem says what is wrong with a variable's value for a scalar; alone
// tells that the scalar has its own words.
func scalarProblem(name string, v any) (problem string, alone bool) {
	rule := scalars[name]
	problem = rule.problem(v)
	if problem != "" && !rule.explains {
		problem = fmt.Sprintf("Could not coerce value %s to %s", compactJSON(v), name)
	}
	return problem, rule.explains
}

const wrong = "wrong"

func intProblem(v any) string {
	if n, ok := v.(json.Number); ok {
		if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil && i >= math.MinInt32 && i <= math.MaxInt32 {
			return ""
		}
	}
	return wrong
}

func floatProblem(v any) string {
	if _, ok := v.(json.Number); ok {
		return ""
	}
	return wrong
}

func stringProblem(v any) string {
	if _, ok := v.(string); ok {
		return ""
	}
	return wrong
}

func boolProblem(v any) string {
	if _, ok := v.(bool); ok {
		return ""
	}
	return wrong
}

var gidPattern = regexp.MustCompile(`^gid://[^/\s]+/[^/\s]+/\S+$`)

func idProblem(v any) string {
	if s, ok := v.(string); ok && gidPattern.MatchString(s) {
		return ""
	}
	return fmt.Sprintf("Invalid global id '%v'", v)
}

func urlProblem(v any) string {
	s, ok := v.(string)
	u, err := url.Parse(s)
	switch {
	case !ok || err != nil:
		return fmt.Sprintf("Invalid url '%v'", v)
	case u.Scheme == "":
		return fmt.Sprintf("Invalid url '%s', missing scheme", s)
	case u.Host == "":
		return fmt.Sprintf("Invalid url '%s', missing host", s)
	}
	return ""
}

func dateTimeProblem(v any) string {
	s, ok := v.(string)
	if !ok {
		return wrong
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05-0700", "2006-01-02T15:04Z07:00", time.DateOnly, time.DateTime} {
		if _, err := time.Parse(layout, s); err == nil {
			return ""
		}
	}
	return wrong
}

// matches checks strings, and numbers as they were written.
func matches(pattern string) func(any) string {
	re := regexp.MustCompile(pattern)
	return func(v any) string {
		switch v := v.(type) {
		case string:
			if re.MatchString(v) {
				return ""
			}
		case json.Number:
			if re.MatchString(v.String()) {
				return ""
			}
		}
		return wrong
	}
}

func isMatch(pattern string) func(any) bool {
	re := regexp.MustCompile(pattern)
	return func(v any) bool { s, ok := v.(string); return ok && re.MatchString(s) }
}

func isGID(v any) bool {
	s, ok := v.(string)
	return ok && gidPattern.MatchString(s)
}

func isInt(v any) bool {
	n, ok := v.(int64)
	return ok && n >= math.MinInt32 && n <= math.MaxInt32
}

func isNumber(v any) bool {
	switch v.(type) {
	case int64, float64, json.Number:
		return true
	}
	return false
}
