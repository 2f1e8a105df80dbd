package sim

import (
	"slices"
	"time"
)

// publication is a sales channel's list of products.
type publication struct {
	id          int64
	name        string
	autoPublish bool
	future      bool // takes publish dates in the future
}

// maxPublishables is how many products publicationUpdate takes in one call,
// https://shopify.dev/docs/api/admin-graphql/latest/mutations/publicationUpdate.
const maxPublishables = 50

func (p *publication) gid() string { return gid("Publication", p.id) }

func (s *state) publication(id string) *publication {
	n := idOf("Publication", id)
	if i := slices.IndexFunc(s.publications, func(p *publication) bool { return p.id == n }); i >= 0 {
		return s.publications[i]
	}
	return nil
}

// publishedOn tells whether the product is visible on a publication: it was
// put there, its date has come and it is active.
func (p *product) publishedOn(pub *publication, now time.Time) bool {
	at, ok := p.published[pub.id]
	return ok && !at.After(now) && (p.content.status == "ACTIVE" || p.content.status == "UNLISTED")
}

// onPublications lists the publications the product was put on, whatever its
// status, in the shop's order; onlyPublished leaves out what is not visible.
func (s *state) onPublications(p *product, onlyPublished bool) []*publication {
	var out []*publication
	for _, pub := range s.publications {
		if _, ok := p.published[pub.id]; ok && (!onlyPublished || p.publishedOn(pub, s.now())) {
			out = append(out, pub)
		}
	}
	return out
}
