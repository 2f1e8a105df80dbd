package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"aisles/aisles"

	"github.com/danielgtaylor/huma/v2"
)

// security names the bearer scheme in the OpenAPI document.
const security = "token"

// streamed marks an operation whose body is a feed, in its metadata.
const streamed = "streamed"

// Bounds of bodies, in bytes. A feed has none.
const (
	smallBody   = 1 << 20
	productBody = 64 << 20 // 250 products with long texts
)

// who may call an operation.
var (
	everyone  = []Class{Operator, Sync, Partner}
	operators = []Class{Operator}
	people    = []Class{Operator, Partner}
)

// routes adds an operation: who may call it, and its handler.
func route[I, O any](a *api, op huma.Operation, who []Class, handle func(context.Context, caller, *I) (*O, error)) {
	may := make([]string, len(who))
	for i, c := range who {
		may[i] = string(c)
	}
	op.Security = []map[string][]string{{security: may}}
	op.Description = strings.TrimSpace(op.Description + "\n\nMay be called by: " + strings.Join(may, ", ") + ".")
	op.BodyReadTimeout = -1 // [patientBody] sees to it
	if op.MaxBodyBytes == 0 {
		op.MaxBodyBytes = smallBody
	}
	if len(op.Errors) == 0 {
		op.Errors = usual()
	}
	op.Middlewares = append(huma.Middlewares{a.admit(who)}, op.Middlewares...)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, ctx.Value(callerKey{}).(caller), in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
}

// usual are the statuses of errors that any operation may have.
func usual() []int {
	return []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable}
}

type callerKey struct{}

// admit finds out who calls, before anything of the request is read, and bounds
// the request unless it is a feed.
func (a *api) admit(who []Class) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if ctx.Operation().Metadata[streamed] == nil {
			bounded, cancel := context.WithTimeout(ctx.Context(), patience)
			defer cancel()
			requestOf(bounded).until, _ = bounded.Deadline()
			ctx = huma.WithContext(ctx, bounded)
		}
		scheme, text, _ := strings.Cut(ctx.Header("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			text = ""
		}
		c, err := a.tokens.find(ctx.Context(), strings.TrimSpace(text))
		if err == nil {
			q := requestOf(ctx.Context())
			q.class, q.tokenID = string(c.class), c.id
			if !slices.Contains(who, c.class) {
				err = aisles.Errorf(aisles.Forbidden, "this is not for tokens of class %s", c.class)
			}
		}
		if err == nil {
			_, err = c.only(ctx.Param("partner"))
		}
		if err != nil {
			a.refuse(ctx, err)
			return
		}
		next(huma.WithValue(ctx, callerKey{}, c))
	}
}

// refuse answers with a problem from within a middleware.
func (a *api) refuse(ctx huma.Context, err error) {
	p := problemOf(ctx.Context(), err)
	for name, values := range p.header {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // a caller who has gone is told nothing
}

// only gives the partner that is meant: a token that is bound to one means it,
// and knows of no other.
func (c caller) only(partner string) (string, error) {
	if c.partner == "" || partner == c.partner {
		return partner, nil
	}
	if partner == "" {
		return c.partner, nil
	}
	return "", noPartner(partner)
}

func noPartner(key string) error {
	return aisles.Errorf(aisles.NotFound, "there is no partner %q", key)
}

// by names the caller in what is recorded of a decision.
func (c caller) by() string { return "API token " + c.id }

// PagingInput is the query of a list.
type PagingInput struct {
	After string `query:"after" doc:"The next of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"250" default:"100" doc:"The most items of the page."`
}

// page is a part of a list.
type page[T any] struct {
	Body struct {
		Items []T    `json:"items" nullable:"false" required:"true"`
		Next  string `json:"next,omitempty" doc:"Where the next page begins; absent at the list's end."`
	}
}

// pageOf makes a page. A full one may have a next.
func pageOf[T any](items []T, limit int, key func(T) string) *page[T] {
	var out page[T]
	out.Body.Items = items
	if items == nil {
		out.Body.Items = []T{}
	}
	if n := len(items); n > 0 && n >= limit {
		out.Body.Next = key(items[n-1])
	}
	return &out
}

// MatchInput is the condition of a read.
type MatchInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"An ETag; 304 when the resource still has it."`
}

// single is one resource.
type single[T any] struct {
	Status int
	ETag   string `header:"ETag"`
	Body   T
}

// singleOf gives the resource, or 304 when the caller has it.
func singleOf[T any](in MatchInput, v T) (*single[T], error) {
	tag, err := tagOf(v)
	if err != nil {
		return nil, err
	}
	out := &single[T]{Status: http.StatusOK, ETag: tag, Body: v}
	if names(in.IfNoneMatch, tag, true) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// tagOf gives the ETag of a resource.
func tagOf(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return `"` + base64.RawURLEncoding.EncodeToString(h[:12]) + `"`, nil
}

// names reports whether the condition, a list of ETags or *, names the tag; a
// weak one names it if weak is enough.
func names(condition, tag string, weak bool) bool {
	for t := range strings.SplitSeq(condition, ",") {
		t = strings.TrimSpace(t)
		if weak {
			t = strings.TrimPrefix(t, "W/")
		}
		if t == tag || t == "*" {
			return true
		}
	}
	return false
}

// WriteInput is the condition of a write.
type WriteInput struct {
	IfMatch     string `header:"If-Match" doc:"ETags, or *: 412 unless the resource is there and has one of them."`
	IfNoneMatch string `header:"If-None-Match" doc:"ETags, or *: 412 if the resource is there and has one of them; * only creates."`
}

// allow refuses a write to a resource that is not as the caller takes it to
// be; old is nil when it is not there. If-Match compares strongly, If-None-Match
// weakly (RFC 9110 13.1).
func allow[T any](ctx context.Context, in WriteInput, old *T) error {
	var tag string
	if old != nil {
		var err error
		if tag, err = tagOf(*old); err != nil {
			return err
		}
	}
	lost := in.IfMatch != "" && (old == nil || !names(in.IfMatch, tag, false))
	taken := old != nil && names(in.IfNoneMatch, tag, true)
	if lost || taken {
		return newProblem(ctx, http.StatusPreconditionFailed, "the resource is not as the request takes it to be; read it again")
	}
	return nil
}

// result is an answer that is not a resource to come back to.
type result[T any] struct {
	Body T
}

// nothing is the answer to what leaves nothing to say.
type nothing struct{}

// PartnerPath is the path of what belongs to a partner.
type PartnerPath struct {
	Partner string `path:"partner" doc:"The partner's key."`
}
