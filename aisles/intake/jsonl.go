package intake

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"aisles/aisles"
)

// jsonLines is JSON Lines: on each line a product as the API takes it, with
// the same meaning of what is absent, null and empty.
type jsonLines struct {
	r    *bufio.Reader
	line int
	buf  []byte
	rows sheet
	// named says that some line named a product.
	named bool
	first *breach
}

func newJSONLines(in io.Reader) *jsonLines {
	return &jsonLines{r: bufio.NewReaderSize(in, 64<<10), rows: sheet{header: []string{"key", ""}, keys: []int{0}}}
}

func (f *jsonLines) cells() *sheet { return &f.rows }

func (f *jsonLines) columnOf(field string) string { return field }

// next gives a line as two cells: the product's key, and the line.
func (f *jsonLines) next() (record, error) {
	for {
		tooLong, err := f.readLine()
		if err == io.EOF && !f.named && f.first != nil {
			return record{}, aisles.Errorf(aisles.Invalid, "this is no JSON Lines feed, which has a whole product on each line: the first %s; nothing was written", f.first.reason)
		}
		if err != nil {
			return record{}, err
		}
		text := bytes.TrimSpace(f.buf)
		if len(text) == 0 && !tooLong {
			continue
		}
		rec := record{line: f.line}
		var named struct {
			Key string `json:"key"`
		}
		if tooLong {
			rec.fault = &breach{cell: -1, reason: fmt.Sprintf("has more than %d bytes", maxRow)}
		} else if err := json.Unmarshal(text, &named); err != nil {
			rec.fault = &breach{cell: -1, reason: "is no product in JSON: " + strings.TrimPrefix(err.Error(), "json: ")}
		} else if strings.TrimSpace(named.Key) == "" {
			rec.fault = &breach{cell: 0, reason: "names no product"}
		}
		if rec.fault != nil && f.first == nil {
			f.first = rec.fault
		}
		if rec.fault == nil {
			f.named = true
			rec.cells = []string{named.Key, string(text)}
		}
		return rec, nil
	}
}

// readLine reads one line into the buffer, or as much of it as is taken.
func (f *jsonLines) readLine() (tooLong bool, _ error) {
	f.buf = f.buf[:0]
	f.line++
	for began := false; ; began = true {
		part, err := f.r.ReadSlice('\n')
		if room := maxRow - len(f.buf); len(part) > room {
			part, tooLong = part[:room], true
		}
		f.buf = append(f.buf, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF && (began || len(part) > 0):
			return tooLong, nil
		default:
			return tooLong, err
		}
	}
}

func (f *jsonLines) build(e *entry) (aisles.Patch, []int, *fault) {
	first := e.rows[0]
	patch := aisles.Patch{Key: e.key, Feed: true}
	if fault := f.rows.unusable(e); fault != nil {
		return patch, nil, fault
	}
	if len(e.rows) > 1 {
		return patch, nil, &fault{[]int{first.line, e.rows[1].line}, "key", "the product stands twice"}
	}
	if field, err := strictly([]byte(first.cells[1]), &patch); err != nil {
		return aisles.Patch{Key: e.key}, nil, &fault{[]int{first.line}, field, err.Error()}
	}
	patch.Key = e.key
	lines := make([]int, len(patch.Variants.Value))
	for i := range lines {
		lines[i] = first.line
	}
	return patch, lines, nil
}

// strictly decodes a product and refuses fields it has not: one that is
// misspelt would else be lost without a word. With the error comes the field.
func strictly(text []byte, to *aisles.Patch) (field string, err error) {
	decode := func(text []byte, to any) error {
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		return d.Decode(to)
	}
	if err = decode(text, to); err == nil {
		return "", nil
	}
	fields := map[string]json.RawMessage{}
	if json.Unmarshal(text, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			one, _ := json.Marshal(map[string]json.RawMessage{name: fields[name]}) // both were just read
			if alone := decode(one, new(aisles.Patch)); alone != nil {
				field, err = clip(name), alone
				break
			}
		}
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return field, fmt.Errorf("a JSON %s is not what stands here", kind.Value)
	}
	return field, errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
