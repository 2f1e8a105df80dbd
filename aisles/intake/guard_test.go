package intake

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"aisles/aisles"
)

// nameServer is a DNS server on the loopback, and a resolver that asks it. A
// name gives its addresses in turn, one an answer, the last one for ever; one
// it does not know does not exist.
type nameServer struct {
	mu    sync.Mutex
	names map[string][]netip.Addr
	asked map[string]int
}

func newNameServer(t testing.TB, names map[string][]netip.Addr) (*nameServer, *net.Resolver) {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s := &nameServer{names: names, asked: map[string]int{}}
	go func() {
		b := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(s.answer(b[:n]), from)
		}
	}()
	return s, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// answer answers a question for A (1) or AAAA (28), RFC 1035 4.1.
func (s *nameServer) answer(question []byte) []byte {
	var labels []string
	at := 12
	for question[at] != 0 {
		n := int(question[at])
		labels = append(labels, string(question[at+1:at+1+n]))
		at += 1 + n
	}
	kind, name := binary.BigEndian.Uint16(question[at+1:]), strings.ToLower(strings.Join(labels, "."))
	s.mu.Lock()
	defer s.mu.Unlock()
	list, known := s.names[name]
	code, answers := byte(3), uint16(0)
	var record []byte
	if known {
		code = 0
		i := min(s.asked[name], len(list)-1)
		if a := list[i]; a.Is4() == (kind == 1) {
			answers, s.asked[name] = 1, s.asked[name]+1
			raw := a.AsSlice()
			record = binary.BigEndian.AppendUint16([]byte{0xc0, 12}, kind)
			record = append(record, 0, 1, 0, 0, 0, 0, 0, byte(len(raw)))
			record = append(record, raw...)
		}
	}
	out := append([]byte{}, question[0], question[1], 0x81, 0x80|code, 0, 1)
	out = binary.BigEndian.AppendUint16(out, answers)
	out = append(out, 0, 0, 0, 0)
	out = append(out, question[12:at+5]...)
	return append(out, record...)
}

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, text := range texts {
		out = append(out, netip.MustParseAddr(text))
	}
	return out
}

// zone are names that lead to where no feed is fetched from.
var zone = map[string][]netip.Addr{
	"loopback.test": addrs("127.0.0.1"), "six.test": addrs("::1"), "mapped.test": addrs("::ffff:127.0.0.1"), "private.test": addrs("10.0.0.7"),
	"ula.test": addrs("fd12::1"), "metadata.test": addrs("169.254.169.254"), "nat64.test": addrs("64:ff9b::a00:1"), "zero.test": addrs("0.0.0.0"),
	"feeds.localhost": addrs("93.184.216.34"), // a lie
}

