package demo

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestFeeds(t *testing.T) {
	t.Parallel()
	feeds := Feeds("http://pictures.test/p")
	if len(feeds) != 3 {
		t.Fatalf("%d feeds, want 3", len(feeds))
	}
	for _, f := range feeds {
		if bytes.Contains(f.Body, []byte(placeholder)) || !bytes.Contains(f.Body, []byte("http://pictures.test/p/")) {
			t.Errorf("%s: pictures are not where they were said to be", f.FileName)
		}
	}
	if !bytes.HasPrefix(feeds[0].Body, []byte("\xef\xbb\xbf")) {
		t.Errorf("%s lost its byte order mark", feeds[0].FileName)
	}
	if utf8.Valid(feeds[1].Body) {
		t.Errorf("%s is UTF-8; it is to be Windows-1252", feeds[1].FileName)
	}
}
