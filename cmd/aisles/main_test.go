package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aisles/aisles"
	"aisles/shopify/sim"
)

// asProgram makes the test binary be the program, so that tests can start it
// and kill it.
const asProgram = "AISLES_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// cli runs a command of the program in this process and gives its status and
// what it printed.
func cli(t *testing.T, data string, args ...string) (status int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(t.Context(), append([]string{"--data", data}, args...), strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

// must runs a command that has to end with the status.
func must(t *testing.T, want int, data string, args ...string) string {
	t.Helper()
	status, out, errs := cli(t, data, args...)
	if status != want {
		t.Fatalf("aisles %s: exit %d, want %d\n%s%s", strings.Join(args, " "), status, want, out, errs)
	}
	return out
}

// program is a running `aisles up`.
type program struct {
	cmd  *exec.Cmd
	errs *bytes.Buffer
}

// up starts `aisles up` on the data folder and waits until it serves.
func up(t *testing.T, data string, args ...string) *program {
	t.Helper()
	_ = os.Remove(filepath.Join(data, urlFile)) // of the process before
	p := &program{errs: &bytes.Buffer{}}
	p.cmd = exec.Command(os.Args[0], append([]string{"--data", data, "up", "--listen", "127.0.0.1:0", "--phido-listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.errs
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	waitFor(t, "the program to serve", func() bool {
		url, err := folder(data).read(urlFile)
		if err != nil || url == "" {
			return false
		}
		res, err := http.Get(url + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return p
}

// kill ends the program as a crash would.
func (p *program) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// shops serves simulated shops, one of them acme's.
func shops(t *testing.T) *httptest.Server {
	t.Helper()
	s := sim.New(sim.Options{OnFailure: func(err error) { t.Errorf("the simulator failed: %v", err) }})
	if err := s.AddShop(sim.Shop{Domain: "acme.myshopify.com", AccessToken: "shpat_1", Plan: "plus", LatencyMS: 30}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func feed(n int) string {
	var b strings.Builder
	b.WriteString("Handle,Title,Vendor,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n")
	for i := range n {
		fmt.Fprintf(&b, "p%03d,Product %d,Acme,TRUE,Size,S,SKU-%03d,19.90,https://cdn.example/p%03d.jpg\n", i, i, i, i)
	}
	return b.String()
}

// connectAcme adds the partner acme, its shop and its catalog.
func connectAcme(t *testing.T, data string, shop *httptest.Server, products int) {
	t.Helper()
	must(t, 0, data, "partner", "add", "acme", "--name", "Acme")
	must(t, 0, data, "connect", "acme", "--shop", "acme.myshopify.com", "--endpoint", shop.URL+"/acme.myshopify.com", "--token-file", writeFile(t, "token", "shpat_1"))
	must(t, 0, data, "import", "acme", writeFile(t, "feed.csv", feed(products)))
}

type shopProduct struct {
	Handle, Title string
	Variants      []struct{ Price string }
	Media         []struct{ URL string }
	PublishedOn   []string
}

func shopState(t *testing.T, server *httptest.Server) []shopProduct {
	t.Helper()
	return stateOf(t, server, "acme.myshopify.com")
}

// created counts the products of the shop, cheaply.
func created(t *testing.T, server *httptest.Server) int { return len(shopState(t, server)) }

// TestKilled kills the program at twenty random points of a first sync while
// answers are lost. In the end the shop is as the catalog, nothing is there
// twice, and no run began again from nothing.
func TestKilled(t *testing.T) {
	t.Parallel()
	const products, kills = 300, 20
	data, server := t.TempDir(), shops(t)
	p := up(t, data, "--no-sim")
	connectAcme(t, data, server, products)
	fault := `{"shop":"acme.myshopify.com","operation":"productSet","kind":"drop_after_commit","rate":0.05}`
	res, err := http.Post(server.URL+"/_sim/faults", "application/json", strings.NewReader(fault))
	if err != nil || res.StatusCode >= 300 {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	must(t, 0, data, "sync", "acme")
	for range kills {
		target := created(t, server) + 1 + rand.N(20)
		waitFor(t, "some more products", func() bool { n := created(t, server); return n >= target || n == products })
		p.kill()
		p = up(t, data, "--no-sim")
	}
	must(t, 0, data, "sync", "acme", "--wait")
	seen := map[string]bool{}
	for _, p := range shopState(t, server) {
		if seen[p.Handle] {
			t.Errorf("%s is there twice", p.Handle)
		}
		seen[p.Handle] = true
		if len(p.Variants) != 1 || p.Variants[0].Price != "19.90" || len(p.Media) != 1 || len(p.PublishedOn) != 1 {
			t.Errorf("%s: %+v", p.Handle, p)
		}
	}
	if len(seen) != products {
		t.Errorf("%d products in the shop, want %d", len(seen), products)
	}
	calls := callCounts(t, server, "acme.myshopify.com")
	var runs struct{ Runs []aisles.Run }
	if err := json.Unmarshal([]byte(must(t, 0, data, "runs", "--json")), &runs); err != nil {
		t.Fatal(err)
	}
	first := runs.Runs[len(runs.Runs)-1]
	t.Logf("%d kills, %d products; the first run: %s, resumed %d times; calls: %v", kills, products, first.Status, first.Resumed, calls)
	// What was answered is not sent again, and what was not is looked up: some
	// fifty products for each kill and each run.
	if n := calls["productSet"]; n > products+kills {
		t.Errorf("%d productSet for %d products", n, products)
	}
	if n := calls["productByIdentifier"]; n > (kills+2)*50 {
		t.Errorf("%d products were looked up", n)
	}
}

// callCounts counts the calls the shops have got by operation.
func callCounts(t *testing.T, server *httptest.Server, shop string) map[string]int {
	t.Helper()
	res, err := http.Get(server.URL + "/_sim/calls?shop=" + shop)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	counts := map[string]int{}
	for dec := json.NewDecoder(res.Body); dec.More(); {
		var c struct{ Operation string }
		if err := dec.Decode(&c); err != nil {
			t.Fatal(err)
		}
		counts[c.Operation]++
	}
	return counts
}

// TestTwoOnOneFolder: a second program on a data folder says so.
func TestTwoOnOneFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	up(t, data, "--no-sim")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	second := exec.CommandContext(ctx, os.Args[0], "--data", data, "up", "--no-sim")
	second.Env = append(os.Environ(), asProgram+"=1")
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != exitLocked || !strings.Contains(string(out), data) {
		t.Errorf("exit %d, %v: %s", second.ProcessState.ExitCode(), err, out)
	}
}

// TestStatuses: the statuses that scripts depend on.
func TestStatuses(t *testing.T) {
	t.Parallel()
	data, server := t.TempDir(), shops(t)
	p := up(t, data, "--no-sim", "--feed-networks", "127.0.0.0/8,::1/128")
	connectAcme(t, data, server, 30)
	must(t, 0, data, "version")
	must(t, exitUsage, data, "up", "--feed-networks", "10.0.0.0")
	must(t, exitUsage, data, "serve", "--feed-networks", "127.0.0.0/8,inside")
	must(t, exitUsage, data, "nonsense")
	must(t, exitUsage, data, "sync")
	must(t, exitUsage, data, "mode", "paused")
	must(t, exitUsage, data, "serve")
	must(t, exitError, data, "partner", "show", "nobody")
	must(t, exitError, data, "partner", "add", "acme")
	must(t, exitError, data, "import", "acme", writeFile(t, "page.csv", "<html><body>404</body></html>"))
	must(t, exitPartly, data, "import", "acme", writeFile(t, "bad.csv", "Handle,Title,Variant Price,Variant SKU\np001,Product,12 EUR,SKU-001\n"))
	files := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(writeFile(t, "feed.csv", feed(30))))))
	defer files.Close()
	if out := must(t, 0, data, "import", "acme", files.URL+"/feed.csv?key=s3cret", "--full"); !strings.HasPrefix(out, files.URL+"/feed.csv: 30 rows") {
		t.Errorf("import by URL:\n%s", out)
	}
	must(t, exitError, data, "import", "acme", files.URL+"/none.csv")
	must(t, exitError, data, "import", "acme", "http://10.0.0.1/feed.csv")
	if status, _, errs := cli(t, data, "import", "acme", "ftp://me:s3cret@feeds.example/"); status != exitUsage || strings.Contains(errs, "s3cret") {
		t.Errorf("exit %d: %s", status, errs)
	}
	if out := must(t, 0, data, "sync", "acme", "--dry-run"); !strings.Contains(out, "+ p001") || created(t, server) != 0 {
		t.Errorf("dry run:\n%s", out)
	}
	var synced struct {
		Runs []aisles.Run
		Pass aisles.Pass
	}
	if err := json.Unmarshal([]byte(must(t, 0, data, "sync", "--all", "--wait", "--json")), &synced); err != nil || synced.Runs[0].Counts.Create != 30 {
		t.Errorf("sync: %+v %v", synced, err)
	}
	if err := json.Unmarshal([]byte(must(t, 0, data, "sync", "--all", "--wait", "--json")), &synced); err != nil || synced.Runs[0].ShopifyCalls != 0 || synced.Pass.AislesRequests != 1 {
		t.Errorf("second sync: %+v %v", synced, err)
	}
	if out := must(t, 0, data, "why", "acme", "p001"); !strings.Contains(out, "in step") {
		t.Errorf("why:\n%s", out)
	}
	must(t, 0, data, "import", "acme", writeFile(t, "empty.csv", "Handle,Title\n"), "--full")
	must(t, exitHeld, data, "sync", "acme", "--wait")
	held := strings.Fields(strings.Split(must(t, 0, data, "runs", "--partner", "acme"), "\n")[1])[0]
	must(t, 0, data, "reject", held)
	must(t, exitError, data, "approve", held)
	must(t, 0, data, "sync", "acme", "--wait")
	must(t, 0, data, "mode", "paused", "--reason", "stocktaking")
	if out := must(t, 0, data, "mode"); !strings.Contains(out, "stocktaking") {
		t.Errorf("mode: %s", out)
	}
	token := strings.TrimSpace(must(t, 0, data, "token", "create", "--class", "partner", "--partner", "acme"))
	must(t, 0, data, "--token", token, "partner", "show", "acme")
	must(t, exitError, data, "--token", token, "mode", "sequential", "--reason", "mine")
	p.kill()
	must(t, exitUnreachable, data, "partner", "list")
}

// TestConnectApp: a shop is connected with an app's credentials, which are
// tried before they are stored, and shown without the secret.
func TestConnectApp(t *testing.T) {
	t.Parallel()
	data, server := t.TempDir(), shops(t)
	body := `{"domain":"app.myshopify.com","client_id":"app-1","client_secret":"shpss_1"}`
	res, err := http.Post(server.URL+"/_sim/shops", "application/json", strings.NewReader(body))
	if err != nil || res.StatusCode != http.StatusCreated {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	up(t, data, "--no-sim")
	must(t, 0, data, "partner", "add", "acme")
	good, wrong, token := writeFile(t, "secret", "shpss_1\n"), writeFile(t, "wrong", "shpss_2"), writeFile(t, "token", "shpat_1")
	connect := []string{"connect", "acme", "--shop", "app.myshopify.com", "--endpoint", server.URL + "/app.myshopify.com"}
	for _, tt := range []struct {
		status int
		says   string
		args   []string
	}{
		{exitUsage, "needs --shop, and --token-file or --client-id with --client-secret-file", nil},
		{exitUsage, "--client-id needs --client-secret-file", []string{"--client-id", "app-1"}},
		{exitUsage, "give either --token-file, or --client-id with --client-secret-file", []string{"--client-id", "app-1", "--client-secret-file", good, "--token-file", token}},
		{exitUsage, "give either --token-file", []string{"--client-secret-file", good, "--token-file", token}},
		{exitUsage, "needs --shop, and --token-file or --client-id", []string{"--client-secret-file", good}},
		{exitUsage, "holds no client secret", []string{"--client-id", "app-1", "--client-secret-file", writeFile(t, "empty", " ")}},
		{exitError, "app.myshopify.com refuses the credentials", []string{"--client-id", "app-1", "--client-secret-file", wrong}},
		{exitError, "the client secret is not this app's", []string{"--client-id", "app-1", "--client-secret-file", wrong}},
		{exitError, "no app has this client id", []string{"--client-id", "app-2", "--client-secret-file", good}},
		{0, "", []string{"--client-id", "app-1", "--client-secret-file", good}},
	} {
		status, out, errs := cli(t, data, append(connect, tt.args...)...)
		if status != tt.status || !strings.Contains(errs, tt.says) || strings.Contains(out+errs, "shpss_") {
			t.Errorf("connect %v: exit %d\n%s%s", tt.args, status, out, errs)
		}
	}
	if out := must(t, 0, data, "partner", "show", "acme"); !strings.Contains(out, `"client_id": "app-1"`) || strings.Contains(out, "shpss_") {
		t.Errorf("show: %s", out)
	}
	must(t, 0, data, "connect", "acme", "--interval", "2h")
	must(t, 0, data, "import", "acme", writeFile(t, "feed.csv", feed(3)))
	must(t, 0, data, "sync", "acme", "--wait")
	if res, err = http.Post(server.URL+"/_sim/shops/app.myshopify.com/revoke", "application/json", strings.NewReader(`{"uninstall":true}`)); err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	must(t, 0, data, "import", "acme", writeFile(t, "more.csv", feed(4)))
	must(t, exitError, data, "sync", "acme", "--wait")
	if out := must(t, 0, data, "partner", "show", "acme"); !strings.Contains(out, `"paused": {`) || !strings.Contains(out, "the app is not installed in the shop") {
		t.Errorf("show: %s", out)
	}
	if out := must(t, 0, data, "why", "acme", "p003"); !strings.Contains(out, "Nothing is sent since") {
		t.Errorf("why: %s", out)
	}
	must(t, 0, data, "connect", "acme", "--shop", "acme.myshopify.com", "--endpoint", server.URL+"/acme.myshopify.com", "--token-file", token)
	if out := must(t, 0, data, "partner", "show", "acme"); strings.Contains(out, "client_id") || strings.Contains(out, "paused") {
		t.Errorf("with a token again: %s", out)
	}
}
