package sim

import (
	"cmp"
	"fmt"
	"strings"
)

// mutationFields are the roots of mutations.
var mutationFields = table{
	"productSet":         root(mutateProductSet),
	"productCreate":      root(mutateProductCreate),
	"productUpdate":      root(mutateProductUpdate),
	"productDelete":      root(mutateProductDelete),
	"productCreateMedia": root(mutateProductCreateMedia),

	"productVariantsBulkCreate": root(func(r *request, args input) (any, error) {
		p, created, errs := r.variantsBulkCreate(args.text("productId"), args.objects("variants"), args.objects("media"), args.text("strategy"))
		return bulkAnswer(p, created, errs), nil
	}),
	"productVariantsBulkUpdate": root(func(r *request, args input) (any, error) {
		p, updated, errs := r.variantsBulkUpdate(args.text("productId"), args.objects("variants"), args.objects("media"), args.flag("allowPartialUpdates"))
		return bulkAnswer(p, updated, errs), nil
	}),
	"productVariantsBulkDelete": root(func(r *request, args input) (any, error) {
		p, errs := r.variantsBulkDelete(args.text("productId"), args.texts("variantsIds"))
		return answer(map[string]any{"product": objectOf(p), "userErrors": userErrors(errs)}), nil
	}),

	"metafieldDefinitionCreate": root(mutateDefinitionCreate),
	"metafieldsSet": root(func(r *request, args input) (any, error) {
		written, errs := r.metafieldsSet(args.objects("metafields"))
		views := listOf(written, func(f ownedField) *metafieldView { return &metafieldView{f.field, f.owner, false} })
		return answer(map[string]any{"metafields": views, "userErrors": userErrors(errs)}), nil
	}),
	"metafieldsDelete": root(func(r *request, args input) (any, error) {
		deleted, errs := r.metafieldsDelete(args.objects("metafields"))
		views := listOf(deleted, func(f *deletedField) *record {
			if f == nil {
				return nil
			}
			return answer(map[string]any{"ownerId": f.ownerID, "namespace": f.namespace, "key": f.key})
		})
		return answer(map[string]any{"deletedMetafields": views, "userErrors": userErrors(errs)}), nil
	}),

	"tagsAdd": root(func(r *request, args input) (any, error) {
		return r.tagsAnswer(args, func(have []string) []string { return append(have, splitTags(args.texts("tags"))...) })
	}),
	"tagsRemove": root(func(r *request, args input) (any, error) {
		return r.tagsAnswer(args, func(have []string) []string { return withoutTags(have, splitTags(args.texts("tags"))) })
	}),

	"publishablePublish":   root(func(r *request, args input) (any, error) { return r.publishAnswer(args, true) }),
	"publishableUnpublish": root(func(r *request, args input) (any, error) { return r.publishAnswer(args, false) }),
	"publicationUpdate": root(func(r *request, args input) (any, error) {
		pub, errs, err := r.publicationUpdate(args.text("id"), args.object("input"))
		return answer(map[string]any{"publication": objectOf(pub), "userErrors": userErrors(errs)}), err
	}),

	"inventorySetQuantities": root(func(r *request, args input) (any, error) {
		return r.adjustAnswer("inventorySetQuantities", "quantities", args, r.inventorySetQuantities)
	}),
	"inventoryAdjustQuantities": root(func(r *request, args input) (any, error) {
		return r.adjustAnswer("inventoryAdjustQuantities", "changes", args, r.inventoryAdjustQuantities)
	}),
	"inventoryActivate": root(mutateInventoryActivate),
}

// checkCategory refuses a category that is not in the taxonomy.
func checkCategory(in input) error {
	if in.text("category") != "" && findCategory(in.text("category")) == nil {
		return &topError{message: "Invalid product_taxonomy_node_id", code: "INVALID_PRODUCT_TAXONOMY_NODE_ID"}
	}
	return nil
}

// maxSource is the longest source of a file, in characters.
const maxSource = 2048

// checkSources refuses sources of files by their length alone.
func checkSources(files []input) error {
	for _, f := range files {
		switch source := f.textPtr("originalSource"); {
		case source == nil:
		case *source == "":
			return &topError{message: "originalSource is too short (minimum is 1)", code: "INVALID_FIELD_ARGUMENTS"}
		case len([]rune(*source)) > maxSource:
			return &topError{message: fmt.Sprintf("originalSource is too long (maximum is %d)", maxSource), code: "INVALID_FIELD_ARGUMENTS"}
		}
	}
	return nil
}

