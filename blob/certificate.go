package blob

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base32"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/althing-network/althing/spec"
)

// ErrOtherKey is returned when who answers at a node's endpoint does not have the key
// that the registry has for the node.
var ErrOtherKey = fmt.Errorf("%w: whoever answers does not have the node's transport key", spec.ErrCommunication)

// ServerTLS is how a server shows who it is: by a certificate that its transport key
// signed for itself. Connections are TLS 1.3, and each makes keys of its own, so a
// transport key that is stolen opens nothing that was recorded before. A peer that asks
// for one of the former keys is shown that one: it has not heard yet of the new one. Put
// it around a [Door], which so counts connections before anything is computed for them.
func ServerTLS(key ed25519.PrivateKey, former ...ed25519.PrivateKey) (*tls.Config, error) {
	own, err := certificate(key)
	if err != nil {
		return nil, err
	}
	known := map[string]*tls.Certificate{}
	for _, k := range former {
		c, err := certificate(k)
		if err != nil {
			return nil, err
		}
		known[keyLabel(k.Public().(ed25519.PublicKey))] = c
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"}, // whose bodies have deadlines of their own
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			_, label, _ := strings.Cut(strings.TrimSuffix(hello.ServerName, pinDomain), ".")
			if c, ok := known[label]; ok {
				return c, nil
			}
			return own, nil
		},
		SessionTicketsDisabled:      true, // a key that ended must not live on in tickets
		DynamicRecordSizingDisabled: true, // blobs want throughput, not an early first byte
	}, nil
}

// certificate is a key in the form that TLS sends. All but the key is filling: peers
// check nothing else.
func certificate(key ed25519.PrivateKey) (*tls.Certificate, error) {
	filling := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // "no end" (RFC 5280, 4.1.2.5)
	}
	der, err := x509.CreateCertificate(rand.Reader, filling, filling, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate of a transport key: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// pinDomain ends the names of peers. It resolves nowhere (RFC 2606), so a client that
// does not know these names reaches nobody.
const pinDomain = ".invalid"

// pinName is the host name under which connections to a peer are kept. It is made of
// the node and its key and not of its address, so that two nodes which register one
// address, or one key, share no connection, and a node with a new key gets a new one.
func pinName(p Peer) string {
	return "node-" + strconv.FormatUint(p.Node, 10) + "." + keyLabel(p.Key) + pinDomain
}

func keyLabel(key ed25519.PublicKey) string { return strings.ToLower(pinCoding().EncodeToString(key)) }

func pinCoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// pinned is the key in the name of a peer.
func pinned(name string) (ed25519.PublicKey, error) {
	_, label, _ := strings.Cut(strings.TrimSuffix(name, pinDomain), ".")
	key, err := pinCoding().DecodeString(strings.ToUpper(label))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q names no transport key", name)
	}
	return key, nil
}

// clientTLS is how a peer has to show that it has the key in its name.
func clientTLS(name string) (*tls.Config, error) {
	key, err := pinned(name)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"},
		ServerName: name,
		// The registry says which key a node has, which is more than an authority could
		// say of a name. So chain, names and dates of a certificate are not looked at,
		// and its key is. That the peer can sign with the key, TLS checks all the same.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("peer shows no certificate")
			}
			shown, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
			if !ok || !key.Equal(shown) {
				return ErrOtherKey
			}
			return nil
		},
		DynamicRecordSizingDisabled: true,
	}, nil
}
