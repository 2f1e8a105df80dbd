package sim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// input is an input object as the engine hands it over: validated against the
// schema, enums as strings. A key that was omitted is absent, null is nil.
type input map[string]any

// has tells whether the key was given, null or not.
func (in input) has(key string) bool { _, ok := in[key]; return ok }

// given tells whether the key was given and is not null.
func (in input) given(key string) bool { return in[key] != nil }

// text is a string value, "" when absent or null.
func (in input) text(key string) string {
	if in[key] == nil {
		return ""
	}
	if s, ok := in[key].(string); ok {
		return s
	}
	return fmt.Sprint(in[key])
}

// textPtr is a string value, nil when absent or null.
func (in input) textPtr(key string) *string {
	if in[key] == nil {
		return nil
	}
	s := in.text(key)
	return &s
}

// setText changes *to when the key was given.
func (in input) setText(key string, to *string) {
	if in.has(key) {
		*to = in.text(key)
	}
}

// setPtr changes *to when the key was given; null clears it.
func (in input) setPtr(key string, to **string) {
	if in.has(key) {
		*to = in.textPtr(key)
	}
}

// flag is a boolean value, false when absent or null.
func (in input) flag(key string) bool { b, _ := in[key].(bool); return b }

// setFlag changes *to when the key was given and is not null.
func (in input) setFlag(key string, to *bool) {
	if b, ok := in[key].(bool); ok {
		*to = b
	}
}

// number is an Int value; ok is false when absent or null.
func (in input) number(key string) (n int, ok bool) { return intOf(in[key]) }

func intOf(v any) (int, bool) {
	switch v := v.(type) {
	case int:
		return v, true
	case int64:
		return int(v), true
	case float64:
		return int(v), true
	case json.Number:
		n, err := v.Int64()
		return int(n), err == nil
	}
	return 0, false
}

func floatOf(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	case json.Number:
		f, _ := v.Float64()
		return f
	case string:
		f, _ := strconv.ParseFloat(v, 64)
		return f
	}
	return 0
}

// object is a nested input object, nil when absent or null.
func (in input) object(key string) input {
	switch v := in[key].(type) {
	case map[string]any:
		return v
	case input:
		return v
	}
	return nil
}

// objects is a list of input objects; a single one counts as a list of one.
func (in input) objects(key string) []input {
	switch v := in[key].(type) {
	case []any:
		out := make([]input, len(v))
		for i, x := range v {
			out[i], _ = x.(map[string]any)
		}
		return out
	case []map[string]any:
		out := make([]input, len(v))
		for i, x := range v {
			out[i] = x
		}
		return out
	case nil:
		return nil
	}
	if o := in.object(key); o != nil {
		return []input{o}
	}
	return nil
}

// texts is a list of strings; a single one counts as a list of one.
func (in input) texts(key string) []string {
	switch v := in[key].(type) {
	case []any:
		out := make([]string, 0, len(v))
		for _, x := range v {
			out = append(out, fmt.Sprint(x))
		}
		return out
	case []string:
		return v
	case nil:
		return nil
	}
	return []string{in.text(key)}
}
