package sim

import (
	"encoding/json"
	"slices"
	"strings"
)

// metafieldView shows a metafield and whose it is; qualified makes its key
// read "namespace.key", as metafields(keys:) answers.
type metafieldView struct {
	*metafield
	owner     string
	qualified bool
}

func (*metafieldView) typeName() string  { return "Metafield" }
func (f *metafieldView) cursorID() int64 { return f.id }

// ownerTypes gives the MetafieldOwnerType of a global id's kind.
var ownerTypes = map[string]string{"Product": "PRODUCT", "ProductVariant": "PRODUCTVARIANT", "Shop": "SHOP"}

func (f *metafieldView) ownerType() string {
	kind, _, _ := splitGID(f.owner)
	return ownerTypes[kind]
}

// metafieldFields are the fields of Metafield.
var metafieldFields = table{
	"id":               get(func(f *metafieldView) any { return f.gid() }),
	"legacyResourceId": get(func(f *metafieldView) any { return legacyID(f.id) }),
	"namespace":        get(func(f *metafieldView) any { return f.namespace }),
	"key": get(func(f *metafieldView) any {
		if f.qualified {
			return f.namespace + "." + f.key
		}
		return f.key
	}),
	"type":          get(func(f *metafieldView) any { return f.typ }),
	"value":         get(func(f *metafieldView) any { return f.value }),
	"jsonValue":     get(func(f *metafieldView) any { return f.jsonValue() }),
	"compareDigest": get(func(f *metafieldView) any { return f.digest() }),
	"sizeInBytes":   get(func(f *metafieldView) any { return len(f.value) }),
	"createdAt":     get(func(f *metafieldView) any { return f.createdAt }),
	"updatedAt":     get(func(f *metafieldView) any { return f.updatedAt }),
	"ownerType":     get(func(f *metafieldView) any { return f.ownerType() }),
	"owner":         field(func(r *request, f *metafieldView, _ input) (any, error) { return r.node(f.owner), nil }),
	"definition": field(func(r *request, f *metafieldView, _ input) (any, error) {
		return objectOf(r.definition(f.ownerType(), f.namespace, f.key)), nil
	}),
	"reference": field(func(r *request, f *metafieldView, _ input) (any, error) {
		if strings.HasSuffix(f.typ, "_reference") && !strings.HasPrefix(f.typ, "list.") {
			return r.node(f.value), nil
		}
		return nil, nil
	}),
	"references": field(func(r *request, f *metafieldView, args input) (any, error) {
		if !strings.HasPrefix(f.typ, "list.") || !strings.HasSuffix(f.typ, "_reference") {
			return nil, nil
		}
		var found []object
		for _, id := range jsonStrings(f.value) {
			if o, ok := r.node(id).(object); ok {
				found = append(found, o)
			}
		}
		return connect(found, args)
	}),
	"description": nothing, "translations": constant([]object{}),
}

// jsonValue is the value as its type reads it: text as a string, the rest as
// the JSON it is.
func (f *metafield) jsonValue() any {
	base, list := elementType(f.typ)
	switch base {
	case "boolean", "number_integer", "integer", "json", "json_string", "money", "rating", "dimension", "weight", "volume", "link", "rich_text_field":
		list = true
	}
	if list && json.Valid([]byte(f.value)) {
		return json.RawMessage(f.value)
	}
	return f.value
}

// metafieldsOf makes the fields of HasMetafields for a type.
func metafieldsOf(owned func(object) (gid string, fields metafields)) table {
	return table{
		"metafield": func(_ *request, self object, args input) (any, error) {
			id, fields := owned(self)
			namespace, key := resolveNamespace(args.text("namespace")), args.text("key")
			if ns, rest, qualified := cutKey(key); qualified && !args.given("namespace") {
				namespace, key = ns, rest
			}
			f := fields.find(namespace, key)
			if f == nil {
				return nil, nil
			}
			return &metafieldView{f, id, false}, nil
		},
		"metafields": func(_ *request, self object, args input) (any, error) {
			id, fields := owned(self)
			return connect(fields.list(id, args), args)
		},
		"metafieldDefinitions": func(r *request, self object, args input) (any, error) {
			id, _ := owned(self)
			kind, _, _ := splitGID(id)
			return r.definitionsPage(ownerTypes[kind], args, nil)
		},
	}
}

// cutKey splits "namespace.key".
func cutKey(key string) (namespace, rest string, ok bool) {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return "", key, false
	}
	return resolveNamespace(key[:i]), key[i+1:], true
}

// list shows the fields the arguments namespace and keys select: all, or those
// with the keys in the keys' order.
func (m metafields) list(owner string, args input) []*metafieldView {
	var out []*metafieldView
	namespace := args.text("namespace")
	if namespace != "" {
		namespace = resolveNamespace(namespace)
	}
	if !args.given("keys") {
		for _, f := range m {
			if namespace == "" || f.namespace == namespace {
				out = append(out, &metafieldView{f, owner, false})
			}
		}
		return out
	}
	for _, k := range args.texts("keys") {
		ns, key, qualified := cutKey(k)
		if !qualified {
			ns = namespace
		}
		if f := m.find(ns, key); f != nil && (namespace == "" || ns == namespace) {
			out = append(out, &metafieldView{f, owner, qualified})
		}
	}
	return out
}

