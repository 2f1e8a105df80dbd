// Package demo holds three catalogs of invented partners, as feeds with the
// quirks that real ones have: a byte order mark, rows of one product far
// apart, another encoding and delimiter, columns nobody knows, a product
// without a price and two variants that clash.
package demo

import (
	"bytes"
	_ "embed"
)

var (
	//go:embed halvmark.csv
	halvmark []byte
	//go:embed sept-lunes.csv
	septLunes []byte
	//go:embed pottle-wren.csv
	pottleWren []byte
)

// placeholder stands in the feeds for the address of the pictures.
const placeholder = "{{pictures}}"

// Feed is the whole catalog of one partner.
type Feed struct {
	Partner  string // its key
	Name     string
	Currency string // ISO 4217
	FileName string
	Body     []byte // as the partner sends it, in the feed's own encoding
}

// Feeds gives the catalogs. Their pictures are PICTURES/NAME.jpg, where
// pictures is an address without a slash at its end.
func Feeds(pictures string) []Feed {
	feeds := []Feed{
		{"halvmark", "Halvmark", "EUR", "halvmark.csv", halvmark},
		{"sept-lunes", "Brûlerie Sept-Lunes", "EUR", "sept-lunes.csv", septLunes},
		{"pottle-wren", "Pottle & Wren", "GBP", "pottle-wren.csv", pottleWren},
	}
	for i := range feeds {
		feeds[i].Body = bytes.ReplaceAll(feeds[i].Body, []byte(placeholder), []byte(pictures))
	}
	return feeds
}
