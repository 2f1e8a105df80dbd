// Package intake reads partners' feeds into the store.
//
// [Load] goes through a feed twice. First it reads the whole of it and sorts
// its rows by product into partitions on disk, so that the rows of one product
// are together wherever they stand and memory does not grow with the feed.
// Only when all of it has been read, and found to be a feed, does it write,
// a batch of products at a time.
//
// A column the feed lacks leaves the field as it is, an empty cell clears it;
// but an empty price leaves the price, for nothing is given away because a
// cell is blank. A feed with option columns states all variants of each
// product it names; one with SKUs and no options addresses variants by SKU.
// What is wrong about one product rejects that product, with line, column and
// reason; it is left as it was.
package intake
