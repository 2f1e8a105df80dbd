package shopify

// MaxPage is the most nodes a page, and the most ids a read by ids, may have,
// https://shopify.dev/docs/api/usage/limits#input-array-limits.
const MaxPage = 250

// Connection is a page of nodes. PageInfo is empty where an operation asks for
// one page alone.
type Connection[T any] struct {
	Nodes    []T      `json:"nodes"`
	PageInfo PageInfo `json:"pageInfo"`
}
