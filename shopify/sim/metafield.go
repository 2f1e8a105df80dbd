package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// metafield is one custom field of an owner.
type metafield struct {
	id        int64
	namespace string
	key       string
	typ       string
	value     string
	createdAt time.Time
	updatedAt time.Time
}

// metafields are an owner's, in the order they were made.
type metafields []*metafield

func (f *metafield) gid() string { return gid("Metafield", f.id) }

// digest is opaque to clients: a function of type and value only.
func (f *metafield) digest() string {
	sum := sha256.Sum256([]byte("shopify-sim\x00" + f.typ + "\x00" + f.value))
	return hex.EncodeToString(sum[:])
}

func (m metafields) find(namespace, key string) *metafield {
	i := slices.IndexFunc(m, func(f *metafield) bool { return f.namespace == namespace && f.key == key })
	if i < 0 {
		return nil
	}
	return m[i]
}

func (m metafields) clone() metafields {
	out := make(metafields, len(m))
	for i, f := range m {
		c := *f
		out[i] = &c
	}
	return out
}

// resolveNamespace turns "", "$app" and "$app:x" into the app's own namespace.
func resolveNamespace(ns string) string {
	switch {
	case ns == "" || ns == "$app":
		return "app--" + AppID
	case strings.HasPrefix(ns, "$app:"):
		return "app--" + AppID + "--" + ns[len("$app:"):]
	}
	return ns
}

// foreignNamespace tells whether the namespace is reserved for another app.
func foreignNamespace(ns string) bool {
	own := "app--" + AppID
	return strings.HasPrefix(ns, "app--") && ns != own && !strings.HasPrefix(ns, own+"--")
}

// metafieldInput is a metafield as a mutation gives it; namespace is resolved.
type metafieldInput struct {
	namespace string
	key       string
	typ       string
	value     string
}

// metafieldFault is one complaint about an input: which of its fields
// ("" for the whole), text, code, and the list element (-1 for none).
type metafieldFault struct {
	field   string
	message string
	code    string
	element int
}

// metafieldOwner names what carries a metafield.
type metafieldOwner struct {
	typ string // MetafieldOwnerType
	id  int64
}

var reservedNamespaces = []string{"shopify_standard", "protected", "shopify-l10n-fields"}

// namePattern is what namespaces and keys may consist of.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// checkMetafield validates an input for an owner and gives the type it will
// have: that of its definition, else the one it names.
func (s *state) checkMetafield(owner metafieldOwner, in metafieldInput) (typ string, faults []metafieldFault) {
	if foreignNamespace(in.namespace) {
		return "", []metafieldFault{{"", notAllowedNamespace, "APP_NOT_AUTHORIZED", -1}}
	}
	if slices.Contains(reservedNamespaces, in.namespace) {
		return "", []metafieldFault{{"namespace", fmt.Sprintf("Namespace %s is a reserved namespace", in.namespace), "", -1}}
	}
	faults = append(checkName("namespace", in.namespace, 3, 255), checkName("key", in.key, 2, 64)...)
	if len(faults) > 0 {
		return "", faults
	}
	typ, fault := s.metafieldType(owner.typ, in)
	if fault != nil {
		return "", []metafieldFault{*fault}
	}
	checker := valueChecker{currency: s.info.currency, exists: s.exists}
	for _, v := range checker.check(typ, in.value) {
		faults = append(faults, metafieldFault{"value", v.message, "INVALID_VALUE", v.element})
	}
	if len(faults) == 0 {
		faults = s.checkDefinition(owner, in)
	}
	return typ, faults
}

const notAllowedNamespace = "Access to this namespace and key on Metafields for this resource type is not allowed."

func checkName(field, value string, low, high int) []metafieldFault {
	label := strings.ToUpper(field[:1]) + field[1:]
	switch n := utf8.RuneCountInString(value); {
	case n < low:
		return []metafieldFault{{field, fmt.Sprintf("%s is too short (minimum is %d characters)", label, low), "TOO_SHORT", -1}}
	case n > high:
		return []metafieldFault{{field, fmt.Sprintf("%s is too long (maximum is %d characters)", label, high), "TOO_LONG", -1}}
	case !namePattern.MatchString(value):
		return []metafieldFault{{field, label + " contains one or more invalid characters.", "INVALID", -1}}
	}
	return nil
}

// metafieldType decides an input's type from definition and input.
func (s *state) metafieldType(ownerType string, in metafieldInput) (string, *metafieldFault) {
	if d := s.definition(ownerType, in.namespace, in.key); d != nil {
		if in.typ != "" && in.typ != d.typ {
			return "", &metafieldFault{"type", fmt.Sprintf("Type '%s' must be consistent with the definition's type: '%s'.", in.typ, d.typ), "INVALID_TYPE", -1}
		}
		return d.typ, nil
	}
	switch {
	case strings.TrimSpace(in.typ) == "":
		return "", &metafieldFault{"type", "Type can't be blank", "BLANK", -1}
	case !knownMetafieldType(in.typ):
		return "", &metafieldFault{"type", "Type must be one of the following: " + strings.Join(metafieldTypes(), ", ") + ".", "INCLUSION", -1}
	}
	return in.typ, nil
}

// write sets or makes a field and tells which it is now.
func (m *metafields) write(s *state, in metafieldInput, typ string) *metafield {
	f := m.find(in.namespace, in.key)
	if f == nil {
		f = &metafield{id: s.newID(), namespace: in.namespace, key: in.key, createdAt: s.now()}
		*m = append(*m, f)
	}
	if f.value != in.value || f.typ != typ {
		f.typ, f.value, f.updatedAt = typ, in.value, s.now()
	}
	return f
}

// owned gives the metafields of an owner by its global id; nil when the shop
// holds no such owner or none that carries metafields.
func (s *state) owned(id string) (*metafields, metafieldOwner) {
	kind, n, ok := splitGID(id)
	if !ok {
		return nil, metafieldOwner{}
	}
	switch kind {
	case "Product":
		if p := s.productByID(n); p != nil {
			return &p.fields, metafieldOwner{"PRODUCT", n}
		}
	case "ProductVariant":
		if v := s.variants[n]; v != nil {
			return &v.fields, metafieldOwner{"PRODUCTVARIANT", n}
		}
	case "Shop":
		if n == s.info.id {
			return &s.shopFields, metafieldOwner{"SHOP", n}
		}
	}
	return nil, metafieldOwner{}
}
