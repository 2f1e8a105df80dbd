package api

import (
	"reflect"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

// config shapes the OpenAPI document and the checks that follow from it. All
// fields are optional unless they say otherwise, for in a patch an absent
// field is left alone; unknown ones are refused.
func config() huma.Config {
	c := huma.DefaultConfig("Aisles", "1")
	c.CreateHooks = nil // no $schema members
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.FieldsOptionalByDefault = true
	c.RejectUnknownQueryParameters = true
	c.Info.Description = "The catalog of many partners and the sync that keeps their shops in step. " +
		"Lists are pages {\"items\":[…],\"next\":\"CURSOR\"}: ask for the next one with after=CURSOR; without next there is none. " +
		"Errors are problem documents (RFC 9457). Single resources carry an ETag and heed If-None-Match."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		security: {Type: "http", Scheme: "bearer", Description: "An API token of class operator, sync or partner; each operation names the classes that may call it."},
	}
	aliases(c.Components.Schemas)
	return c
}

// aliases gives the types of the catalog that are not what their Go form
// looks like. An [aisles.Opt] is its value, or null.
func aliases(r huma.Registry) {
	alias[aisles.Money, moneySchema](r)
	alias[aisles.Opt[bool], *bool](r)
	alias[aisles.Opt[string], *string](r)
	alias[aisles.Opt[aisles.Status], *string](r)
	alias[aisles.Opt[aisles.Policy], *string](r)
	alias[aisles.Opt[aisles.Money], moneySchema](r)
	alias[aisles.Opt[*aisles.Weight], *aisles.Weight](r)
	alias[aisles.Opt[aisles.SEOPatch], *aisles.SEOPatch](r)
	alias[aisles.Opt[[]string], []string](r)
	alias[aisles.Opt[[]aisles.Option], []aisles.Option](r)
	alias[aisles.Opt[[]aisles.VariantPatch], []aisles.VariantPatch](r)
	alias[aisles.Opt[[]aisles.Media], []aisles.Media](r)
	alias[aisles.Opt[[]aisles.Metafield], []aisles.Metafield](r)
	alias[aisles.Opt[[]aisles.Level], []aisles.Level](r)
}

func alias[T, As any](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[T](), reflect.TypeFor[As]())
}

// moneySchema is what [aisles.ParseMoney] takes, as text or as a number.
type moneySchema string

// Schema says so.
func (moneySchema) Schema(huma.Registry) *huma.Schema {
	zero := 0.0
	return &huma.Schema{
		Description: "An amount in the partner's currency: a decimal with up to four places, as text. Empty is no amount. A number is taken too.",
		Examples:    []any{"19.90"},
		OneOf: []*huma.Schema{
			{Type: huma.TypeString, Pattern: `^(0*[0-9]{1,18}(\.[0-9]{0,4}0*)?)?$`, PatternDescription: "an amount such as 19.90"},
			{Type: huma.TypeNumber, Minimum: &zero},
		},
	}
}
