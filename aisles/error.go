package aisles

import (
	"errors"
	"fmt"
)

// Code says what kind of error an [Error] is. Machines read the code, people
// the message.
type Code string

// The codes of the catalog. An error that is no [Error] counts as [Internal].
const (
	Conflict     Code = "conflict"
	Gone         Code = "gone" // a cursor that cannot be continued from
	Invalid      Code = "invalid"
	NotFound     Code = "not_found"
	Unauthorized Code = "unauthorized"
	Forbidden    Code = "forbidden"
	TooLarge     Code = "too_large"
	Unavailable  Code = "unavailable" // try again later
	Internal     Code = "internal"
)

// Error is an error a caller may act on. Message is fit to be shown and holds
// nothing secret.
type Error struct {
	Code    Code
	Message string
	// Field is the path of the value at fault, for example "variants[2].price"; empty when
	// the error is not about one value.
	Field string
}

// Error gives the message, with the field in front when there is one.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}

// Errorf makes an [Error] of the given code.
func Errorf(code Code, format string, args ...any) error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// FieldErrorf makes an [Error] of code [Invalid] about one value.
func FieldErrorf(field, format string, args ...any) error {
	return &Error{Code: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// CodeOf gives the code of the first [Error] in err's chain; "" for nil and
// [Internal] for any other error.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return Internal
}
