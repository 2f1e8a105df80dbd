package sim

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AppID is the id of the app all simulated access tokens belong to; it names
// the app's reserved metafield namespace "app--AppID".
const AppID = "347082227713"

// state is all a simulated shop holds. It is plain data: whoever calls it
// holds the shop's lock. Times come from the injected clock, so that media
// and operations move on by themselves when the clock does.
type state struct {
	now  func() time.Time
	info shopInfo

	locations    []*location
	publications []*publication
	products     []*product // ascending id
	byHandle     map[string]*product
	variants     map[int64]*variant
	byItem       map[int64]*variant // inventory item id → its variant
	files        map[int64]*file
	definitions  []*definition
	unique       map[string]int64 // uniqueKey → owner
	shopFields   metafields
	operations   map[int64]*operation
	running      []*operation // not yet complete, oldest first
	idempotency  map[string]idempotent

	lastID int64
}

// shopInfo describes the shop itself.
type shopInfo struct {
	id       int64
	name     string
	domain   string
	currency string
	plan     string
}

type location struct {
	id        int64
	name      string
	createdAt time.Time
}

// newState makes an empty shop: the given locations ("default" when none),
// and the publications every shop has, neither publishing by itself.
func newState(info shopInfo, locations []string, now func() time.Time) *state {
	h := fnv.New32a()
	h.Write([]byte(info.domain))
	s := &state{now: now, info: info, lastID: (1_000_000 + int64(h.Sum32())%8_000_000) * 1_000_000}
	s.clear()
	s.info.id = s.newID()
	if len(locations) == 0 {
		locations = []string{"default"}
	}
	for _, name := range locations {
		s.locations = append(s.locations, &location{id: s.newID(), name: name, createdAt: now()})
	}
	for _, name := range []string{"Online Store", "Point of Sale"} {
		s.publications = append(s.publications, &publication{id: s.newID(), name: name, future: name == "Online Store"})
	}
	return s
}

// clear empties the shop but for its locations and publications; ids are
// never used twice.
func (s *state) clear() {
	s.products = nil
	s.byHandle = map[string]*product{}
	s.variants = map[int64]*variant{}
	s.byItem = map[int64]*variant{}
	s.files = map[int64]*file{}
	s.definitions = nil
	s.unique = map[string]int64{}
	s.shopFields = nil
	s.operations = map[int64]*operation{}
	s.running = nil
	s.idempotency = map[string]idempotent{}
	for _, p := range s.publications {
		p.autoPublish = false
	}
}

// newID gives the next id. Shops start in different ranges, so that an id of
// one shop is unknown in another.
func (s *state) newID() int64 {
	s.lastID++
	return s.lastID
}

// gid writes a global id.
func gid(kind string, id int64) string {
	return "gid://shopify/" + kind + "/" + strconv.FormatInt(id, 10)
}

// splitGID reads a global id; ok is false when it is none or its last part is
// no number. A query part ("?inventory_item_id=1") is ignored.
func splitGID(s string) (kind string, id int64, ok bool) {
	rest, ok := strings.CutPrefix(s, "gid://shopify/")
	if !ok {
		return "", 0, false
	}
	kind, tail, ok := strings.Cut(rest, "/")
	if !ok {
		return "", 0, false
	}
	tail, _, _ = strings.Cut(tail, "?")
	id, err := strconv.ParseInt(tail, 10, 64)
	return kind, id, err == nil
}

// idOf gives the number of a global id of the given kind, 0 when it is another.
func idOf(kind, s string) int64 {
	if k, id, ok := splitGID(s); ok && k == kind {
		return id
	}
	return 0
}

func (s *state) location(gid string) *location {
	id := idOf("Location", gid)
	for _, l := range s.locations {
		if l.id == id {
			return l
		}
	}
	return nil
}

func (s *state) product(gid string) *product { return s.productByID(idOf("Product", gid)) }

func (s *state) productByID(id int64) *product {
	i, ok := s.productIndex(id)
	if !ok {
		return nil
	}
	return s.products[i]
}

func (s *state) productIndex(id int64) (int, bool) {
	return slices.BinarySearchFunc(s.products, id, func(p *product, id int64) int {
		switch {
		case p.id < id:
			return -1
		case p.id > id:
			return 1
		}
		return 0
	})
}

// put stores p, replacing the product with its id. It keeps the indexes; the
// handle must be free.
func (s *state) put(p *product) {
	i, found := s.productIndex(p.id)
	if found {
		s.unindex(s.products[i])
		s.products[i] = p
	} else {
		s.products = slices.Insert(s.products, i, p)
	}
	for i, f := range p.media {
		if shared := s.files[f.id]; shared != nil && shared != f {
			*shared = *f
			p.media[i] = shared
		}
		s.files[f.id] = p.media[i]
	}
	s.byHandle[p.handle] = p
	s.indexUnique(metafieldOwner{"PRODUCT", p.id}, p.fields, false)
	for _, v := range p.variants {
		v.product = p
		s.indexUnique(metafieldOwner{"PRODUCTVARIANT", v.id}, v.fields, false)
		s.variants[v.id] = v
		s.byItem[v.item.id] = v
	}
}

// drop removes p and its variants for good.
func (s *state) drop(p *product) {
	if i, found := s.productIndex(p.id); found {
		s.unindex(p)
		s.products = slices.Delete(s.products, i, i+1)
	}
}

func (s *state) unindex(p *product) {
	delete(s.byHandle, p.handle)
	s.indexUnique(metafieldOwner{"PRODUCT", p.id}, p.fields, true)
	for _, v := range p.variants {
		s.indexUnique(metafieldOwner{"PRODUCTVARIANT", v.id}, v.fields, true)
		delete(s.variants, v.id)
		delete(s.byItem, v.item.id)
	}
}

// handleTaken tells whether another product than p has the handle.
func (s *state) handleTaken(p *product) func(string) bool {
	return func(h string) bool {
		other := s.byHandle[h]
		return other != nil && (p == nil || other.id != p.id)
	}
}

// exists tells whether a global id names something the shop holds.
func (s *state) exists(id string) bool {
	kind, n, ok := splitGID(id)
	if !ok {
		return false
	}
	switch kind {
	case "Product":
		return s.productByID(n) != nil
	case "ProductVariant":
		return s.variants[n] != nil
	case "InventoryItem":
		return s.byItem[n] != nil
	case "Location":
		return s.location(id) != nil
	case "Publication":
		return s.publication(id) != nil
	case "MediaImage", "Video", "Model3d", "ExternalVideo", "GenericFile":
		return s.files[n] != nil
	case "Shop":
		return n == s.info.id
	}
	return false
}

// dateTime writes a time as the DateTime scalar: UTC, whole seconds.
func dateTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// userError is one entry of a payload's userErrors. An empty code is null.
type userError struct {
	field   []string
	message string
	code    string
	element int // metafieldsSet: 1 + index of the list element, 0 for none
}

// failf makes a user error about a field path given as "input.variants.0".
func failf(code, path, format string, args ...any) userError {
	e := userError{message: fmt.Sprintf(format, args...), code: code}
	if path != "" {
		e.field = strings.Split(path, ".")
	}
	return e
}
