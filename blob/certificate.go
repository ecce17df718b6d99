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

// ErrOtherKey is returned when the server at a node's endpoint does not have the key that
// the registry has for the node.
var ErrOtherKey = fmt.Errorf("%w: the server at the node's endpoint does not have its transport key", spec.ErrCommunication)

// ServerTLS is the TLS configuration of a server, with a certificate that its transport key
// signed for itself. Connections are TLS 1.3 with ephemeral keys, so a stolen transport key
// decrypts no recorded traffic. A peer that does not know the new key yet asks for a former
// one, and gets its certificate. Wrap the TLS listener around a [Door], which then counts
// connections before any handshake.
func ServerTLS(key ed25519.PrivateKey, former ...ed25519.PrivateKey) (*tls.Config, error) {
	own, err := certificate(key)
	if err != nil {
		return nil, err
	}
	formerCerts := map[string]*tls.Certificate{}
	for _, k := range former {
		c, err := certificate(k)
		if err != nil {
			return nil, err
		}
		formerCerts[keyLabel(k.Public().(ed25519.PublicKey))] = c
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"}, // HTTP/2 has no read and write deadlines per body
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			_, label, _ := strings.Cut(strings.TrimSuffix(hello.ServerName, pinDomain), ".")
			if c, ok := formerCerts[label]; ok {
				return c, nil
			}
			return own, nil
		},
		SessionTicketsDisabled:      true, // a former key must not stay valid in tickets
		DynamicRecordSizingDisabled: true, // blobs need throughput, not an early first byte
	}, nil
}

// certificate wraps a key in a self-signed certificate. Peers check the key and nothing
// else, so the other fields are constant.
func certificate(key ed25519.PrivateKey) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // "no end" (RFC 5280, 4.1.2.5)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate of a transport key: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// pinDomain is the top-level domain of peers' host names. It never resolves (RFC 2606), so
// a client that ignores the pinning reaches nobody.
const pinDomain = ".invalid"

// pinName is the host name under which connections to a peer are pooled. It contains the
// node's id and key instead of its address, so that two nodes with the same address or the
// same key share no connection, and a node with a new key gets a new one.
func pinName(p Peer) string {
	return "node-" + strconv.FormatUint(p.Node, 10) + "." + keyLabel(p.Key) + pinDomain
}

func keyLabel(key ed25519.PublicKey) string { return strings.ToLower(pinCoding().EncodeToString(key)) }

func pinCoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// keyOfName is the key in a [pinName].
func keyOfName(name string) (ed25519.PublicKey, error) {
	_, label, _ := strings.Cut(strings.TrimSuffix(name, pinDomain), ".")
	key, err := pinCoding().DecodeString(strings.ToUpper(label))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%q names no transport key", name)
	}
	return key, nil
}

// clientTLS is the TLS configuration for a connection to the peer with a [pinName].
func clientTLS(name string) (*tls.Config, error) {
	key, err := keyOfName(name)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{"http/1.1"},
		ServerName: name,
		// The registry says which key a node has, so no certificate authority is needed.
		// VerifyConnection compares the key; chain, names and dates of the certificate are
		// ignored. TLS still checks that the peer can sign with the key.
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
