package sim

import (
	"fmt"
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

// publicationUpdate adds and removes products and sets autoPublish; nothing is
// changed when one id is wrong.
func (s *state) publicationUpdate(id string, in input) (*publication, []userError) {
	pub := s.publication(id)
	if pub == nil {
		return nil, []userError{failf("PUBLICATION_NOT_FOUND", "id", "Publication not found")}
	}
	add, remove := in.texts("publishablesToAdd"), in.texts("publishablesToRemove")
	if len(add)+len(remove) > maxPublishables {
		return nil, []userError{failf("PUBLICATION_UPDATE_LIMIT_EXCEEDED", "input", "The limit for simultaneous publication updates has been exceeded.")}
	}
	var errs []userError
	check := func(ids []string, field string) (products []*product) {
		for i, id := range ids {
			p := s.product(id)
			if p == nil {
				errs = append(errs, failf("INVALID_PUBLISHABLE_ID", fmt.Sprintf("input.%s.%d", field, i), "Publishable ID not found."))
			}
			products = append(products, p)
		}
		return products
	}
	adding, removing := check(add, "publishablesToAdd"), check(remove, "publishablesToRemove")
	if len(errs) > 0 {
		return nil, errs
	}
	in.setFlag("autoPublish", &pub.autoPublish)
	for _, p := range adding {
		if _, already := p.published[pub.id]; !already {
			p.published[pub.id] = s.now()
		}
	}
	for _, p := range removing {
		delete(p.published, pub.id)
	}
	return pub, nil
}

// publishedAt is when the product appeared on the online store; nil when it
// is not there.
func (s *state) publishedAt(p *product) *time.Time {
	if at, ok := p.published[s.publications[0].id]; ok && !at.After(s.now()) {
		return &at
	}
	return nil
}
