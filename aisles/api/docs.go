package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// docOperation is an operation as the page of the API shows it.
type docOperation struct {
	*huma.Operation
	Body string
}

var docPage = template.Must(template.New("docs").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Aisles API</title>
<style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code{font:14px ui-monospace,monospace}article{border-top:1px solid #8886;padding:.5rem 0 1rem}h2{margin-top:2.5rem;text-transform:capitalize}
h3{margin:.5rem 0}p{margin:.3rem 0;white-space:pre-line}td{padding:.1rem 1rem .1rem 0;vertical-align:top}.m{display:inline-block;min-width:4rem;font-weight:600}
</style></head><body><h1>Aisles API</h1><p>{{.Description}}</p>
<p>The whole description for programs: <a href="/v1/openapi.json">/v1/openapi.json</a> (OpenAPI 3.1).</p>
{{range .Groups}}<h2>{{.Name}}</h2>{{range .Operations}}<article id="{{.OperationID}}"><h3><code><span class="m">{{.Method}}</span>{{.Path}}</code></h3>
<p><strong>{{.Summary}}</strong></p><p>{{.Description}}</p>{{with .Body}}<p>Body: <code>{{.}}</code></p>{{end}}
{{with .Parameters}}<table>{{range .}}<tr><td><code>{{.Name}}</code></td><td>{{.In}}</td><td>{{.Description}}</td></tr>{{end}}</table>{{end}}</article>
{{end}}{{end}}</body></html>
`))

// describe gives the OpenAPI document, and a page that shows its operations
// and needs nothing from elsewhere.
func describe(o *huma.OpenAPI) (document, page []byte, err error) {
	document, err = json.MarshalIndent(o, "", " ")
	if err != nil {
		return nil, nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	type group struct {
		Name       string
		Operations []docOperation
	}
	var groups []group
	for _, op := range operations(o) {
		i := slices.IndexFunc(groups, func(g group) bool { return g.Name == op.Tags[0] })
		if i < 0 {
			groups = append(groups, group{Name: op.Tags[0]})
			i = len(groups) - 1
		}
		groups[i].Operations = append(groups[i].Operations, docOperation{op, bodyName(op)})
	}
	var b bytes.Buffer
	err = docPage.Execute(&b, map[string]any{"Description": o.Info.Description, "Groups": groups})
	return document, b.Bytes(), err
}

// operations lists the document's operations by path.
func operations(o *huma.OpenAPI) []*huma.Operation {
	var out []*huma.Operation
	for _, item := range o.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	slices.SortFunc(out, func(a, b *huma.Operation) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return out
}

// bodyName names what an operation takes.
func bodyName(op *huma.Operation) string {
	if op.RequestBody == nil {
		return ""
	}
	for kind, media := range op.RequestBody.Content {
		if media.Schema != nil && media.Schema.Ref != "" {
			return media.Schema.Ref[len("#/components/schemas/"):] + " (" + kind + ")"
		}
		return kind
	}
	return ""
}
