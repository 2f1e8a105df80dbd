package aisles

import "time"

// Routine names what Phido does for a partner.
type Routine string

// The routines.
const RoutineCatalog Routine = "catalog"

// Mode says how routines are run. It is switched at run time, with a reason.
type Mode string

// The modes.
const (
	Sequential Mode = "sequential" // one partner at a time, no queue
	Queued     Mode = "queued"     // background jobs, several partners at once
	Paused     Mode = "paused"     // nothing starts; what runs stops after the calls under way
)

// ModeSetting is the mode in force, since when and why.
type ModeSetting struct {
	Mode   Mode      `json:"mode"`
	Reason string    `json:"reason"`
	By     string    `json:"by,omitempty"`
	Since  time.Time `json:"since"`
}

// Owner says who decides a field of a product in the shop.
type Owner string

// The owners of a field. What Shopify owns is sent once, with the product's
// creation, and never again.
const (
	OwnerAisles  Owner = "aisles"
	OwnerShopify Owner = "shopify"
)

// OwnedFields are the fields whose ownership a connection can settle.
var OwnedFields = []string{
	"title", "body_html", "vendor", "product_type", "category", "tags", "status", "handle", "seo",
	"variants", "price", "compare_at_price", "cost", "barcode", "weight", "media", "publication",
}

// Connection is a partner's shop: where it is, and how it is to be kept. It
// never shows a token or secret.
type Connection struct {
	Partner string `json:"partner"`
	// Shop is the shop's myshopify.com domain.
	Shop string `json:"shop"`
	// Endpoint is what stands before /admin/ in the shop's URLs; empty means
	// https://SHOP.
	Endpoint string `json:"endpoint,omitempty"`
	// ClientID is that of the app whose credentials give the access tokens;
	// empty where there is one token that does not expire.
	ClientID string   `json:"client_id,omitempty"`
	Settings Settings `json:"settings"`
	// IntervalSeconds is the time between two scheduled catalog syncs; 0 means an hour.
	IntervalSeconds int `json:"interval_seconds,omitempty"`
	// Paused says that the shop lets nothing be synced; nil when it does.
	Paused    *Pause    `json:"paused,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Pause is why nothing can be synced to a shop until a person has acted there:
// it is frozen, locked or gone, or refuses the app. What waits goes on waiting.
type Pause struct {
	Reason string    `json:"reason"`
	Since  time.Time `json:"since"`
	// NextAt is when the schedule tries again; a person may at once.
	NextAt time.Time `json:"next_at"`
}

// Settings shape what is sent to a shop. A change of settings makes the
// products it shapes pending, for it changes no fingerprint.
type Settings struct {
	// Ownership names the fields that are not Aisles'; a field that is not
	// listed is.
	Ownership map[string]Owner `json:"ownership,omitempty"`
	// Channels are the names of the publications in which published products
	// appear; empty means the online store.
	Channels []string `json:"channels,omitempty"`
	// Locations ties a location of the catalog to one of the shop, by name;
	// one that is not listed has the same name there, and "default" means the
	// shop's first.
	Locations map[string]string `json:"locations,omitempty"`
	// AdoptHandles lets a product of the catalog take over one that the shop
	// already has under the same handle and that is nobody's. Without it such
	// a product is set aside.
	AdoptHandles bool `json:"adopt_handles,omitempty"`
}

// Owns reports whether Aisles decides the field.
func (s Settings) Owns(field string) bool { return s.Ownership[field] != OwnerShopify }

// Validate reports the first thing wrong with the settings.
func (s Settings) Validate() error {
	known := map[string]bool{}
	for _, f := range OwnedFields {
		known[f] = true
	}
	for f, o := range s.Ownership {
		if !known[f] {
			return FieldErrorf("settings.ownership", "no field is called %q", clip(f))
		}
		if o != OwnerAisles && o != OwnerShopify {
			return FieldErrorf("settings.ownership."+f, "%q is neither aisles nor shopify", clip(string(o)))
		}
	}
	return nil
}

// RunStatus is how far a run is.
type RunStatus string

// The statuses of a run. Held waits for a person's yes or no; partial ended
// with products set aside.
const (
	RunWaiting   RunStatus = "waiting"
	RunRunning   RunStatus = "running"
	RunSucceeded RunStatus = "succeeded"
	RunPartial   RunStatus = "partial"
	RunFailed    RunStatus = "failed"
	RunHeld      RunStatus = "held"
	RunStopped   RunStatus = "stopped"
)

// Run is a routine once, for one partner.
type Run struct {
	ID         string     `json:"id"`
	Partner    string     `json:"partner"`
	Routine    Routine    `json:"routine"`
	Mode       Mode       `json:"mode"`
	Status     RunStatus  `json:"status"`
	DryRun     bool       `json:"dry_run,omitempty"`
	Lane       string     `json:"lane"`
	Reason     string     `json:"reason,omitempty"` // why it is held, stopped or failed
	Force      bool       `json:"force,omitempty"`
	Pass       *Pass      `json:"pass,omitempty"` // nil until the run's pass has begun
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at,omitempty"`
	FinishedAt *time.Time `json:"finished_at,omitempty"`
	Counts     RunCounts  `json:"counts"`

	AislesRequests int     `json:"aisles_requests"`
	ShopifyCalls   int     `json:"shopify_calls"`
	ShopifyPoints  float64 `json:"shopify_points"`
	Throttled      int     `json:"throttled"`
	// Resumed counts how often the run was taken up again after its process
	// had died.
	Resumed int `json:"resumed"`
}

// RunCounts are the actions of a run by kind.
type RunCounts struct {
	Create  int `json:"create"`
	Update  int `json:"update"`
	Archive int `json:"archive"`
	Delete  int `json:"delete"`
	Error   int `json:"error"`
}

// RunAction is what a run did, or means to do, to one product.
type RunAction struct {
	Key     string        `json:"key"`
	Kind    string        `json:"kind"`
	Reason  string        `json:"reason"`
	Calls   []string      `json:"calls,omitempty"`
	Fields  []FieldChange `json:"fields,omitempty"`
	Outcome string        `json:"outcome,omitempty"` // done, failed, planned
	Error   *SyncError    `json:"error,omitempty"`
}

// FieldChange is one field before and after.
type FieldChange struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// SyncError is why a product is not in step, in Shopify's words where it is
// Shopify that refused.
type SyncError struct {
	Field   []string  `json:"field,omitempty"`
	Message string    `json:"message"`
	Code    string    `json:"code,omitempty"`
	At      time.Time `json:"at"`
	Tries   int       `json:"tries"`
	// SetAside says that it is not tried again until it changes, a person asks
	// for it, or a day has passed.
	SetAside bool `json:"set_aside"`
}
