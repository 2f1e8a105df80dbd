package sim

import "slices"

func (*publication) typeName() string  { return "Publication" }
func (p *publication) cursorID() int64 { return p.id }

// publishing shows a product on a publication.
type publishing struct {
	product *product
	on      *publication
}

func (*publishing) typeName() string  { return "" }
func (p *publishing) cursorID() int64 { return p.on.id }

// published is the product a publishable is, or is a variant of.
func published(o object) *product {
	if v, ok := o.(*variant); ok {
		return v.product
	}
	return o.(*product)
}

// publishings lists where a product was put; onlyPublished (true by default)
// leaves out what is not visible there.
func (s *state) publishings(p *product, args input) []*publishing {
	only := !args.has("onlyPublished") || args.flag("onlyPublished")
	return listOf(s.onPublications(p, only), func(on *publication) *publishing { return &publishing{p, on} })
}

// publishableFields are the fields of Publishable, for Product and ProductVariant.
// The simulated app has no publication of its own.
var publishableFields = table{
	"availablePublicationsCount": func(r *request, self object, args input) (any, error) {
		return countOf(len(r.publishings(published(self), input{}))), nil
	},
	"resourcePublicationsCount": func(r *request, self object, args input) (any, error) {
		return countOf(len(r.publishings(published(self), args))), nil
	},
	"publicationCount": func(r *request, self object, args input) (any, error) {
		return len(r.publishings(published(self), args)), nil
	},
	"publishedOnPublication": func(r *request, self object, args input) (any, error) {
		pub := r.publication(args.text("publicationId"))
		return pub != nil && published(self).publishedOn(pub, r.now()), nil
	},
	"resourcePublications":   publishingsOf,
	"resourcePublicationsV2": publishingsOf,
	"unpublishedPublications": func(r *request, self object, args input) (any, error) {
		var out []*publication
		for _, pub := range r.publications {
			if _, on := published(self).published[pub.id]; !on {
				out = append(out, pub)
			}
		}
		return connect(out, args)
	},
	"publishedOnChannel": constant(false), "publishedOnCurrentChannel": constant(false), "publishedOnCurrentPublication": constant(false),
	"unpublishedChannels": none,
}

var publishingsOf resolver = func(r *request, self object, args input) (any, error) {
	return connect(r.publishings(published(self), args), args)
}

// productPublishingFields are the fields only Product has.
var productPublishingFields = table{
	"publications":                            publishingsOf,
	"productPublications":                     publishingsOf,
	"resourcePublicationOnCurrentPublication": nothing,
	"publishedInContext":                      constant(false),
	"publishedAt": field(func(r *request, p *product, _ input) (any, error) {
		return r.publishedAt(p), nil
	}),
}

// publishingFields are the fields of ResourcePublication, ResourcePublicationV2
// and ProductPublication.
var publishingFields = table{
	"publication": get(func(p *publishing) any { return p.on }),
	"publishable": get(func(p *publishing) any { return p.product }),
	"product":     get(func(p *publishing) any { return p.product }),
	"publishDate": get(func(p *publishing) any { return p.product.published[p.on.id] }),
	"isPublished": field(func(r *request, p *publishing, _ input) (any, error) {
		return p.product.publishedOn(p.on, r.now()), nil
	}),
}

// publicationFields are the fields of Publication.
var publicationFields = table{
	"id":                       get(func(p *publication) any { return p.gid() }),
	"name":                     get(func(p *publication) any { return p.name }),
	"autoPublish":              get(func(p *publication) any { return p.autoPublish }),
	"supportsFuturePublishing": get(func(p *publication) any { return p.future }),
	"catalog": get(func(p *publication) any {
		return &record{typ: "AppCatalog", values: map[string]any{
			"id": gid("AppCatalog", p.id), "title": p.name, "status": "ACTIVE", "publication": p, "operations": []object{}, "priceList": nil,
			"apps": none, "channels": none,
		}}
	}),
	"products":         field(publicationProducts),
	"includedProducts": field(publicationProducts),
	"includedProductsCount": field(func(r *request, p *publication, args input) (any, error) {
		found, err := searchIn(r, r.onPublication(p), args, productSearch)
		return limitedCount(len(found), args), err
	}),
	"productPublicationsV3": field(func(r *request, p *publication, args input) (any, error) {
		return connect(listOf(r.onPublication(p), func(x *product) *publishing { return &publishing{x, p} }), args)
	}),
	"channels": none, "collections": none, "collectionPublicationsV3": none, "hasCollection": constant(false), "operation": nothing,
}

func (s *state) onPublication(pub *publication) []*product {
	return slices.DeleteFunc(slices.Clone(s.products), func(p *product) bool {
		_, on := p.published[pub.id]
		return !on
	})
}

func publicationProducts(r *request, p *publication, args input) (any, error) {
	found, err := searchIn(r, r.onPublication(p), args, productSearch)
	if err != nil {
		return nil, err
	}
	return connect(r.sortProducts(found, args.text("sortKey")), args)
}