func mutateProductSet(r *request, args input) (any, error) {
	identifier, in := args.object("identifier"), args.object("input")
	if err := cmp.Or(checkCategory(in), checkSources(in.objects("files"))); err != nil {
		return nil, err
	}
	if sync, ok := args["synchronous"].(bool); ok && !sync {
		s := r.state
		o := s.start("ProductSetOperation", func() (int64, []userError) {
			p, errs := s.productSet(identifier, in)
			if p == nil {
				return 0, errs
			}
			return p.id, errs
		})
		return answer(map[string]any{"product": nil, "productSetOperation": o, "userErrors": []object{}}), nil
	}
	p, errs := r.productSet(identifier, in)
	return answer(map[string]any{"product": objectOf(p), "productSetOperation": nil, "userErrors": userErrors(errs)}), nil
}

// productArgument is the product of productCreate and productUpdate, which
// stands in one of two arguments.
func productArgument(mutation string, args input) (input, error) {
	if args.given("product") == args.given("input") {
		return nil, &topError{message: mutation + " must include exactly one of the following arguments: input, product.", code: "INVALID_FIELD_ARGUMENTS"}
	}
	in := args.object("product")
	if in == nil {
		in = args.object("input")
	}
	return in, checkCategory(in)
}

func mutateProductCreate(r *request, args input) (any, error) {
	in, err := productArgument("productCreate", args)
	if err != nil {
		return nil, err
	}
	p, errs := r.productCreate(in, args.objects("media"))
	return answer(map[string]any{"product": objectOf(p), "shop": shop{r.state}, "userErrors": userErrors(errs)}), nil
}

func mutateProductUpdate(r *request, args input) (any, error) {
	in, err := productArgument("productUpdate", args)
	if err != nil {
		return nil, err
	}
	old := r.product(in.text("id"))
	if identifier := args.object("identifier"); identifier != nil {
		found, err := productByIdentifier(r, input{"identifier": identifier})
		if err != nil {
			return nil, err
		}
		old, _ = found.(*product)
	}
	p, errs := r.productUpdate(old, in, args.objects("media"))
	return answer(map[string]any{"product": objectOf(p), "userErrors": userErrors(errs)}), nil
}

func mutateProductDelete(r *request, args input) (any, error) {
	id := args.object("input").text("id")
	values := map[string]any{"deletedProductId": nil, "productDeleteOperation": nil, "shop": shop{r.state}, "userErrors": []object{}}
	p := r.product(id)
	sync, given := args["synchronous"].(bool)
	switch {
	case p != nil && r.busy("ProductDeleteOperation", p.id):
		values["userErrors"] = userErrors([]userError{failf("", "base", "Another operation already in progress. Please wait until current one is finished.")})
	case p != nil && given && !sync:
		s := r.state
		o := s.start("ProductDeleteOperation", func() (int64, []userError) { return p.id, s.productDelete(id) })
		o.productID = p.id
		values["productDeleteOperation"] = o
	default:
		errs := r.productDelete(id)
		if len(errs) == 0 {
			values["deletedProductId"] = id
		}
		values["userErrors"] = userErrors(errs)
	}
	return answer(values), nil
}

func (o *operation) typeName() string { return o.kind }

// operationFields are the fields of ProductSetOperation and ProductDeleteOperation.
var operationFields = table{
	"id":         get(func(o *operation) any { return o.gid() }),
	"status":     field(func(r *request, o *operation, _ input) (any, error) { return o.status(r.now()), nil }),
	"userErrors": get(func(o *operation) any { return userErrors(o.errs) }),
	"product": field(func(r *request, o *operation, _ input) (any, error) {
		return objectOf(r.productByID(o.productID)), nil
	}),
	"deletedProductId": get(func(o *operation) any {
		if !o.done || len(o.errs) > 0 {
			return nil
		}
		return gid("Product", o.productID)
	}),
}

func mutateProductCreateMedia(r *request, args input) (any, error) {
	p, files, errs := r.productCreateMedia(args.text("productId"), args.objects("media"))
	values := map[string]any{"product": objectOf(p), "media": nil, "userErrors": userErrors(errs), "mediaUserErrors": userErrors(errs)}
	if p != nil {
		values["media"] = files
	}
	return answer(values), nil
}

func bulkAnswer(p *product, variants []*variant, errs []userError) object {
	values := map[string]any{"product": objectOf(p), "productVariants": nil, "userErrors": userErrors(errs)}
	if len(variants) > 0 || len(errs) == 0 {
		values["productVariants"] = variants
	}
	return answer(values)
}

