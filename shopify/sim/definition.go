package sim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// definition is a metafield definition.
type definition struct {
	id          int64
	owner       string // MetafieldOwnerType
	namespace   string
	key         string
	name        string
	description *string
	typ         string
	unique      bool
	filterable  bool
	condition   bool // usable as a condition of smart collections
	pinned      int  // position, 0 for unpinned
	access      definitionAccess
	validations []definitionValidation
}

type definitionAccess struct{ admin, storefront, customer string }

type definitionValidation struct{ name, value string }

// Limits, https://shopify.dev/docs/apps/build/custom-data/metafields/metafield-limits.
const (
	maxDefinitions = 256
	maxPinned      = 20
)

func (d *definition) gid() string { return gid("MetafieldDefinition", d.id) }

func (s *state) definition(owner, namespace, key string) *definition {
	i := slices.IndexFunc(s.definitions, func(d *definition) bool {
		return d.owner == owner && d.namespace == namespace && d.key == key
	})
	if i < 0 {
		return nil
	}
	return s.definitions[i]
}

// ownerLabels words the owner types that read otherwise than title-cased.
var ownerLabels = map[string]string{"PRODUCTVARIANT": "ProductVariant", "DRAFTORDER": "DraftOrder", "COMPANY_LOCATION": "CompanyLocation", "MEDIA_IMAGE": "MediaImage"}

func ownerLabel(owner string) string {
	if l, ok := ownerLabels[owner]; ok {
		return l
	}
	return owner[:1] + strings.ToLower(owner[1:])
}

// define adds a definition unless it breaks a rule.
func (s *state) define(d *definition, pin bool) []userError {
	if errs := s.checkNewDefinition(d, pin); len(errs) > 0 {
		return errs
	}
	d.id = s.newID()
	d.unique = d.unique || d.typ == "id"
	if pin {
		d.pinned = 1 + s.pinnedCount(d.owner)
	}
	s.definitions = append(s.definitions, d)
	if d.unique {
		s.reindexUnique()
	}
	return nil
}

func (s *state) pinnedCount(owner string) int {
	n := 0
	for _, d := range s.definitions {
		if d.owner == owner && d.pinned > 0 {
			n++
		}
	}
	return n
}

func (s *state) checkNewDefinition(d *definition, pin bool) []userError {
	var errs []userError
	for _, f := range append(checkName("namespace", d.namespace, 3, 255), checkName("key", d.key, 2, 64)...) {
		code := f.code
		if code == "INVALID" {
			code = "INVALID_CHARACTER"
		}
		errs = append(errs, failf(code, "definition."+f.field, "%s", f.message))
	}
	switch {
	case strings.TrimSpace(d.name) == "":
		errs = append(errs, failf("BLANK", "definition.name", "Name can't be blank"))
	case tooLong(d.name):
		errs = append(errs, failf("TOO_LONG", "definition.name", "Name is too long (maximum is %d characters)", maxString))
	}
	if !knownMetafieldType(d.typ) {
		errs = append(errs, failf("INCLUSION", "definition.type", "Type name %s is not a valid type. Valid types are: %s.", d.typ, strings.Join(metafieldTypes(), ", ")))
	}
	if len(errs) > 0 {
		return errs
	}
	return s.checkDefinitionPlace(d, pin)
}

// checkDefinitionPlace checks a well-formed definition against those there are.
func (s *state) checkDefinitionPlace(d *definition, pin bool) []userError {
	same := 0
	for _, o := range s.definitions {
		if o.owner == d.owner {
			same++
		}
	}
	switch {
	case foreignNamespace(d.namespace) || slices.Contains(reservedNamespaces, d.namespace):
		return []userError{failf("RESERVED_NAMESPACE_KEY", "definition.namespace", "Namespace %s is reserved.", d.namespace)}
	case s.definition(d.owner, d.namespace, d.key) != nil:
		return []userError{failf("TAKEN", "definition.key", "Key is in use for %s metafields on the '%s' namespace.", ownerLabel(d.owner), d.namespace)}
	case same >= maxDefinitions:
		return []userError{failf("RESOURCE_TYPE_LIMIT_EXCEEDED", "definition", "Stores can only have %d definitions for each store resource.", maxDefinitions)}
	case pin && s.pinnedCount(d.owner) >= maxPinned:
		return []userError{failf("PINNED_LIMIT_REACHED", "definition", "Limit of %d pinned definitions.", maxPinned)}
	case d.unique && !slices.Contains(uniqueTypes, d.typ):
		return []userError{failf("INVALID_CAPABILITY", "definition", "The capability unique_values is not valid for this definition.")}
	}
	return nil
}

