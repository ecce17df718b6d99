package blob

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
)

// Through connects to a peer through a proxy, as a client does where the environment
// names one.
func Through(ctx context.Context, proxy, address string, to Peer) (net.Conn, error) {
	u, err := url.Parse(proxy)
	if err != nil {
		return nil, err
	}
	conn, err := connectViaProxy(ctx, u, address)
	if err != nil {
		return nil, err
	}
	config, err := clientTLS(pinName(to))
	if err != nil {
		return nil, err
	}
	return handshake(ctx, tls.Client(conn, config))
}
