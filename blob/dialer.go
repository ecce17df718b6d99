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

// NewHTTPClient is for the requests of one node: it keeps a few connections to each
// peer, so that a round need not open them anew, and lets nobody answer for a peer who
// does not have its key.
//
// On a network that is not local it connects to no address of the own machine or its
// link, whatever a peer's name resolves to: else who registers such a name would have
// us speak to what listens here for us alone. Where HTTPS_PROXY says so, connections go
// through a proxy, which sees the address of a peer and nothing of what is said.
func NewHTTPClient(local bool) *http.Client {
	const perPeer = 4 // more are closed after use
	d := dialer{local: local}
	return &http.Client{Transport: &http.Transport{
		DialContext:           d.dial,
		DialTLSContext:        d.dialTLS,
		MaxIdleConnsPerHost:   perPeer,
		IdleConnTimeout:       idle * 2 / 3, // before the server closes them
		ExpectContinueTimeout: time.Second,
	}}
}

const (
	dialTimeout      = 30 * time.Second
	handshakeTimeout = 10 * time.Second
)

// addressKey is where the context of a request has the address of its peer, whose host
// is a [pinName].
type addressKey struct{}

// aim has a request go to a peer: over TLS with the peer's key, in clear only to a
// loopback address.
func aim(r *http.Request, to Peer) (*http.Request, error) {
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
		dial.Control = public
	}
	return dial.DialContext(ctx, network, address)
}

// public refuses a connection to an address, which is resolved by now, that leads to
// nobody else.
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if err := spec.PublicAddress(at.Addr()); err != nil {
		return fmt.Errorf("%w, and the network is not local", err)
	}
	return nil
}

// dialTLS connects to the peer of a request. The key is that of the name under which
// the connection is going to be kept.
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
	conn, err := d.reach(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return shake(ctx, tls.Client(conn, config))
}

// reach connects to an address, through a proxy where the environment names one.
func (d dialer) reach(ctx context.Context, network, address string) (net.Conn, error) {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: address}})
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if proxy == nil {
		return d.dial(ctx, network, address)
	}
	conn, err := through(ctx, proxy, address)
	if err != nil {
		return nil, fmt.Errorf("proxy %s: %w", proxy.Host, err)
	}
	return conn, nil
}

// shake makes keys for a connection, or closes it.
func shake(ctx context.Context, conn *tls.Conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// through asks a proxy for a tunnel to an address.
func through(ctx context.Context, proxy *url.URL, address string) (_ net.Conn, err error) {
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
		if conn, err = shake(ctx, tls.Client(conn, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})); err != nil {
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
	const most = 16 << 10 // bytes of its answer
	in := bufio.NewReader(io.LimitReader(conn, most))
	answer, err := http.ReadResponse(in, ask)
	if err != nil {
		return nil, err
	}
	_ = answer.Body.Close()
	switch {
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answers %q", answer.Status)
	case in.Buffered() > 0:
		return nil, errors.New("it speaks before the peer does")
	}
	return conn, conn.SetDeadline(time.Time{})
}