// hostile are hosts that no feed is fetched from, with the reason; own ones
// are this machine at 127.0.0.1 or ::1.
var hostile = []struct {
	host, why string
	own       bool
}{
	{"127.0.0.1", "loopback", true}, {"127.0.0.2", "loopback", false}, {"127.255.255.254", "loopback", false},
	{"localhost", "loopback", true}, {"LOCALHOST", "loopback", true}, {"localhost.", "loopback", true}, {"feeds.localhost", "loopback", true},
	{"[::1]", "loopback", true}, {"[0:0:0:0:0:0:0:1]", "loopback", true}, {"[::]", "no host", false}, {"0.0.0.0", "no host", false}, {"0.1.2.3", "not public", false},
	{"[::ffff:127.0.0.1]", "loopback", true}, {"[::ffff:7f00:1]", "loopback", true}, {"[::ffff:10.0.0.1]", "private", false}, {"[::ffff:169.254.169.254]", "metadata", false},
	{"[::127.0.0.1]", "not public", false}, {"[::ffff:0:127.0.0.1]", "not public", false},
	{"2130706433", "is no name", true}, {"0x7f000001", "is no name", true}, {"017700000001", "is no name", true}, {"0x7f.0.0.1", "is no name", true},
	{"0177.0.0.1", "is no name", true}, {"127.1", "is no name", true}, {"127.0.1", "is no name", true}, {"127.0.0.1.", "is no name", true},
	{"127.0.0.0x1", "is no name", true}, {"127.0.0.01", "is no name", true}, {"0", "is no name", true}, {"169.254.43518", "is no name", true},
	{"①②⑦.⓪.⓪.①", "loopback", true}, {"１２７。０。０。１", "loopback", true}, {"ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "loopback", true},
	{"10.0.0.1", "private", false}, {"172.16.0.1", "private", false}, {"172.31.255.255", "private", false}, {"192.168.1.1", "private", false},
	{"100.64.0.1", "not public", false}, {"100.127.255.255", "not public", false}, {"100.100.100.200", "metadata", false},
	{"169.254.0.1", "link-local", false}, {"169.254.169.254", "metadata", false}, {"169.254.170.2", "metadata", false}, {"168.63.129.16", "metadata", false},
	{"192.0.0.192", "metadata", false}, {"192.0.0.8", "not public", false}, {"192.0.2.1", "not public", false}, {"198.51.100.1", "not public", false},
	{"203.0.113.1", "not public", false}, {"198.18.0.1", "not public", false}, {"192.88.99.1", "not public", false},
	{"224.0.0.1", "multicast", false}, {"239.255.255.250", "multicast", false}, {"240.0.0.1", "not public", false}, {"255.255.255.255", "not public", false},
	{"[fe80::1]", "link-local", false}, {"[fe80::1%25lo]", "link-local", false}, {"[fc00::1]", "private", false}, {"[fd12:3456::1]", "private", false},
	{"[fd00:ec2::254]", "metadata", false}, {"[fd20:ce::254]", "metadata", false}, {"[fec0::1]", "not public", false}, {"[ff02::1]", "multicast", false},
	{"[64:ff9b::127.0.0.1]", "loopback", true}, {"[64:ff9b::10.0.0.1]", "private", false}, {"[64:ff9b::169.254.169.254]", "metadata", false}, {"[64:ff9b::8.8.8.8]", "not public", false},
	{"[64:ff9b:1::7f00:1]", "not public", false}, {"[2002:7f00:1::]", "not public", false}, {"[2002:a00:1::1]", "not public", false}, {"[2002:a9fe:a9fe::1]", "not public", false},
	{"[2001::7f00:1]", "not public", false}, {"[2001:db8::1]", "not public", false}, {"[100::1]", "not public", false}, {"[3fff::1]", "not public", false},
	{"loopback.test", "loopback", true}, {"six.test", "loopback", true}, {"mapped.test", "loopback", true}, {"private.test", "private", false}, {"ula.test", "private", false},
	{"metadata.test", "metadata", false}, {"nat64.test", "private", false}, {"zero.test", "no host", false}, {"PRIVATE.test.", "private", false},
	{"8.8.8.8@127.0.0.1", "loopback", true}, {"feeds.example%40@127.0.0.1", "loopback", true},
}

// counted is a server on all addresses of the machine that counts who comes.
func counted(t testing.TB, h http.HandlerFunc) (hits *atomic.Int64, port string) {
	t.Helper()
	hits = &atomic.Int64{}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { hits.Add(1); h(w, r) }))
	_ = s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return hits, port
}

func saysFeed(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Handle,Title\n") }

// hostOf gives a URL's host without user and port, as messages name it.
func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ToLower(u.Hostname())
}

// refuses wants a host to be refused, by its name and with the reason.
func refuses(t *testing.T, err error, host, why string) {
	t.Helper()
	if aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), "no feed is fetched from") || !strings.Contains(err.Error(), why) {
		t.Errorf("%v, want a refusal because of %q", err, why)
	}
	ascii := strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.:%") == ""
	if err != nil && ascii && !strings.Contains(strings.ToLower(err.Error()), host) {
		t.Errorf("%v does not name %s", err, host)
	}
}