// uniqueTypes are the metafield types that can demand unique values,
// https://shopify.dev/docs/apps/build/custom-data/metafields/use-metafield-capabilities.
var uniqueTypes = []string{"id", "single_line_text_field", "number_integer", "url"}

// checkDefinition checks a valid value against its definition: validations
// and uniqueness among the owners of one type.
func (s *state) checkDefinition(owner metafieldOwner, in metafieldInput) []metafieldFault {
	d := s.definition(owner.typ, in.namespace, in.key)
	if d == nil {
		return nil
	}
	if m := d.validate(in.value); m != "" {
		return []metafieldFault{{"value", m, "INVALID_VALUE", -1}}
	}
	if d.unique {
		if holder, taken := s.unique[uniqueKey(owner.typ, in.namespace, in.key, in.value)]; taken && holder != owner.id {
			return []metafieldFault{{"value", "Value is already assigned to another metafield. Choose a different value to ensure it's unique.", "CAPABILITY_VIOLATION", -1}}
		}
	}
	return nil
}

func uniqueKey(owner, namespace, key, value string) string {
	return strings.Join([]string{owner, namespace, key, value}, "\x00")
}

// indexUnique enters (or, with remove, takes out) an owner's unique values.
func (s *state) indexUnique(owner metafieldOwner, fields metafields, remove bool) {
	for _, f := range fields {
		d := s.definition(owner.typ, f.namespace, f.key)
		if d == nil || !d.unique {
			continue
		}
		if k := uniqueKey(owner.typ, f.namespace, f.key, f.value); !remove {
			s.unique[k] = owner.id
		} else if s.unique[k] == owner.id {
			delete(s.unique, k)
		}
	}
}

// reindexUnique rebuilds the index after a new definition.
func (s *state) reindexUnique() {
	clear(s.unique)
	for _, p := range s.products {
		s.indexUnique(metafieldOwner{"PRODUCT", p.id}, p.fields, false)
		for _, v := range p.variants {
			s.indexUnique(metafieldOwner{"PRODUCTVARIANT", v.id}, v.fields, false)
		}
	}
}

// byCustomID finds the owner of a unique metafield value; defined is false
// when no definition makes such values unique.
func (s *state) byCustomID(owner, namespace, key, value string) (id int64, defined bool) {
	d := s.definition(owner, namespace, key)
	if d == nil || !d.unique {
		return 0, false
	}
	return s.unique[uniqueKey(owner, namespace, key, value)], true
}

// validate applies a definition's validations to a value.
func (d *definition) validate(value string) string {
	for _, v := range d.validations {
		if m := v.check(d.typ, value); m != "" {
			return m
		}
	}
	return ""
}

// check words what is wrong with a value under one validation, "" if nothing.
func (v definitionValidation) check(typ, value string) string {
	if strings.HasPrefix(typ, "list.") {
		return ""
	}
	switch v.name {
	case "choices":
		if !slices.Contains(jsonStrings(v.value), value) {
			return fmt.Sprintf("Value does not exist in provided choices: %s.", v.value)
		}
	case "max":
		if c, ok := compareBound(typ, value, v.value); ok && c > 0 {
			return boundMessage(typ, "maximum", v.value)
		}
	case "min":
		if c, ok := compareBound(typ, value, v.value); ok && c < 0 {
			return boundMessage(typ, "minimum", v.value)
		}
	case "regex":
		if re, err := regexp.Compile(v.value); err == nil && !re.MatchString(value) {
			return "Value does not match the validation pattern."
		}
	}
	return ""
}
