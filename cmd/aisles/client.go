package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"aisles/aisles/client"
)

const defaultURL = "http://127.0.0.1:8080"

// api gives a client of the API. Beside a running `aisles up` the data folder
// knows where it is and holds an operator's token.
func (e *env) api() (*client.Client, error) {
	data := folder(e.global.Data)
	url, token := e.global.URL, e.global.Token
	var err error
	if url == "" {
		if url, err = data.read(urlFile); err != nil {
			return nil, err
		}
	}
	if token == "" {
		if token, err = data.read(operatorTokenFile); err != nil {
			return nil, err
		}
	}
	if token == "" {
		return nil, exitf(exitUsage, "no API token: set AISLES_TOKEN, or --data to the folder of a running 'aisles up' (%s has none)", data.path(operatorTokenFile))
	}
	return client.New(client.Options{URL: cmp.Or(url, defaultURL), Token: token, UserAgent: "aisles/" + version()})
}

// terminal reports whether messages go to a person.
func (e *env) terminal() bool {
	f, ok := e.err.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printJSON writes v as one indented JSON document.
func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// table writes rows in columns, the first as head.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}