func (*definition) typeName() string  { return "MetafieldDefinition" }
func (d *definition) cursorID() int64 { return d.id }

// typeCategories are the categories of metafield types, as Shopify's admin
// groups them.
var typeCategories = map[string]string{
	"boolean": "TRUE_FALSE", "color": "COLOR", "date": "DATE_TIME", "date_time": "DATE_TIME", "dimension": "MEASUREMENT", "id": "ID", "json": "JSON",
	"link": "LINK", "money": "MONEY", "number_decimal": "NUMBER", "number_integer": "NUMBER", "rating": "RATING", "url": "URL",
	"volume": "MEASUREMENT", "weight": "MEASUREMENT",
}

func typeCategory(typ string) string {
	base, _ := elementType(typ)
	if c, ok := typeCategories[base]; ok {
		return c
	}
	if strings.HasSuffix(base, "_reference") {
		return "REFERENCE"
	}
	return "TEXT"
}

// definitionFields are the fields of MetafieldDefinition.
var definitionFields = table{
	"id":          get(func(d *definition) any { return d.gid() }),
	"namespace":   get(func(d *definition) any { return d.namespace }),
	"key":         get(func(d *definition) any { return d.key }),
	"name":        get(func(d *definition) any { return d.name }),
	"description": get(func(d *definition) any { return d.description }),
	"ownerType":   get(func(d *definition) any { return d.owner }),
	"type": get(func(d *definition) any {
		return answer(map[string]any{
			"name": d.typ, "category": typeCategory(d.typ), "supportedValidations": []object{},
			"supportsDefinitionMigrations": !strings.HasPrefix(d.typ, "list."),
		})
	}),
	"pinnedPosition": get(func(d *definition) any {
		if d.pinned == 0 {
			return nil
		}
		return d.pinned
	}),
	"access": get(func(d *definition) any {
		return answer(map[string]any{"admin": d.access.admin, "storefront": d.access.storefront, "customerAccount": d.access.customer})
	}),
	"capabilities": get(func(d *definition) any { return d.capabilities() }),
	"validations": get(func(d *definition) any {
		return listOf(d.validations, func(v definitionValidation) *record {
			return answer(map[string]any{"name": v.name, "type": "single_line_text_field", "value": v.value})
		})
	}),
	"metafieldsCount": field(func(r *request, d *definition, _ input) (any, error) { return len(r.definedBy(d)), nil }),
	"metafields":      field(func(r *request, d *definition, args input) (any, error) { return connect(r.definedBy(d), args) }),

	"validationStatus": constant("ALL_VALID"), "useAsCollectionCondition": get(func(d *definition) any { return d.condition }),
	"constraints": nothing, "standardTemplate": nothing,
}

// capabilities tells what the definition's metafields can be used for.
func (d *definition) capabilities() object {
	filter := "NOT_FILTERABLE"
	if d.filterable {
		filter = "FILTERABLE"
	}
	flag := func(eligible, enabled bool) object {
		return answer(map[string]any{"eligible": eligible, "enabled": enabled, "status": filter})
	}
	return answer(map[string]any{
		"uniqueValues":             flag(slices.Contains(uniqueTypes, d.typ), d.unique),
		"adminFilterable":          flag(d.canFilter(), d.filterable),
		"smartCollectionCondition": flag(d.canBeCondition(), d.condition),
		"analyticsQueryable":       flag(true, false),
		"cartToOrderCopyable":      flag(false, false),
	})
}

// unfilterable are the types whose values the admin cannot filter by,
// https://shopify.dev/docs/apps/build/custom-data/metafields/use-metafield-capabilities.
var unfilterable = []string{
	"color", "dimension", "json", "link", "money", "multi_line_text_field", "rating", "rich_text_field", "url", "volume", "weight",
}

func (d *definition) canFilter() bool {
	base, _ := elementType(d.typ)
	return !slices.Contains(unfilterable, base)
}

// conditionTypes are the types smart collections can select by.
var conditionTypes = []string{"boolean", "metaobject_reference", "number_decimal", "number_integer", "rating", "single_line_text_field"}

func (d *definition) canBeCondition() bool {
	return (d.owner == "PRODUCT" || d.owner == "PRODUCTVARIANT") && slices.Contains(conditionTypes, d.typ)
}

// definedBy lists the metafields a definition describes.
func (s *state) definedBy(d *definition) []*metafieldView {
	var out []*metafieldView
	add := func(owner string, fields metafields) {
		if f := fields.find(d.namespace, d.key); f != nil {
			out = append(out, &metafieldView{f, owner, false})
		}
	}
	switch d.owner {
	case "SHOP":
		add(gid("Shop", s.info.id), s.shopFields)
	case "PRODUCT", "PRODUCTVARIANT":
		for _, p := range s.products {
			if d.owner == "PRODUCT" {
				add(p.gid(), p.fields)
				continue
			}
			for _, v := range p.variants {
				add(v.gid(), v.fields)
			}
		}
	}
	return out
}
