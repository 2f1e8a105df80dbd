package aisles

import (
	"regexp"
	"time"
)

// Partner is a brand or retailer whose catalog Aisles holds and whose shop
// Phido keeps in step.
type Partner struct {
	// Key names the partner in URLs, on the command line and in custom ids:
	// 1 to 64 of a-z, 0-9 and "-".
	Key  string `json:"key"`
	Name string `json:"name"`
	// Currency is an ISO 4217 code. Empty until it is given or learnt from
	// the partner's shop.
	Currency  string    `json:"currency,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

var (
	partnerKey   = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
)

// Validate reports the first thing wrong with the partner as an [Error] of
// code [Invalid].
func (p Partner) Validate() error {
	if !partnerKey.MatchString(p.Key) {
		return Errorf(Invalid, "partner key %q: use 1 to 64 of a-z, 0-9 and -, not beginning or ending with -", p.Key)
	}
	if p.Currency != "" && !currencyCode.MatchString(p.Currency) {
		return Errorf(Invalid, "currency %q: use an ISO 4217 code such as EUR", p.Currency)
	}
	return nil
}
