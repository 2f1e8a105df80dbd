package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"aisles/aisles"
	"aisles/internal/db/dbtest"
	"aisles/shopify/sim"
)

// role starts a role of the program with an environment, and gives its first
// line of output.
func role(t *testing.T, env []string, args ...string) (*program, string) {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0], args...)}
	p.cmd.Env = append(append(os.Environ(), asProgram+"=1"), env...)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("aisles %s: %q %v", strings.Join(args, " "), line, err)
	}
	return p, line
}

// TestTwoProcesses works the queue in two processes on one PostgreSQL and
// kills one of them again and again, while six partners are synced for the
// first time and asked for again meanwhile.
func TestTwoProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute: a dead process keeps its leases for 15 seconds")
	}
	t.Parallel()
	const partners, products, kills = 6, 60, 6
	home := dbtest.Postgres(t)
	server := manyShops(t, partners)
	env := []string{"AISLES_DATABASE_URL=" + home.URL(""), "AISLES_SECRET_KEY=" + strings.Repeat("5a", 32), "AISLES_DATA=" + t.TempDir()}
	call := func(args ...string) string {
		t.Helper()
		c := exec.Command(os.Args[0], args...)
		c.Env = append(append(os.Environ(), asProgram+"=1"), env...)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("aisles %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	call("migrate")
	_, line := role(t, env, "serve", "--listen", "127.0.0.1:0")
	url := strings.TrimSuffix(strings.Fields(line)[1], "/admin/")
	operator := call("token", "create", "--local")
	env = append(env, "AISLES_URL="+url, "AISLES_TOKEN="+operator)
	asPhido := append(env[:len(env):len(env)], "AISLES_TOKEN="+call("token", "create", "--class", "sync"))
	for i := range partners {
		name := fmt.Sprintf("p%d", i)
		call("partner", "add", name)
		call("connect", name, "--shop", name+".myshopify.com", "--endpoint", server.URL+"/"+name+".myshopify.com", "--token-file", writeFile(t, "token", "shpat_1"))
		call("import", name, writeFile(t, "feed.csv", feed(products)))
	}
	call("mode", "queued", "--reason", "test")
	call("sync", "--all")
	processes := make([]*program, 2)
	for i := range processes {
		processes[i], _ = role(t, asPhido, "phido", "--listen", "127.0.0.1:0", "--workers", "2")
	}
	total := func() (n int) {
		for i := range partners {
			n += len(stateOf(t, server, fmt.Sprintf("p%d.myshopify.com", i)))
		}
		return n
	}
	for i := range kills {
		target := total() + 1 + rand.N(products*partners/kills/2)
		waitFor(t, "some more products", func() bool { n := total(); return n >= target || n == partners*products })
		processes[i%2].kill()
		call("sync", "--all")
		processes[i%2], _ = role(t, asPhido, "phido", "--listen", "127.0.0.1:0", "--workers", "2")
	}
	call("sync", "--all", "--wait")
	if n := total(); n != partners*products {
		t.Errorf("%d products in the shops, want %d", n, partners*products)
	}
	var list struct{ Runs []aisles.Run }
	if err := json.Unmarshal([]byte(call("runs", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	resumed := 0
	for _, r := range list.Runs {
		resumed += r.Resumed
		if r.Status != aisles.RunSucceeded {
			t.Errorf("run %s of %s: %s %q", r.ID, r.Partner, r.Status, r.Reason)
		}
	}
	calls := callCounts(t, server, "")
	t.Logf("%d kills, %d runs, resumed %d times; calls: %v", kills, len(list.Runs), resumed, calls)
	// A product whose creation was not answered is looked up, not sent again.
	if n := calls["productSet"]; n > partners*products+kills*2*8 {
		t.Errorf("%d productSet for %d products", n, partners*products)
	}
}

// manyShops serves simulated shops p0, p1 and so on.
func manyShops(t *testing.T, n int) *httptest.Server {
	t.Helper()
	s := sim.New(sim.Options{OnFailure: func(err error) { t.Errorf("the simulator failed: %v", err) }})
	for i := range n {
		if err := s.AddShop(sim.Shop{Domain: fmt.Sprintf("p%d.myshopify.com", i), AccessToken: "shpat_1", Plan: "plus", LatencyMS: 100}); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server
}

// stateOf gives the products of a shop, none of them twice.
func stateOf(t *testing.T, server *httptest.Server, shop string) []shopProduct {
	t.Helper()
	res, err := http.Get(server.URL + "/_sim/shops/" + shop + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var state struct{ Products []shopProduct }
	if err := json.NewDecoder(res.Body).Decode(&state); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range state.Products {
		if seen[p.Handle] {
			t.Errorf("%s: %s is there twice", shop, p.Handle)
		}
		seen[p.Handle] = true
	}
	return state.Products
}
