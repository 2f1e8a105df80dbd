package sim

import (
	"fmt"
	"slices"
	"time"
)

// checkPublicationInputs validates the input of publishablePublish and
// publishableUnpublish and finds the publications.
func (s *state) checkPublicationInputs(entries []input) (pubs []*publication, dates []*time.Time, errs []userError) {
	seen := map[string]bool{}
	for i, e := range entries {
		path := fmt.Sprintf("input.%d", i)
		id := e.text("publicationId")
		pub := s.publication(id)
		date, past := publishDate(e)
		switch {
		case id == "":
			errs = append(errs, failf("", path+".publicationId", "PublicationId cannot be empty"))
		case seen[id]:
			errs = append(errs, failf("", path+".publicationId", "The same publication was specified more than once"))
		case pub == nil:
			errs = append(errs, failf("", path+".publicationId", "Publication does not exist or is not publishable"))
		case past:
			errs = append(errs, failf("", path+".publishDate", "Publish date must be a date after the year 1969"))
		case date != nil && date.After(s.now()) && !pub.future:
			errs = append(errs, failf("", path+".publishDate", "Publish date cannot be set for this publication"))
		}
		seen[id] = true
		pubs, dates = append(pubs, pub), append(dates, date)
	}
	return pubs, dates, errs
}

// publishDate reads the optional date; past tells that it lies before 1970.
func publishDate(e input) (date *time.Time, past bool) {
	t, err := time.Parse(time.RFC3339, e.text("publishDate"))
	if err != nil {
		return nil, false
	}
	return &t, t.Year() < 1970
}

// publish puts the product on publications, or takes it off.
func (s *state) publish(p *product, entries []input, on bool) []userError {
	pubs, dates, errs := s.checkPublicationInputs(entries)
	if len(errs) > 0 {
		return errs
	}
	for i, pub := range pubs {
		if !on {
			delete(p.published, pub.id)
			continue
		}
		at := s.now()
		if dates[i] != nil {
			at = *dates[i]
		}
		if _, already := p.published[pub.id]; !already || dates[i] != nil {
			p.published[pub.id] = at
		}
	}
	return nil
}

// publicationUpdate adds and removes products and sets autoPublish. An id that
// names no product is an error of the whole field, and nothing is changed.
func (s *state) publicationUpdate(id string, in input) (*publication, []userError, error) {
	pub := s.publication(id)
	if pub == nil {
		return nil, []userError{failf("PUBLICATION_NOT_FOUND", "id", "Publication not found")}, nil
	}
	add, remove := in.texts("publishablesToAdd"), in.texts("publishablesToRemove")
	if len(add)+len(remove) > maxPublishables {
		return nil, []userError{failf("PUBLICATION_UPDATE_LIMIT_EXCEEDED", "input", "The limit for simultaneous publication updates has been exceeded.")}, nil
	}
	for _, id := range slices.Concat(add, remove) {
		if s.product(id) == nil {
			return nil, nil, noSuchResource(id)
		}
	}
	in.setFlag("autoPublish", &pub.autoPublish)
	for _, id := range add {
		if p := s.product(id); p.published[pub.id].IsZero() {
			p.published[pub.id] = s.now()
		}
	}
	for _, id := range remove {
		delete(s.product(id).published, pub.id)
	}
	return pub, nil, nil
}

// publishedAt is when the product appeared on the online store; nil when it
// is not there.
func (s *state) publishedAt(p *product) *time.Time {
	if at, ok := p.published[s.publications[0].id]; ok && !at.After(s.now()) {
		return &at
	}
	return nil
}
