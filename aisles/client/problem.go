package client

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"

	"aisles/aisles"
)

// problem is the part of a problem document (RFC 9457) the client reads.
type problem struct {
	Title     string          `json:"title"`
	Detail    string          `json:"detail"`
	Code      aisles.Code     `json:"code"`
	Field     string          `json:"field"`
	RequestID string          `json:"request_id"`
	Import    *aisles.Import  `json:"import"`
	Errors    []problemDetail `json:"errors"`
}

type problemDetail struct {
	Message  string `json:"message"`
	Location string `json:"location"`
}

// refusal makes the error of an answer that is no success.
func refusal(res *http.Response, raw []byte) error {
	var p problem
	if json.Unmarshal(raw, &p) != nil || p.Code == "" {
		return &aisles.Error{Code: codeOf(res.StatusCode), Message: fmt.Sprintf("HTTP status %s, and no reason in Aisles' form", res.Status)}
	}
	e := &aisles.Error{Code: p.Code, Message: cmp.Or(p.Detail, p.Title, res.Status), Field: p.Field}
	if p.Code == aisles.Internal && p.RequestID != "" {
		return fmt.Errorf("%w (request %s)", e, p.RequestID)
	}
	return e
}

// codeOf gives the code of an answer that names none: it comes from a proxy
// before Aisles, or is not Aisles at all.
func codeOf(status int) aisles.Code {
	switch status {
	case http.StatusUnauthorized:
		return aisles.Unauthorized
	case http.StatusForbidden:
		return aisles.Forbidden
	case http.StatusNotFound:
		return aisles.NotFound
	case http.StatusConflict, http.StatusPreconditionFailed:
		return aisles.Conflict
	case http.StatusRequestEntityTooLarge:
		return aisles.TooLarge
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return aisles.Unavailable
	}
	return aisles.Internal
}
