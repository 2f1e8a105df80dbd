package intake

import (
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"code.dny.dev/ssrf"
)

// guard says from which addresses feeds are fetched: public ones, and those of
// the networks the operator allows.
type guard struct{ *ssrf.Guardian }

func newGuard(allowed []netip.Prefix) guard {
	var v4, v6 []netip.Prefix
	for _, p := range allowed {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return guard{ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// metadata are the addresses at which clouds hand a machine its credentials.
// They stay refused in allowed networks, for nobody means them who allows the
// network around them; Azure's is a public one.
var metadata = []netip.Addr{
	netip.MustParseAddr("169.254.169.254"), // most clouds
	netip.MustParseAddr("169.254.170.2"),   // AWS ECS
	netip.MustParseAddr("169.254.170.23"),  // AWS EKS
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd00:ec2::23"),    // AWS EKS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

// refused is why a host is not connected to. It names no address: a caller is
// not to learn from it what names mean inside.
type refused string

func (r refused) Error() string { return string(r) }

// control decides on each address that is about to be connected to, for
// [net.Dialer]: there a name has been resolved, and nothing comes after.
func (g guard) control(network, address string, c syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return refused("it has no address that can be checked")
	}
	if err := g.address(at.Addr().Unmap()); err != nil {
		return err
	}
	if g.Safe(network, address, c) != nil {
		return refused("it has " + kind(at.Addr().Unmap()))
	}
	return nil
}

// address refuses an address, with the IPv4 one that a NAT64 gateway would
// make of it: who allows the gateway's network does not allow all behind it.
func (g guard) address(a netip.Addr) error {
	if slices.Contains(metadata, a.WithZone("")) {
		return refused("it has the address of a cloud's metadata service")
	}
	if ssrf.IPv6NAT64Prefix.Contains(a) {
		b := a.As16()
		if err := g.address(netip.AddrFrom4([4]byte(b[12:]))); err != nil {
			return err
		}
	}
	if g.SafeAddr(a) != nil {
		return refused("it has " + kind(a))
	}
	return nil
}

// kind says what an address is that is not public.
func kind(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "a loopback address"
	case a.IsPrivate():
		return "a private address, in no network that the operator allows"
	case a.IsLinkLocalUnicast():
		return "a link-local address"
	case a.IsMulticast():
		return "a multicast address"
	case a.IsUnspecified():
		return "the address of no host"
	}
	return "an address that is not public"
}

// name refuses a host by its name: localhost, which is a loopback address
// whatever a resolver says (RFC 6761 6.3), and 2130706433, 0x7f.1 and the like,
// which are names to some resolvers and addresses to others.
func (g guard) name(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil // the dialer is not spared it
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	switch {
	case last == "localhost":
		return g.address(netip.AddrFrom4([4]byte{127, 0, 0, 1}))
	case strings.Trim(last, "0123456789") == "", strings.HasPrefix(last, "0x"):
		return refused("it is no name, and an IPv4 address is four decimal numbers")
	}
	return nil
}
