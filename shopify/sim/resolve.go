package sim

// The contract between the engine, which knows GraphQL, and the domain files,
// which know shops. The engine parses, validates, prices and admits a request,
// then asks resolvers for the selected fields, and validates what they answer.

// object is a value of a GraphQL object type. typeName is the type's name; ""
// stands for the type the schema declares where the value appears, which
// serves for payloads, connections, user errors and other values that always
// stand where only one type is possible.
type object interface{ typeName() string }

// resolver gives the value of one field of self. args hold the arguments,
// coerced: defaults filled in, enums as strings, Int as int, Float as float64,
// list literals wrapped; an omitted argument is absent, null is nil.
//
// The result is nil, a scalar (string, bool, int, int64, float64, json.Number;
// time.Time for DateTime; for JSON any value), an object, or a slice of these.
// Pointers to scalars and nil pointers are followed. An error answers null for
// the field: a *topError is reported as it is, any other as Shopify's internal
// error, and a failure of the simulator.
type resolver func(r *request, self object, args input) (any, error)

// request is what resolvers know of the request they serve. The shop's lock is
// held while they run, so that one request at a time reads or changes a shop,
// and the shop is settled before the first.
type request struct {
	*state

	// idempotencyKey is the key of the @idempotent directive on the root field
	// that is being resolved, "" without one.
	idempotencyKey string

	// warnings go to extensions.search of the answer.
	warnings []searchWarning
}

// searchWarning reports what Shopify ignored in a search query.
type searchWarning struct {
	Path     []any           `json:"path"`
	Query    string          `json:"query"`
	Parsed   any             `json:"parsed,omitempty"`
	Warnings []searchProblem `json:"warnings"`
}

type searchProblem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// topError is an error that stands in the answer's errors instead of in a
// payload's userErrors.
type topError struct {
	message string
	code    string         // extensions.code
	path    []any          // below the field it is about, nil mostly
	extra   map[string]any // further extensions
	whole   bool           // the answer has errors only: no data
}

func (e *topError) Error() string { return e.message }

// table holds the resolvers of one object type by field name.
type table map[string]resolver

// field types a resolver's self.
func field[T object](f func(r *request, self T, args input) (any, error)) resolver {
	return func(r *request, self object, args input) (any, error) { return f(r, self.(T), args) }
}

// get is a field without arguments and errors.
func get[T object](f func(self T) any) resolver {
	return func(_ *request, self object, _ input) (any, error) { return f(self.(T)), nil }
}

// root is a field of QueryRoot or Mutation, which have no self.
func root(f func(r *request, args input) (any, error)) resolver {
	return func(r *request, _ object, args input) (any, error) { return f(r, args) }
}

// fieldValuer is an object that answers for its fields itself; the tables are
// asked for those it does not know. A value may be a resolver, called only
// when the field is selected.
type fieldValuer interface {
	object
	fieldValue(name string) (value any, ok bool)
}

// record is an object that is only its values: a payload, mostly.
type record struct {
	typ    string // "" for the declared type
	values map[string]any
}

func (o *record) typeName() string                        { return o.typ }
func (o *record) fieldValue(name string) (v any, ok bool) { v, ok = o.values[name]; return v, ok }

// answer makes a record of the declared type from names and values in turn.
func answer(values map[string]any) *record { return &record{values: values} }

// cursored is an object with a number that grows with its age and tells it
// from the others of its kind; cursors are made from it.
type cursored interface {
	object
	cursorID() int64
}
