package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"aisles/aisles"
	"aisles/aisles/store"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// keyHeader names the header of requests that are to be carried out once.
const keyHeader = "Idempotency-Key"

// maxKey bounds an idempotency key, in bytes.
const maxKey = 255

// answers keeps requests of one key from running at the same time in this
// process. Between processes the store's first answer stays.
type answers struct {
	mu    sync.Mutex
	locks map[string]*answerLock
}

type answerLock struct {
	mu    sync.Mutex
	users int
}

// lock waits for its turn and gives what ends it.
func (a *answers) lock(key string) (unlock func()) {
	a.mu.Lock()
	if a.locks == nil {
		a.locks = map[string]*answerLock{}
	}
	l := a.locks[key]
	if l == nil {
		l = &answerLock{}
		a.locks[key] = l
	}
	l.users++
	a.mu.Unlock()
	l.mu.Lock()
	return func() {
		l.mu.Unlock()
		a.mu.Lock()
		defer a.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(a.locks, key)
		}
	}
}

// once is the middleware of operations that heed an Idempotency-Key.
func (a *api) once() huma.Middlewares {
	return huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		key := ctx.Header(keyHeader)
		if key == "" {
			next(ctx)
			return
		}
		if err := a.carryOutOnce(ctx, key, next); err != nil {
			a.refuse(ctx, err)
		}
	}}
}

func (a *api) carryOutOnce(ctx huma.Context, key string, next func(huma.Context)) error {
	if len(key) > maxKey {
		return aisles.FieldErrorf("header."+keyHeader, "is longer than %d bytes", maxKey)
	}
	c := ctx.Context().Value(callerKey{}).(caller)
	r, w := humago.Unwrap(ctx)
	body, err := io.ReadAll(io.LimitReader(r.Body, smallBody))
	switch {
	case err != nil:
		return newProblem(ctx.Context(), http.StatusBadRequest, "the request's body broke off")
	case len(body) == smallBody:
		return aisles.Errorf(aisles.TooLarge, "the request's body is larger than %d bytes", smallBody)
	}
	key = c.id + " " + key
	defer a.answers.lock(key)()
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s\n%s", r.Method, r.URL.RequestURI(), body))
	kept, found, err := c.store.Idempotent(ctx.Context(), key, digest[:])
	if err != nil {
		return err
	}
	if found {
		ctx.SetHeader("Content-Type", kept.ContentType)
		ctx.SetHeader("Idempotent-Replayed", "true")
		ctx.SetStatus(kept.Status)
		_, _ = ctx.BodyWriter().Write(kept.Body) // a caller who has gone is told nothing
		return nil
	}
	seen := &copied{ResponseWriter: w}
	again := r.WithContext(ctx.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	next(huma.WithContext(humago.NewContext(ctx.Operation(), again, seen), ctx.Context()))
	if seen.status < 200 || seen.status >= 300 {
		return nil // what failed may be tried again
	}
	// It is done: that the caller has gone is no reason to forget it.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx.Context()), finishTime)
	defer cancel()
	err = c.store.KeepAnswer(after, key, digest[:], store.IdempotentAnswer{
		Status: seen.status, ContentType: w.Header().Get("Content-Type"), Body: seen.body.Bytes(),
	})
	if err != nil {
		requestOf(ctx.Context()).err = errors.Join(errors.New("keep the answer for a repeated request"), err)
	}
	return nil
}

// copied copies an answer on its way.
type copied struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader notes the status.
func (c *copied) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

// Write copies what is written.
func (c *copied) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.ResponseWriter.Write(b)
}

// Unwrap gives the writer beneath, for [http.ResponseController].
func (c *copied) Unwrap() http.ResponseWriter { return c.ResponseWriter }
