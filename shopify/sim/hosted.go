package sim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"
	"time"
)

// Shop describes a simulated shop. Domain is required; what else is empty gets
// a default.
type Shop struct {
	Domain string `json:"domain"` // acme.myshopify.com; any host name will do
	Plan   string `json:"plan"`   // standard (default), advanced, plus or enterprise
	// Currency is an ISO 4217 code, USD by default.
	Currency    string `json:"currency"`
	AccessToken string `json:"access_token"` // one is made when empty
	// ClientID and ClientSecret are the app's, which are good for further
	// access tokens.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	// TokenSeconds is how long those last, in seconds of the shops' time; 0
	// stands for Shopify's 86399.
	TokenSeconds int `json:"token_seconds"`
	// Scopes are the access scopes of the token; nil are all.
	Scopes []string `json:"scopes"`
	// Locations are names; one called "default" when empty. They are fixed
	// when the shop is first added.
	Locations []string `json:"locations"`
	// LatencyMS delays every answer, in milliseconds of real time.
	LatencyMS int `json:"latency_ms"`
	// BulkLinesPerSecond is the speed of bulk operations.
	BulkLinesPerSecond float64 `json:"bulk_lines_per_second"`
}

// check fills in defaults and refuses what cannot be.
func (s *Shop) check() error {
	s.Domain = strings.ToLower(s.Domain)
	s.Plan = cmp.Or(s.Plan, "standard")
	s.Currency = cmp.Or(s.Currency, "USD")
	s.TokenSeconds = cmp.Or(s.TokenSeconds, tokenSeconds)
	if len(s.Locations) == 0 {
		s.Locations = []string{"default"}
	}
	if s.AccessToken == "" {
		h := fnv.New128a()
		h.Write([]byte(s.Domain))
		s.AccessToken = fmt.Sprintf("shpat_%x", h.Sum(nil))
	}
	_, planned := tariffs[s.Plan]
	switch {
	case s.Domain == "" || strings.ContainsAny(s.Domain, "/:? ") || strings.HasPrefix(s.Domain, "_"):
		return fmt.Errorf("shop domain %q is no host name", s.Domain)
	case !planned:
		return fmt.Errorf("shop %s: plan %q is not one of standard, advanced, plus, enterprise", s.Domain, s.Plan)
	case len(s.Currency) != 3:
		return fmt.Errorf("shop %s: currency %q is no ISO 4217 code", s.Domain, s.Currency)
	case s.LatencyMS < 0:
		return fmt.Errorf("shop %s: latency_ms is negative", s.Domain)
	case s.TokenSeconds < 0:
		return fmt.Errorf("shop %s: token_seconds is negative", s.Domain)
	case (s.ClientID == "") != (s.ClientSecret == ""):
		return fmt.Errorf("shop %s: client_id and client_secret go together", s.Domain)
	}
	return nil
}

// hosted is a shop the server hosts. Its lock guards all of it: one request at
// a time reads or changes a shop.
type hosted struct {
	mu     sync.Mutex
	config Shop
	state  *state
	bucket *bucket
	grants map[string]time.Time // access tokens granted, and when they expire
	// uninstalled says that the app is no longer in the shop.
	uninstalled bool
}

// AddShop adds a shop, or changes the settings of one that is there: its data
// and the tokens it granted stay, and the app is installed.
func (s *Server) AddShop(shop Shop) error {
	if err := shop.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.now()
	for _, h := range s.shops {
		if h.config.Domain != shop.Domain {
			continue
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		shop.Locations = h.config.Locations
		h.state.info.currency, h.state.info.plan = shop.Currency, shop.Plan
		if h.config.Plan != shop.Plan {
			h.bucket = newBucket(tariffs[shop.Plan], now)
		}
		h.config, h.uninstalled = shop, false
		return nil
	}
	name, _, _ := strings.Cut(shop.Domain, ".")
	info := shopInfo{name: name, domain: shop.Domain, currency: shop.Currency, plan: shop.Plan}
	s.shops = append(s.shops, &hosted{
		config: shop,
		state:  newState(info, shop.Locations, s.clock.now),
		bucket: newBucket(tariffs[shop.Plan], now),
		grants: map[string]time.Time{},
	})
	return nil
}

// Shops lists the shops as they are set, tokens included, in the order they
// were added.
func (s *Server) Shops() []Shop {
	out := []Shop{}
	for _, h := range s.hosts() {
		h.mu.Lock()
		out = append(out, h.config)
		h.mu.Unlock()
	}
	return out
}

func (s *Server) hosts() []*hosted {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shops)
}

// shop finds a shop by its domain, nil when there is none.
func (s *Server) shop(domain string) *hosted {
	for _, h := range s.hosts() {
		if strings.EqualFold(h.state.info.domain, domain) {
			return h
		}
	}
	return nil
}
