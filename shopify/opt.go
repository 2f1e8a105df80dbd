package shopify

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Opt is an input that may be left out, null or a value: Shopify leaves a
// field that is left out as it is, clears one that is null, and a list that is
// there replaces the one it has. The zero value is left out.
type Opt[T any] struct {
	value T
	state optState
}

type optState uint8

const (
	omitted optState = iota
	null
	present
)

// Value gives an input a value. A nil slice is an empty list, not null.
func Value[T any](v T) Opt[T] { return Opt[T]{v, present} }

// Null gives an input that clears.
func Null[T any]() Opt[T] { return Opt[T]{state: null} }

// Get returns the value; ok is false when there is none, that is when it is
// left out or null.
func (o Opt[T]) Get() (v T, ok bool) { return o.value, o.state == present }

// IsNull tells whether the input clears.
func (o Opt[T]) IsNull() bool { return o.state == null }

// IsZero tells whether the input is left out; encoding/json asks for omitzero.
func (o Opt[T]) IsZero() bool { return o.state == omitted }

// Equal compares state and value deeply.
func (o Opt[T]) Equal(other Opt[T]) bool {
	return o.state == other.state && reflect.DeepEqual(o.value, other.value)
}

// MarshalJSON writes the value, or null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if o.state != present {
		return []byte("null"), nil
	}
	if v := reflect.ValueOf(&o.value).Elem(); v.Kind() == reflect.Slice && v.IsNil() {
		return []byte("[]"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (o *Opt[T]) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		*o = Null[T]()
		return nil
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	*o = Value(v)
	return nil
}
