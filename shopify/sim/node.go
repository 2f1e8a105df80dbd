package sim

// node finds what a global id names; nil when the shop holds no such thing.
func (s *state) node(id string) any {
	kind, n, ok := splitGID(id)
	if !ok {
		if kind == "TaxonomyCategory" {
			return objectOf(findCategory(id))
		}
		return nil
	}
	switch kind {
	case "Product":
		return objectOf(s.productByID(n))
	case "ProductVariant":
		return objectOf(s.variants[n])
	case "ProductOption", "ProductOptionValue":
		return s.optionNode(kind, n)
	case "InventoryItem":
		if v := s.byItem[n]; v != nil {
			return stockItem{v}
		}
	case "InventoryLevel":
		return objectOf(s.levelByID(id))
	case "Location":
		return objectOf(s.location(id))
	case "Publication":
		return objectOf(s.publication(id))
	case "MediaImage", "Video", "ExternalVideo", "Model3d", "GenericFile":
		return objectOf(s.file(id))
	case "Metafield":
		return objectOf(s.metafieldByID(n))
	case "MetafieldDefinition":
		for _, d := range s.definitions {
			if d.id == n {
				return d
			}
		}
	case "ProductSetOperation", "ProductDeleteOperation":
		if o := s.operations[n]; o != nil && o.kind == kind {
			return o
		}
	case "Shop":
		if n == s.info.id {
			return shop{s}
		}
	}
	return nil
}

func (s *state) optionNode(kind string, id int64) any {
	for _, p := range s.products {
		for _, o := range p.optionViews() {
			if kind == "ProductOption" && o.id == id {
				return o
			}
			for _, v := range o.values {
				if kind == "ProductOptionValue" && v.id == id {
					return &optionValueView{v, o}
				}
			}
		}
	}
	return nil
}

func (s *state) metafieldByID(id int64) *metafieldView {
	find := func(owner string, fields metafields) *metafieldView {
		for _, f := range fields {
			if f.id == id {
				return &metafieldView{f, owner, false}
			}
		}
		return nil
	}
	if f := find(gid("Shop", s.info.id), s.shopFields); f != nil {
		return f
	}
	for _, p := range s.products {
		if f := find(p.gid(), p.fields); f != nil {
			return f
		}
		for _, v := range p.variants {
			if f := find(v.gid(), v.fields); f != nil {
				return f
			}
		}
	}
	return nil
}
