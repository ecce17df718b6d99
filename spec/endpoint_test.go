package spec_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

// endpoints are spellings of endpoints, with what is wrong with each: on any network
// ("never"), on one that is not local ("local"), or nothing ("").
func endpoints() map[string]string {
	return map[string]string{
		"https://node.example:7000":       "",
		"https://node.example":            "",
		"https://NODE.Example:1":          "",
		"https://node_1.b-2.example:7000": "",
		"https://192.0.2.1:65535":         "",
		"https://10.0.0.7:7000":           "", // of a private network, which may be one of many machines
		"https://[2001:db8::1]:7000":      "",
		"https://[2001:db8::1]":           "",
		"https://localhost.example:7000":  "",

		"http://127.0.0.1:7000":                "local",
		"http://127.9.9.9:7000":                "local",
		"http://[::1]:7000":                    "local",
		"http://[::ffff:127.0.0.1]:7000":       "local",
		"https://127.0.0.1:7000":               "local",
		"https://127.255.0.1:7000":             "local",
		"https://[::1]:7000":                   "local",
		"https://[0:0:0:0:0:0:0:1]:7000":       "local",
		"https://[::ffff:127.0.0.1]:7000":      "local",
		"https://[::ffff:7f00:1]:7000":         "local",
		"https://[::127.0.0.1]:7000":           "local",
		"https://[64:ff9b::127.0.0.1]:7000":    "local",
		"https://[64:ff9b::a9fe:a9fe]:7000":    "local",
		"https://localhost:7000":               "local",
		"https://LocalHost:7000":               "local",
		"https://a.localhost:7000":             "local",
		"https://localhost.localdomain:7000":   "local",
		"https://printer.local:7000":           "local",
		"https://node:7000":                    "local",
		"https://169.254.169.254":              "local",
		"https://[fe80::1]:7000":               "local",
		"https://[febf::1]:7000":               "local",
		"https://[::ffff:169.254.169.254]:700": "local",

		"":                              "never",
		"node.example:7000":             "never",
		"//node.example:7000":           "never",
		"file:///etc/passwd":            "never",
		"HTTPS://node.example:7000":     "never",
		"ftp://node.example":            "never",
		"http://node.example:7000":      "never",
		"http://localhost:7000":         "never", // a name may lead anywhere
		"http://192.0.2.1:7000":         "never",
		"http://10.0.0.7:7000":          "never",
		"https://0.0.0.0:7000":          "never",
		"http://0.0.0.0:7000":           "never",
		"https://0.0.0.1:7000":          "never",
		"https://[::]:7000":             "never",
		"https://[::ffff:0.0.0.0]:7000": "never",
		"https://255.255.255.255:7000":  "never",
		"https://224.0.0.1:7000":        "never",
		"https://[ff02::1]:7000":        "never",
		"https://2130706433:7000":       "never",
		"https://0x7f000001:7000":       "never",
		"https://0x7f.1:7000":           "never",
		"https://127.1:7000":            "never",
		"https://0177.0.0.1:7000":       "never",
		"https://127.0.0.1.:7000":       "never",
		"https://127.0.0.0x1:7000":      "never",
		"https://localhost.:7000":       "never",
		"https://node.example.:7000":    "never",
		"https://:7000":                 "never",
		"https://":                      "never",
		"https://me@node.example:7000":  "never",
		"https://me:word@node.example":  "never",
		"https://node.example:7000/":    "never",
		"https://node.example/a":        "never",
		"https://node.example?a=b":      "never",
		"https://node.example:7000?a":   "never",
		"https://node.example#":         "never",
		"https://node.example:0":        "never",
		"https://node.example:":         "never",
		"https://node.example:65536":    "never",
		"https://node.example:+70":      "never",
		"https://node.example:070":      "never",
		"https://node.example:http":     "never",
		"https://node.example:1:2":      "never",
		"https://-node.example":         "never",
		"https://node..example":         "never",
		"https://no de.example":         "never",
		"https://node.exa%6dple":        "never",
		"https://%31%32%37.0.0.1":       "never",
		"https://nöde.example":          "never",
		"https://１２７.0.0.1":             "never",
		"https://node.example\nHost: x": "never",
		"https://[fe80::1%25eth0]:7000": "never",
		"https://[fe80::1%eth0]:7000":   "never",
		"https://[::1%1]:7000":          "never",
		"https://[::1:7000":             "never",
		"https://::1]:7000":             "never",
		"https://[127.0.0.1]:7000":      "never",
		"https://[::1]x:7000":           "never",
		"https://2001:db8::1":           "never",

		"https://" + strings.Repeat("h", 63) + ".example":  "",
		"https://" + strings.Repeat("h", 64) + ".example":  "never",
		"https://" + strings.Repeat("h.", 120) + "example": "",
		"https://" + strings.Repeat("h.", 124) + "example": "never",
	}
}

func TestEndpoints(t *testing.T) {
	for s, want := range endpoints() {
		p := profile()
		p.Endpoint = s
		always, public := p.Validate() != nil, p.ValidatePublic() != nil
		if always != (want == "never") || public != (want != "") {
			t.Errorf("%q: refused on any network %v, on one that is not local %v (%v); want %q", s, always, public, p.ValidatePublic(), want)
		}
	}
}

func TestEndpointIsReadWhole(t *testing.T) {
	for s, want := range map[string]spec.Endpoint{
		"https://node.example":       {Secure: true, Host: "node.example", Port: 443},
		"https://[2001:db8::1]:7000": {Secure: true, Host: "2001:db8::1", Port: 7000},
		"http://127.0.0.1":           {Host: "127.0.0.1", Port: 80},
	} {
		got, err := spec.ParseEndpoint(s)
		if err != nil || got.Secure != want.Secure || got.Host != want.Host || got.Port != want.Port {
			t.Errorf("%s: got %+v, %v", s, got, err)
		}
	}
}

// FuzzEndpoint: an accepted endpoint leads to the address in its text. No spelling of a loopback address
// passes as the address of another machine.
func FuzzEndpoint(f *testing.F) {
	for s := range endpoints() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := spec.ParseEndpoint(s)
		if err != nil {
			return
		}
		if !e.Secure && !e.Loopback() {
			t.Errorf("%q is accepted although it is plain HTTP", s)
		}
		if e.Port == 0 || e.Host == "" || strings.ContainsAny(e.Host, "/?#@ %[]") {
			t.Errorf("%q is read as %+v", s, e)
		}
		if ip, err := netip.ParseAddr(e.Host); err == nil && (e.Public() == nil) != (spec.PublicAddress(ip) == nil) {
			t.Errorf("%q is public by its text (%v) and not by its address (%v)", s, e.Public(), spec.PublicAddress(ip))
		}
	})
}
