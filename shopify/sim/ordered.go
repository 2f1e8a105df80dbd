package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/vektah/gqlparser/v2/ast"
)

// ordered is a JSON object that keeps the order of its keys: variables are
// reported in the order they came in, answers leave in that of the selection.
type ordered struct {
	typ    *ast.Definition // of an answer's object
	keys   []string
	values map[string]any
}

func (o *ordered) get(key string) (any, bool) { v, ok := o.values[key]; return v, ok }

// set adds or replaces a key.
func (o *ordered) set(key string, v any) {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	if o.values == nil {
		o.values = map[string]any{}
	}
	o.values[key] = v
}

// MarshalJSON writes the keys in order.
func (o *ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, k := range o.keys {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(k); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(o.values[k]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// maxNesting bounds how deep JSON input may nest.
const maxNesting = 200

var errNesting = errors.New("nested too deep")

// decodeOrdered reads one JSON value: objects as *ordered, lists as []any,
// numbers as json.Number.
func decodeOrdered(r io.Reader) (any, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more after the JSON value")
	}
	return v, nil
}

func decodeValue(d *json.Decoder, level int) (any, error) {
	if level > maxNesting {
		return nil, errNesting
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := &ordered{values: map[string]any{}}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := decodeValue(d, level+1)
			if err != nil {
				return nil, err
			}
			o.set(key.(string), v)
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := decodeValue(d, level+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

// plain turns ordered objects into maps.
func plain(v any) any {
	switch v := v.(type) {
	case *ordered:
		m := make(map[string]any, len(v.keys))
		for k, x := range v.values {
			m[k] = plain(x)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, x := range v {
			list[i] = plain(x)
		}
		return list
	}
	return v
}
