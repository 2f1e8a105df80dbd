package sim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aisles/internal/realdata"
)

// recordedRoots are the root fields whose recordings must come out as
// recorded.
var recordedRoots = []string{
	"productSet", "nodes", "node", "product", "products", "productByIdentifier", "locations", "location", "shop", "productCreate", "productUpdate",
	"productDelete", "productCreateMedia", "productOperation", "productsCount", "productVariant", "productVariants", "metafieldsSet", "metafieldsDelete",
	"metafieldDefinitionCreate", "metafieldDefinitions", "publications", "publicationUpdate", "publishablePublish", "publishableUnpublish",
	"tagsAdd", "tagsRemove", "productVariantsBulkCreate", "productVariantsBulkUpdate", "productVariantsBulkDelete", "inventoryItem", "inventoryItems",
	"inventoryLevel", "inventorySetQuantities", "inventoryAdjustQuantities", "inventoryActivate", "collection",
}

// unmatched are recordings that cannot come out as recorded, with the reason.
var unmatched = map[string]string{
	"metafields-set-owner-existence-atomicity-singleinvalid":                 "the recording's setup lacks the deletion of the owner",
	"metafields-set-owner-existence-atomicity-mixedinvalid":                  "the recording's setup lacks the deletion of the owner",
	"product-status-enum-validation-validation-productcreateinvalidvariable": "the text lists the statuses of 2025-01, before UNLISTED",
	"inventory-cold-reads": "searches for the number the recorded shop gave the item",
}

// TestRecordedExchanges replays what real shops answered, where the recordings
// and Python are at hand.
func TestRecordedExchanges(t *testing.T) {
	t.Parallel()
	data := realdata.Dir(t)
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	folder := filepath.Join(data, "recorded")
	const domain = "recorded.myshopify.com"
	server := New(Options{Shops: []Shop{{Domain: domain, Plan: "enterprise", AccessToken: "shpat_test", Locations: []string{"default", "second"}}}})
	web := httptest.NewServer(server)
	defer web.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for _, kind := range []string{"errors", "sequences"} {
		out, err := exec.CommandContext(ctx, python, filepath.Join(folder, "replay.py"), "--files", folder, "--only", kind, "--verbose",
			"--url", web.URL+"/"+domain+"/admin/api/2026-10/graphql.json", "--reset-url", web.URL+"/_sim/reset").CombinedOutput()
		if err != nil {
			t.Fatalf("replay %s: %v\n%s", kind, err, out)
		}
		out = append([]byte{'\n'}, out...)
		total := 0
		for id, roots := range recordedRows(t, filepath.Join(folder, kind+".jsonl")) {
			if slices.ContainsFunc(roots, func(r string) bool { return !slices.Contains(recordedRoots, r) }) {
				continue
			}
			total++
			at := bytes.Index(out, []byte("\nMISMATCH "+kind+" "+id+"\n"))
			if at < 0 {
				at = bytes.Index(out, []byte("\nMISMATCH "+kind+" "+id+" requires="))
			}
			switch reason, known := unmatched[id]; {
			case at >= 0 && !known:
				text := out[at+1:]
				if end := bytes.Index(text[1:], []byte("\nMISMATCH")); end >= 0 {
					text = text[:end+1]
				}
				t.Errorf("%s", text)
			case at < 0 && known:
				t.Errorf("%s matches, though it was held to be impossible: %s", id, reason)
			}
		}
		if total == 0 {
			t.Errorf("no recorded %s for the roots", kind)
		}
		t.Logf("%s: %d recordings", kind, total)
	}
}

// recordedRows reads the ids and root fields of a file of recordings.
func recordedRows(t *testing.T, file string) map[string][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := map[string][]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var row struct {
			ID    string   `json:"id"`
			Roots []string `json:"roots"`
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		rows[strings.TrimSpace(row.ID)] = row.Roots
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}
