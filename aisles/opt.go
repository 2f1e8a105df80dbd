package aisles

import (
	"bytes"
	"encoding/json"
)

// Opt is a value that may be absent. In JSON an absent field is left alone; a
// null or an empty value clears. The zero value is absent; give fields of this
// type the tag option omitzero.
type Opt[T any] struct {
	Set   bool
	Value T
}

// Some gives a value that is present.
func Some[T any](v T) Opt[T] { return Opt[T]{Set: true, Value: v} }

// IsZero reports whether the value is absent.
func (o Opt[T]) IsZero() bool { return !o.Set }

// Or gives the value when it is present, else v.
func (o Opt[T]) Or(v T) T {
	if o.Set {
		return o.Value
	}
	return v
}

// MarshalJSON writes the value; an absent one as null.
func (o Opt[T]) MarshalJSON() ([]byte, error) {
	if !o.Set {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// UnmarshalJSON takes null as the zero value, present: null clears.
func (o *Opt[T]) UnmarshalJSON(b []byte) error {
	var v T
	if !bytes.Equal(bytes.TrimSpace(b), []byte("null")) {
		dec := json.NewDecoder(bytes.NewReader(b))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&v); err != nil {
			return err
		}
	}
	*o = Some(v)
	return nil
}
