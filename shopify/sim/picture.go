package sim

import (
	"hash/fnv"
	pixels "image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
)

// pictureSize is the edge of a picture, in pixels.
const pictureSize = 64

// getPicture serves GET /_sim/pictures/{name}: a plain PNG whose colour
// follows from its name, for catalogs that need pictures behind their URLs.
func getPicture(w http.ResponseWriter, r *http.Request) {
	h := fnv.New32a()
	h.Write([]byte(r.PathValue("name")))
	sum := h.Sum32()
	picture := pixels.NewRGBA(pixels.Rect(0, 0, pictureSize, pictureSize))
	fill := color.RGBA{R: uint8(sum >> 16), G: uint8(sum >> 8), B: uint8(sum), A: 255}
	draw.Draw(picture, picture.Bounds(), pixels.NewUniform(fill), pixels.Point{}, draw.Src)
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_ = png.Encode(w, picture) // a client that is gone needs no picture
}