func mutateDefinitionCreate(r *request, args input) (any, error) {
	in := args.object("definition")
	if ns := in.text("namespace"); ns == "shopify" || strings.HasPrefix(ns, "shopify--") {
		return nil, &topError{message: "Access denied for metafieldDefinitionCreate field.", code: "ACCESS_DENIED"}
	}
	capability := func(name string) bool { return in.object("capabilities").object(name).flag("enabled") }
	d := &definition{
		owner: in.text("ownerType"), namespace: resolveNamespace(in.text("namespace")), key: in.text("key"), name: in.text("name"),
		description: in.textPtr("description"), typ: in.text("type"), unique: capability("uniqueValues"),
		filterable: capability("adminFilterable"), condition: in.flag("useAsCollectionCondition") || capability("smartCollectionCondition"),
		access: definitionAccess{admin: "PUBLIC_READ_WRITE", storefront: "NONE", customer: "NONE"},
	}
	access := in.object("access")
	for key, to := range map[string]*string{"admin": &d.access.admin, "storefront": &d.access.storefront, "customerAccount": &d.access.customer} {
		if access.given(key) {
			*to = access.text(key)
		}
	}
	for _, v := range in.objects("validations") {
		d.validations = append(d.validations, definitionValidation{v.text("name"), v.text("value")})
	}
	errs := checkDefinitionInput(d, in)
	if len(errs) == 0 {
		errs = r.define(d, in.flag("pin"))
	}
	if len(errs) > 0 {
		return answer(map[string]any{"createdDefinition": nil, "userErrors": userErrors(errs)}), nil
	}
	return answer(map[string]any{"createdDefinition": d, "userErrors": []object{}}), nil
}

// checkDefinitionInput checks what can no longer be seen in the definition.
func checkDefinitionInput(d *definition, in input) []userError {
	unique := in.object("capabilities").object("uniqueValues")
	switch {
	case in.object("access").given("admin") && !strings.HasPrefix(d.namespace, "app--"):
		return []userError{failf("ADMIN_ACCESS_INPUT_NOT_ALLOWED", "definition.access.admin", "Admin access can only be specified for app-owned metafield definitions.")}
	case d.typ == "id" && unique != nil && !unique.flag("enabled"):
		return []userError{failf("CAPABILITY_REQUIRED_BUT_DISABLED", "definition.capabilities.uniqueValues", "The capability unique_values is required for the id type but is disabled.")}
	}
	return nil
}

// tagsAnswer changes the tags of a product; nothing else here carries tags.
func (r *request) tagsAnswer(args input, change func([]string) []string) (any, error) {
	if err := wrongKind(args.text("id"), "Product"); err != nil {
		return nil, err
	}
	old := r.product(args.text("id"))
	if old == nil {
		errs := []userError{failf("", "id", "Product does not exist")}
		return answer(map[string]any{"node": nil, "userErrors": userErrors(errs)}), nil
	}
	p, errs := r.changeTags(old, change)
	return answer(map[string]any{"node": p, "userErrors": userErrors(errs)}), nil
}

func (r *request) publishAnswer(args input, on bool) (any, error) {
	id := args.text("id")
	values := map[string]any{"publishable": nil, "shop": shop{r.state}}
	var p *product
	if v := r.variants[idOf("ProductVariant", id)]; v != nil {
		p, values["publishable"] = v.product, v
	} else if p = r.product(id); p != nil {
		values["publishable"] = p
	}
	if p == nil {
		return nil, noSuchResource(id)
	}
	values["userErrors"] = userErrors(r.publish(p, args.objects("input"), on))
	return answer(values), nil
}

// entryTypes names the input objects of stock changes by the list they are in.
var entryTypes = map[string]string{"quantities": "InventoryQuantityInput", "changes": "InventoryChangeInput"}

// adjustAnswer runs a mutation of stock under its idempotency key. Each entry
// of its list must say from which quantity it changes, if only with null,
// though the schema makes it optional.
func (r *request) adjustAnswer(mutation, entries string, args input, run func(input) (*adjustment, []userError)) (any, error) {
	if err := r.checkIdempotent(); err != nil {
		return nil, err
	}
	in := args.object("input")
	for _, e := range in.objects(entries) {
		if !e.has("changeFromQuantity") {
			return nil, &topError{message: entryTypes[entries] + " must include the following argument: changeFromQuantity.", code: "INVALID_FIELD_ARGUMENTS"}
		}
	}
	got, errs := r.once(mutation, r.idempotencyKey, args, func() (any, []userError) {
		g, errs := run(in)
		return objectOf(g), errs
	})
	return answer(map[string]any{"inventoryAdjustmentGroup": got, "userErrors": userErrors(errs)}), nil
}

// checkIdempotent demands the directive the schema does not,
// https://shopify.dev/docs/api/usage/idempotent-requests.
func (r *request) checkIdempotent() error {
	if r.idempotencyKey == "" {
		return &topError{message: "The @idempotent directive is required for this mutation but was not provided.", code: "BAD_REQUEST"}
	}
	return nil
}

func mutateInventoryActivate(r *request, args input) (any, error) {
	if err := r.checkIdempotent(); err != nil {
		return nil, err
	}
	got, errs := r.once("inventoryActivate", r.idempotencyKey, args, func() (any, []userError) {
		l, v, errs := r.inventoryActivate(args)
		if l == nil {
			return nil, errs
		}
		return &levelView{l, stockItem{v}}, errs
	})
	return answer(map[string]any{"inventoryLevel": got, "userErrors": userErrors(errs)}), nil
}
