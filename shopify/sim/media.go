package sim

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How long a file waits and is worked on before it is ready; not documented
// by Shopify, measured in a development store's time.
const (
	fileUploaded   = 200 * time.Millisecond
	fileProcessing = 800 * time.Millisecond
)

// file is a file of the shop; products refer to it as their media. It moves
// from UPLOADED over PROCESSING to READY or FAILED as the clock goes on.
type file struct {
	id        int64
	imageID   int64
	kind      string // MediaContentType
	source    string
	name      string
	alt       string
	createdAt time.Time
	updatedAt time.Time
}

// failingHost marks sources that cannot be fetched: the reserved top-level
// domain of RFC 2606. Their files end FAILED.
const failingHost = ".invalid"

// maxAlt is the longest alt text, in characters.
const maxAlt = 512

// makeFile makes a file that will be fetched from source; put registers it.
func (s *state) makeFile(kind, source, name, alt string) *file {
	if name == "" {
		if u, err := url.Parse(source); err == nil {
			name = path.Base(u.Path)
		}
	}
	return &file{id: s.newID(), imageID: s.newID(), kind: kind, source: source, name: name, alt: alt, createdAt: s.now(), updatedAt: s.now()}
}

// status is the file's state at a time.
func (f *file) status(now time.Time) string {
	switch age := now.Sub(f.createdAt); {
	case age < fileUploaded:
		return "UPLOADED"
	case age < fileUploaded+fileProcessing:
		return "PROCESSING"
	case f.fails():
		return "FAILED"
	}
	return "READY"
}

func (f *file) fails() bool {
	u, err := url.Parse(f.source)
	return err != nil || strings.HasSuffix(u.Hostname(), failingHost)
}

// typeName is the GraphQL type the file answers as.
func (f *file) typeName() string {
	switch f.kind {
	case "VIDEO":
		return "Video"
	case "EXTERNAL_VIDEO":
		return "ExternalVideo"
	case "MODEL_3D":
		return "Model3d"
	}
	return "MediaImage"
}

func (f *file) gid() string { return gid(f.typeName(), f.id) }

// file finds a file by global id; the kind in the id must be the file's.
func (s *state) file(id string) *file {
	_, n, ok := splitGID(id)
	if f := s.files[n]; ok && f != nil && f.gid() == id {
		return f
	}
	return nil
}

// cdnURL is where a ready picture is served.
func (s *state) cdnURL(f *file) string {
	return "https://cdn.shopify.com/s/files/1/" + s.info.domain + "/files/" + url.PathEscape(f.name) + "?v=" + strconv.FormatInt(f.createdAt.Unix(), 10)
}

// validSource tells whether a file's source can be a URL at all.
func validSource(source string) bool {
	u, err := url.Parse(source)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// contentKind guesses the kind of media from its source, as Shopify does when
// the input does not say.
func contentKind(declared, source string) string {
	switch declared {
	case "IMAGE", "VIDEO", "EXTERNAL_VIDEO", "MODEL_3D":
		return declared
	}
	u, err := url.Parse(source)
	if err != nil {
		return "IMAGE"
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".mp4", ".mov":
		return "VIDEO"
	case ".glb", ".usdz":
		return "MODEL_3D"
	}
	if slices.Contains([]string{"youtu.be", "www.youtube.com", "youtube.com", "vimeo.com"}, u.Hostname()) {
		return "EXTERNAL_VIDEO"
	}
	return "IMAGE"
}

// removeMedia takes files off the product and off its variants.
func (p *product) removeMedia(gone func(*file) bool) {
	p.media = slices.DeleteFunc(p.media, gone)
	for _, v := range p.variants {
		v.media = slices.DeleteFunc(v.media, func(id int64) bool {
			return !slices.ContainsFunc(p.media, func(f *file) bool { return f.id == id })
		})
	}
}
