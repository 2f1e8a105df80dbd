// Package intake reads partners' feeds into the store: Shopify's product CSV,
// Google Merchant XML and tables, JSON Lines.
//
// [Load] goes through a feed twice. First it reads the whole of it and sorts
// its rows by product, on disk when they are many, so that the rows of one
// product are together wherever they stand and memory does not grow with the
// feed. Only when all of it has been read, and found to be a feed, does it
// write, a batch of products at a time.
//
// # What a feed means
//
// A column the feed lacks leaves the field as it is, an empty cell clears it;
// but an empty price leaves the price, for nothing is given away because a
// cell is blank. What is about the product is read from its first row. A feed
// with option columns states all variants of each product it names; one
// without addresses variants by SKU; one with neither leaves them.
//
// # Where feeds come from
//
// Load reads what it is given. A [Fetcher] gives it the feed at a URL, which
// callers choose, so that it must not become their way into the network this
// process is in: each address is checked where it is connected to, when names
// and redirects have had their say.
//
// # What is wrong with a feed
//
// What is no feed, or breaks off inside a quotation, is refused as a whole,
// and nothing is written. What is wrong about one product rejects that
// product, with line, column and reason; it is left as it was. A row that
// names no product, or whose end had to be guessed, is rejected alone; as
// other products may hide in it, a full feed with such a row removes nothing.
package intake
