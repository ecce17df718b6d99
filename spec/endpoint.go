package spec

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Endpoint is where a node serves blobs: https://host:port, without a path. The host is an
// IPv4 address in dotted decimal, an IPv6 address in brackets, or a name. This package
// parses it with its own rules, because all validators must agree on them, and the rules of
// a library may change.
type Endpoint struct {
	Secure bool   // https; else http
	Host   string // without brackets
	Port   uint16 // if none is given: 443 for https, 80 for http

	ip netip.Addr // of a host that is an address; IPv4 inside IPv6 is unpacked
}

const (
	maxEndpoint = 256 // bytes
	maxLabel    = 63  // bytes between two dots of a host name
)

// ParseEndpoint reads an endpoint that is valid on some network. Plain HTTP is allowed only
// for loopback addresses, because everybody on the path can read it.
func ParseEndpoint(s string) (Endpoint, error) {
	e, err := parseEndpoint(s)
	if err != nil {
		return Endpoint{}, fmt.Errorf("endpoint %.64q: %w", s, err)
	}
	return e, nil
}

func parseEndpoint(s string) (Endpoint, error) {
	if len(s) > maxEndpoint {
		return Endpoint{}, fmt.Errorf("want at most %d bytes", maxEndpoint)
	}
	e := Endpoint{Port: 80}
	address, plainHTTP := strings.CutPrefix(s, "http://")
	if !plainHTTP {
		if address, e.Secure = strings.CutPrefix(s, "https://"); !e.Secure {
			return Endpoint{}, errors.New("want https://host:port")
		}
		e.Port = 443
	}
	host, port, err := split(address)
	if err != nil {
		return Endpoint{}, err
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || port != strconv.FormatUint(n, 10) {
			return Endpoint{}, errors.New("want a port from 1 to 65535, and nothing after it")
		}
		e.Port = uint16(n)
	}
	if e.ip, err = hostOf(host); err != nil {
		return Endpoint{}, err
	}
	e.Host = strings.Trim(host, "[]")
	switch {
	case e.ip.IsValid() && nowhere(e.ip):
		return Endpoint{}, fmt.Errorf("%s is not the address of one machine: want the address at which others reach this node", e.Host)
	case !e.Secure && !e.ip.IsLoopback():
		return Endpoint{}, errors.New("plain HTTP is for loopback addresses only: want https://host:port")
	}
	return e, nil
}

// split separates host and port. The port is empty if the address has none.
func split(address string) (host, port string, err error) {
	at := strings.LastIndexByte(address, ':')
	if end := strings.LastIndexByte(address, ']'); at < end {
		at = -1 // colons of an IPv6 address
	}
	if at < 0 {
		return address, "", nil
	}
	if port = address[at+1:]; port == "" {
		return "", "", errors.New("want a port after the colon")
	}
	return address[:at], port, nil
}

// hostOf reads a host. It refuses addresses in forms that only some systems understand
// (127.1, 0x7f.0.0.1, 2130706433). They cannot be names, because no top-level domain begins
// with a digit.
func hostOf(host string) (ip netip.Addr, err error) {
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, closed := strings.CutSuffix(inside, "]")
		ip, err = netip.ParseAddr(inside)
		if err != nil || !closed || !ip.Is6() || ip.Zone() != "" {
			return netip.Addr{}, errors.New("want an IPv6 address without a zone between the brackets")
		}
		return unpacked(ip), nil
	}
	if ip, err = netip.ParseAddr(host); err == nil && ip.Is4() {
		return ip, nil
	}
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > maxLabel || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, invalidInName) {
			return netip.Addr{}, errors.New("the host is neither a name nor an address, or a path follows it: want https://host:port")
		}
	}
	if top := labels[len(labels)-1]; '0' <= top[0] && top[0] <= '9' {
		return netip.Addr{}, errors.New("the host ends in a number but is not an address of the form 192.0.2.1")
	}
	return netip.Addr{}, nil
}

func invalidInName(r rune) bool {
	return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) && r != '-' && r != '_'
}

// Public reports why others cannot reach an endpoint through the internet: its address is
// loopback or link-local, or its name means something else on each machine. It does not
// resolve names: only the machine that dials a name learns its address.
func (e Endpoint) Public() error {
	why := ""
	host := strings.ToLower(e.Host)
	switch top := host[strings.LastIndexByte(host, '.')+1:]; {
	case e.ip.IsValid():
		why = notPublic(e.ip)
	case top == "localhost" || top == "localdomain":
		why = "leads each caller to its own machine"
	case top == "local":
		why = "is link-local"
	case top == host:
		why = "is a name without a domain"
	}
	if why != "" {
		return fmt.Errorf("endpoint at %s, which %s: want an address that others can reach; only a network whose genesis says that it is local allows this", e.Host, why)
	}
	return nil
}

// PublicAddress reports why an address cannot belong to another machine on the internet.
func PublicAddress(ip netip.Addr) error {
	if why := notPublic(unpacked(ip)); why != "" {
		return fmt.Errorf("address %s %s", ip, why)
	}
	return nil
}

// notPublic says why an address is not public; empty if it may be.
func notPublic(ip netip.Addr) string {
	switch {
	case ip.IsLoopback():
		return "leads each caller to its own machine"
	case ip.IsLinkLocalUnicast():
		return "is link-local"
	case nowhere(ip):
		return "is not the address of one machine"
	}
	return ""
}

// nowhere reports whether an address is unspecified, multicast or broadcast.
func nowhere(ip netip.Addr) bool {
	return ip.IsUnspecified() || ip.IsMulticast() || ip.Is4() && (ip.As4()[0] == 0 || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}))
}

// unpacked takes an IPv4 address out of the IPv6 addresses that stand for it: mapped
// (::ffff:127.0.0.1), compatible (::127.0.0.1) and translated (64:ff9b::127.0.0.1).
func unpacked(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() || ip.IsLoopback() || ip.IsUnspecified() {
		return ip
	}
	b := ip.As16()
	prefix := [12]byte(b[:12])
	if prefix == [12]byte{} || prefix == [12]byte{0x00, 0x64, 0xff, 0x9b} {
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return ip
}

// Loopback reports whether the host is a loopback address. A name is never one.
func (e Endpoint) Loopback() bool { return e.ip.IsLoopback() }