// TestHostile: nobody is reached who is not public.
func TestHostile(t *testing.T) {
	t.Parallel()
	hits, port := counted(t, saysFeed)
	_, names := newNameServer(t, zone)
	f := NewFetcher(FetchOptions{})
	f.dialer.Resolver = names
	for _, tt := range hostile {
		for _, scheme := range []string{"http", "https"} {
			address := scheme + "://" + tt.host + ":" + port + "/feed.csv?key=s3cret"
			_, err := fetch(t, f, address)
			refuses(t, err, hostOf(t, address), tt.why)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d of %d came through", n, 2*len(hostile))
	}
	// The same server is there for those who may go to it.
	f = NewFetcher(FetchOptions{AllowNetworks: networks("127.0.0.0/8", "::1/128")})
	f.dialer.Resolver = names
	for i, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "loopback.test", "①②⑦.⓪.⓪.①"} {
		if text, err := fetch(t, f, "http://"+host+":"+port); err != nil || text != "Handle,Title\n" || hits.Load() != int64(i+1) {
			t.Errorf("%s: %q, %v", host, text, err)
		}
	}
}

// TestHostileRedirect: nobody is reached by a detour either.
func TestHostileRedirect(t *testing.T) {
	t.Parallel()
	hits, target := counted(t, saysFeed)
	_, door := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(http.StatusFound)
	})
	_, names := newNameServer(t, zone)
	f := NewFetcher(FetchOptions{AllowNetworks: networks("127.0.0.1/32")})
	f.dialer.Resolver = names
	through := func(to string) error {
		_, err := fetch(t, f, "http://127.0.0.1:"+door+"/?to="+url.QueryEscape(to))
		return err
	}
	for _, tt := range hostile {
		if address := "http://" + tt.host + ":" + target + "/s3cret?key=s3cret"; !tt.own {
			refuses(t, through(address), hostOf(t, address), tt.why)
		}
	}
	for _, to := range []string{"file:///etc/passwd", "ftp://127.0.0.1/s3cret", "gopher://127.0.0.1:6379/_s3cret", "data:text/csv,Handle", "javascript:0", "http:", "http://", "", "://", "http://127.0.0.1:x/s3cret"} {
		if err := through(to); aisles.CodeOf(err) != aisles.Invalid || !strings.Contains(err.Error(), "redirects to no http or https URL") {
			t.Errorf("redirect to %q: %v", to, err)
		}
	}
	if n := hits.Load(); n > 0 {
		t.Errorf("%d came through", n)
	}
}

// TestRebinding: a name that was good and is no more is looked at again, where
// the connection is made.
func TestRebinding(t *testing.T) {
	t.Parallel()
	server, names := newNameServer(t, map[string][]netip.Addr{"rebind.test": addrs("127.0.0.1", "127.0.0.2")})
	hits, port := counted(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/again", http.StatusFound)
	})
	f := NewFetcher(FetchOptions{AllowNetworks: networks("127.0.0.1/32")})
	f.dialer.Resolver = names
	_, err := fetch(t, f, "http://rebind.test:"+port+"/feed.csv")
	refuses(t, err, "rebind.test", "loopback")
	server.mu.Lock()
	defer server.mu.Unlock()
	if hits.Load() != 1 || server.asked["rebind.test"] != 2 {
		t.Errorf("%d requests, %d look-ups: want 1 and 2", hits.Load(), server.asked["rebind.test"])
	}
}

// TestAllowedNetworks: what is allowed is, but for what hands out credentials,
// and nothing beside it.
func TestAllowedNetworks(t *testing.T) {
	t.Parallel()
	g := newGuard(networks("10.1.0.0/16", "169.254.0.0/16", "fd00::/8", "64:ff9b::/96", "168.63.0.0/16"))
	for address, allowed := range map[string]bool{
		"10.1.2.3": true, "10.2.0.1": false, "169.254.7.7": true, "169.254.169.254": false, "fd00::1": true, "fd00:ec2::254": false, "fd20:ce::254": false,
		"64:ff9b::808:808": true, "64:ff9b::10.1.0.1": true, "64:ff9b::10.2.0.1": false, "64:ff9b::127.0.0.1": false, "64:ff9b::169.254.169.254": false,
		"168.63.129.16": false, "168.63.129.17": true, "8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "::1": false,
	} {
		network := "tcp4"
		if strings.Contains(address, ":") {
			network = "tcp6"
		}
		if err := g.control(network, net.JoinHostPort(address, "8443"), nil); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := g.control("unix", "/run/x.sock", nil); err == nil {
		t.Error("a socket of the machine is let pass")
	}
	if err := g.control("udp4", "8.8.8.8:53", nil); err == nil {
		t.Error("what is no TCP is let pass")
	}
}

func networks(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}
