package blob

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/althing-network/althing/spec"
)

// NewHTTPClient returns the HTTP client of one node. It keeps a few open connections to
// each peer for the next requests, and checks that a peer has its registered key.
//
// Unless the network is local, it refuses loopback and link-local addresses, whatever a
// peer's name resolves to: otherwise a peer could register a name that makes this node send
// requests to services of its own machine. If HTTPS_PROXY is set, connections use that
// proxy, which sees a peer's address and no content.
func NewHTTPClient(local bool) *http.Client {
	const perPeer = 4 // idle connections; more are closed after use
	d := dialer{local: local}
	return &http.Client{Transport: &http.Transport{
		DialContext:           d.dial,
		DialTLSContext:        d.dialTLS,
		MaxIdleConnsPerHost:   perPeer,
		IdleConnTimeout:       idleTimeout * 2 / 3, // before the server closes them
		ExpectContinueTimeout: time.Second,
	}}
}

const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 10 * time.Second
)

// addressKey is the context key of the peer's network address: the URL of the request has
// a [pinName] in its place.
type addressKey struct{}

// pinRequest directs a request to a peer: over TLS with the peer's key, or over plain HTTP to a
// loopback address.
func pinRequest(r *http.Request, to Peer) (*http.Request, error) {
	switch ip, _ := netip.ParseAddr(r.URL.Hostname()); {
	case r.URL.Scheme == "http" && ip.Unmap().IsLoopback():
		return r, nil
	case r.URL.Scheme != "https":
		return nil, fmt.Errorf("%w: endpoint %.64q of node %d: want https, or http to a loopback address", spec.ErrCommunication, to.Endpoint, to.Node)
	case len(to.Key) == 0:
		return nil, fmt.Errorf("%w: node %d has no transport key", ErrOtherKey, to.Node)
	}
	port := r.URL.Port()
	if port == "" {
		port = "443"
	}
	r = r.WithContext(context.WithValue(r.Context(), addressKey{}, net.JoinHostPort(r.URL.Hostname(), port)))
	r.URL.Host = pinName(to)
	return r, nil
}

// dialer connects to peers.
type dialer struct{ local bool }

func (d dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dial := net.Dialer{Timeout: dialTimeout}
	if !d.local {
		dial.Control = checkPublic
	}
	return dial.DialContext(ctx, network, address)
}

// checkPublic refuses a connection to a resolved address that is loopback or link-local.
func checkPublic(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if err := spec.PublicAddress(at.Addr()); err != nil {
		return fmt.Errorf("%w, and the network is not local", err)
	}
	return nil
}

// dialTLS connects to the peer of a request. It takes the key from the [pinName] under
// which the connection will be pooled.
func (d dialer) dialTLS(ctx context.Context, network, name string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(name)
	if err != nil {
		return nil, err
	}
	config, err := clientTLS(name)
	if err != nil {
		return nil, err
	}
	address, _ := ctx.Value(addressKey{}).(string)
	conn, err := d.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return handshake(ctx, tls.Client(conn, config))
}

// connect connects to an address, through a proxy if the environment names one.
func (d dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if proxy == nil {
		return d.dial(ctx, network, address)
	}
	conn, err := connectViaProxy(ctx, proxy, address)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy.Host, err)
	}
	return conn, nil
}

// handshake does the TLS handshake of a connection, or closes it.
func handshake(ctx context.Context, conn *tls.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// connectViaProxy asks a proxy for a tunnel to an address.
func connectViaProxy(ctx context.Context, proxy *url.URL, address string) (_ net.Conn, err error) {
	port := proxy.Port()
	switch {
	case proxy.Scheme != "http" && proxy.Scheme != "https":
		return nil, fmt.Errorf("want http or https, not %q", proxy.Scheme)
	case port == "" && proxy.Scheme == "http":
		port = "80"
	case port == "":
		port = "443"
	}
	dial := net.Dialer{Timeout: dialTimeout}
	conn, err := dial.DialContext(ctx, "tcp", net.JoinHostPort(proxy.Hostname(), port))
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		if conn, err = handshake(ctx, tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			_ = conn.Close()
		}
	}()
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		ask.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := ask.Write(conn); err != nil {
		return nil, err
	}
	const maxAnswer = 16 << 10 // bytes of the proxy's answer
	in := bufio.NewReader(io.LimitReader(conn, maxAnswer))
	answer, err := http.ReadResponse(in, ask)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("answer %q to CONNECT: want 200", answer.Status)
	case in.Buffered() > 0:
		return nil, errors.New("it sent data before the tunnel was used")
	}
	return conn, conn.SetDeadline(time.Time{})
}
