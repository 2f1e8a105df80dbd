// Package demo holds three catalogs of invented partners, as feeds with the
// quirks that real ones have: a byte order mark, rows of one product far
// apart, another encoding and delimiter, columns nobody knows, a product
// without a price and two variants that clash.
package demo

import (
	"bytes"
	"embed"
)

//go:embed *.csv
var files embed.FS

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
		{Partner: "halvmark", Name: "Halvmark", Currency: "EUR", FileName: "halvmark.csv"},
		{Partner: "sept-lunes", Name: "Brûlerie Sept-Lunes", Currency: "EUR", FileName: "sept-lunes.csv"},
		{Partner: "pottle-wren", Name: "Pottle & Wren", Currency: "GBP", FileName: "pottle-wren.csv"},
	}
	for i := range feeds {
		body, err := files.ReadFile(feeds[i].FileName)
		if err != nil {
			panic(err) // embedded at build time
		}
		feeds[i].Body = bytes.ReplaceAll(body, []byte(placeholder), []byte(pictures))
	}
	return feeds
}
