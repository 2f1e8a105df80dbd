// Package aisles is the catalog in words: partners, products and the facets in
// which a product changes, travels and is skipped. It does no I/O and imports
// the standard library only; every other room speaks in its types.
//
// A product has five facets (content, media, inventory, metadata,
// publication). [Split] takes a product apart into its facet documents,
// [Document.Fingerprints] gives one digest per facet, and [Document.Product]
// puts it together again. A write that leaves a fingerprint as it was is no
// change.
//
// What comes from outside is never a Product but a [Patch]: each field is
// absent, null or a value, because an absent field is left alone and an empty
// one is cleared.
package aisles
