package api

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"aisles/aisles"
	"aisles/internal/db"
)

func TestProblemOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   aisles.Code
		logged bool
	}{
		{aisles.Errorf(aisles.Conflict, "x"), 409, aisles.Conflict, false},
		{aisles.Errorf(aisles.Gone, "x"), 410, aisles.Gone, false},
		{aisles.FieldErrorf("f", "x"), 422, aisles.Invalid, false},
		{aisles.Errorf(aisles.NotFound, "x"), 404, aisles.NotFound, false},
		{aisles.Errorf(aisles.Unauthorized, "x"), 401, aisles.Unauthorized, false},
		{aisles.Errorf(aisles.Forbidden, "x"), 403, aisles.Forbidden, false},
		{aisles.Errorf(aisles.TooLarge, "x"), 413, aisles.TooLarge, false},
		{aisles.Errorf(aisles.Unavailable, "x"), 503, aisles.Unavailable, false},
		{aisles.Errorf(aisles.Internal, "hush"), 500, aisles.Internal, true},
		{errors.New("hush"), 500, aisles.Internal, true},
		{db.ErrRefused, 503, aisles.Unavailable, true},
		{db.ErrBusy, 503, aisles.Unavailable, true},
		{db.ErrUnreachable, 503, aisles.Unavailable, true},
		{db.ErrFull, 500, aisles.Internal, true},
		{errNotReady, 503, aisles.Unavailable, true},
		{context.Canceled, 503, aisles.Unavailable, true},
		{context.DeadlineExceeded, 503, aisles.Unavailable, true},
		{newProblem(t.Context(), 418, "x"), 418, aisles.Invalid, false},
	} {
		q := &request{id: "R"}
		p := problemOf(context.WithValue(t.Context(), requestKey{}, q), fmt.Errorf("do it: %w", c.err))
		if p.Status != c.status || p.Code != c.code || (q.err != nil) != c.logged || p.Detail == "" || p.Detail == "hush" {
			t.Errorf("%v: %d %s %q, logged %v; want %d %s, logged %v", c.err, p.Status, p.Code, p.Detail, q.err, c.status, c.code, c.logged)
		}
		after, err := strconv.Atoi(p.header.Get("Retry-After"))
		if p.Status == 503 && (err != nil || after < 1 || after > 3) || p.Status != 503 && err == nil {
			t.Errorf("%v: Retry-After %q", c.err, p.header.Get("Retry-After"))
		}
	}
}
