package sim

import (
	"mime"
	"path"
	"strings"
)

func (f *file) cursorID() int64 { return f.id }

// fileFields are the fields all kinds of files and media share.
func fileFields(more table) table {
	return merge(table{
		"id":               get(func(f *file) any { return f.gid() }),
		"alt":              get(func(f *file) any { return f.alt }),
		"createdAt":        get(func(f *file) any { return f.createdAt }),
		"updatedAt":        get(func(f *file) any { return f.updatedAt }),
		"mediaContentType": get(func(f *file) any { return f.kind }),
		"status":           field(fileStatus),
		"fileStatus":       field(fileStatus),
		"mediaErrors":      field(fileErrors),
		"fileErrors":       field(fileErrors),
		"mediaWarnings":    constant([]object{}),
		"preview": field(func(r *request, f *file, _ input) (any, error) {
			return answer(map[string]any{"image": objectOf(r.image(f)), "status": f.status(r.now())}), nil
		}),
	}, more)
}

func fileStatus(r *request, f *file, _ input) (any, error) { return f.status(r.now()), nil }

func fileErrors(r *request, f *file, _ input) (any, error) {
	if f.status(r.now()) != "FAILED" {
		return []object{}, nil
	}
	return []object{answer(map[string]any{
		"code": "IMAGE_DOWNLOAD_FAILURE", "message": "Image could not be downloaded.", "details": "Failed to download " + f.source,
	})}, nil
}

// mediaImageFields are the fields of MediaImage.
var mediaImageFields = fileFields(table{
	"image": field(func(r *request, f *file, _ input) (any, error) { return objectOf(r.image(f)), nil }),
	"mimeType": field(func(r *request, f *file, _ input) (any, error) {
		if f.status(r.now()) != "READY" {
			return nil, nil
		}
		return f.mimeType(), nil
	}),
	"originalSource": field(func(r *request, f *file, _ input) (any, error) {
		return answer(map[string]any{"url": f.source, "fileSize": nil}), nil
	}),
	"metafield": nothing, "metafields": none, "translations": constant([]object{}),
})

var videoFields = fileFields(table{
	"filename": get(func(f *file) any { return f.name }), "duration": nothing, "originalSource": nothing, "sources": constant([]object{}),
})

var model3dFields = fileFields(table{
	"filename": get(func(f *file) any { return f.name }), "boundingBox": nothing, "originalSource": nothing, "sources": constant([]object{}),
})

var externalVideoFields = fileFields(table{
	"embedUrl": get(func(f *file) any { return f.source }), "embeddedUrl": get(func(f *file) any { return f.source }),
	"originUrl": get(func(f *file) any { return f.source }),
	"host": get(func(f *file) any {
		if strings.Contains(f.source, "vimeo") {
			return "VIMEO"
		}
		return "YOUTUBE"
	}),
})

func (f *file) mimeType() string {
	if t := mime.TypeByExtension(path.Ext(f.name)); strings.HasPrefix(t, "image/") {
		return t
	}
	return "image/jpeg"
}

// productImage is the picture of a file that is ready. Its size is unknown: the
// simulator never fetches sources.
type productImage struct {
	file *file
	url  string
}

func (*productImage) typeName() string  { return "Image" }
func (i *productImage) cursorID() int64 { return i.file.imageID }

// image gives the picture of a file, nil unless it is ready.
func (s *state) image(f *file) *productImage {
	if f.kind != "IMAGE" || f.status(s.now()) != "READY" {
		return nil
	}
	return &productImage{f, s.cdnURL(f)}
}

// readyImages are the product's pictures that are ready.
func (s *state) readyImages(p *product) []*productImage {
	var out []*productImage
	for _, f := range p.media {
		if i := s.image(f); i != nil {
			out = append(out, i)
		}
	}
	return out
}

func imageURL(i *productImage) any { return i.url }

// imageFields are the fields of Image.
var imageFields = table{
	"id":             get(func(i *productImage) any { return gid("ProductImage", i.file.imageID) }),
	"altText":        get(func(i *productImage) any { return i.file.alt }),
	"url":            get(imageURL),
	"src":            get(imageURL),
	"originalSrc":    get(imageURL),
	"transformedSrc": get(imageURL),
	"width":          nothing, "height": nothing, "thumbhash": nothing, "metafield": nothing, "metafields": none, "translations": constant([]object{}),
}
