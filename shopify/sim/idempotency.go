package sim

import (
	"encoding/json"
	"time"
)

// idempotent is the remembered answer of a mutation under an idempotency key.
type idempotent struct {
	request string
	at      time.Time
	answer  any
	errs    []userError
}

// idempotencyKept is how long a key is remembered,
// https://shopify.dev/docs/api/usage/idempotent-requests.
const idempotencyKept = 24 * time.Hour

// once runs a mutation under an idempotency key: a repetition with the same
// input answers what the first did, one with another input is refused. An
// attempt that failed leaves the key free.
func (s *state) once(mutation, key string, args input, run func() (any, []userError)) (any, []userError) {
	raw, _ := json.Marshal(args) // maps are written in key order
	if old, ok := s.idempotency[mutation+" "+key]; ok && s.now().Sub(old.at) < idempotencyKept {
		if old.request != string(raw) {
			return nil, []userError{failf("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "", "The same idempotency key cannot be used with different operation parameters.")}
		}
		return old.answer, old.errs
	}
	answer, errs := run()
	if len(errs) == 0 {
		s.idempotency[mutation+" "+key] = idempotent{string(raw), s.now(), answer, errs}
	}
	return answer, errs
}
