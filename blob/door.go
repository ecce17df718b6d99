package blob

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Door is a listener with a bound on open connections, so that strangers who hold
// connections open neither use up a process's files nor keep other nodes out. It is for
// the servers of [NewHTTPServer], which tell it the state of each connection. When it is
// full, it closes one connection for each new one, in this order:
//
//   - the idle connection that has waited longest for a request. Connections on which a
//     node has signed a request before go last, because a new one costs the node a
//     handshake;
//   - the connection with the oldest request that nobody signed: strangers can ask for the
//     rest of a blob again.
//
// If every connection has a request signed by a node, the new one waits until one is done.
// An address at its own bound loses one of its own connections, or is refused.
type Door struct {
	net.Listener
	// MaxConnections is the bound on open connections; 0 is 96: each may hold one more file open,
	// and some systems allow 256 open files per process.
	MaxConnections int
	// PerAddress is the bound per IPv4 address, and per IPv6 network of 64 bits; 0 is 16.
	// Loopback addresses have no such bound.
	PerAddress int
	// Arrivals is the rate of new connections per address; zero values are a burst of 256
	// and 64 per second. A TLS handshake costs the server as much as the client. Loopback
	// addresses have no such bound.
	Arrivals Rate

	mu     sync.Mutex
	freed  chan struct{} // closed when a connection ends or becomes idle; nil: nobody waits for it
	open   map[*doorConn]bool
	clock  uint64 // logical time, to order connections by age
	rates  buckets[netip.Prefix]
	closed bool
}

const (
	defaultConnections = 96
	defaultPerAddress  = 16

	arrivalBurst, arrivalPerSecond = 256, 64
)

// doorConn is an open connection of a Door.
type doorConn struct {
	net.Conn
	door       *Door
	address    netip.Prefix
	since      uint64 // logical time at which its request, or the wait for one, began
	busy       bool   // it has a request
	signed     bool   // a node signed the request
	everSigned bool   // a node has signed some request on it
}

// Accept implements [net.Listener].
func (d *Door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if v := d.admit(&doorConn{Conn: conn, door: d, address: networkOf(conn.RemoteAddr().String())}); v != nil {
			return v, nil
		}
		_ = conn.Close()
	}
}

// Close implements [net.Listener]. It also closes all connections, below TLS: closing a TLS
// connection may wait up to 5 s for a peer that does not read, one after the other.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	d.wakeWaiting()
	for v := range d.open {
		_ = v.Conn.Close()
	}
	d.mu.Unlock()
	return d.Listener.Close()
}

// admit counts a new connection. If the Door is full it closes another connection, or waits
// if none may be closed. It returns nil if the new connection is refused.
func (d *Door) admit(v *doorConn) *doorConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !v.address.Addr().IsLoopback() {
		arrivals := Rate{cmp.Or(d.Arrivals.Burst, arrivalBurst), cmp.Or(d.Arrivals.PerSecond, arrivalPerSecond)}
		if d.rates.take(v.address, arrivals, time.Now()) != nil {
			return nil
		}
	}
	for !d.closed {
		var out *doorConn
		switch {
		case d.addressFull(v.address):
			if out = d.pickEvicted(v.address); out == nil {
				return nil
			}
		case len(d.open) >= cmp.Or(d.MaxConnections, defaultConnections):
			if out = d.pickEvicted(netip.Prefix{}); out == nil {
				d.wait()
				continue
			}
		default:
			if d.open == nil {
				d.open = map[*doorConn]bool{}
			}
			d.open[v] = true
			v.since = d.tick()
			return v
		}
		delete(d.open, out)
		_ = out.Conn.Close()
	}
	return nil
}

// addressFull reports whether an address has reached its bound.
func (d *Door) addressFull(address netip.Prefix) bool {
	n := 0
	for v := range d.open {
		if v.address == address {
			n++
		}
	}
	return n >= cmp.Or(d.PerAddress, defaultPerAddress) && !address.Addr().IsLoopback()
}

// pickEvicted picks the connection to be closed, among those of an address if it is valid;
// nil if all have requests signed by nodes.
func (d *Door) pickEvicted(address netip.Prefix) (out *doorConn) {
	for v := range d.open {
		switch {
		case v.busy && v.signed || address.IsValid() && v.address != address:
		case out == nil, v.rank() < out.rank(), v.rank() == out.rank() && v.since < out.since:
			out = v
		}
	}
	return out
}

// rank orders connections for closing: the lowest rank goes first.
func (v *doorConn) rank() int {
	switch {
	case v.busy:
		return 2
	case v.everSigned:
		return 1
	}
	return 0
}

// wait unlocks the Door until a connection ends or becomes idle.
func (d *Door) wait() {
	if d.freed == nil {
		d.freed = make(chan struct{})
	}
	left := d.freed
	d.mu.Unlock()
	<-left
	d.mu.Lock()
}

func (d *Door) wakeWaiting() {
	if d.freed != nil {
		close(d.freed)
		d.freed = nil
	}
}

func (d *Door) tick() uint64 {
	d.clock++
	return d.clock
}

// Close implements [net.Conn].
func (v *doorConn) Close() error {
	v.door.mu.Lock()
	delete(v.door.open, v)
	v.door.wakeWaiting()
	v.door.mu.Unlock()
	return v.Conn.Close()
}

// use sets the state of a connection.
func (v *doorConn) use(busy, node bool) {
	v.door.mu.Lock()
	defer v.door.mu.Unlock()
	if busy != v.busy {
		v.since = v.door.tick()
	}
	v.busy, v.signed, v.everSigned = busy, node, v.everSigned || node
	if !busy {
		v.door.wakeWaiting()
	}
}

// doorConnOf is the connection of a Door below a TLS connection; nil if there is no Door.
func doorConnOf(conn net.Conn) *doorConn {
	for {
		switch c := conn.(type) {
		case *doorConn:
			return c
		case interface{ NetConn() net.Conn }: // TLS
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// doorConnKey is the context key of a request's connection.
type doorConnKey struct{}

// withDoorConn implements the hook [http.Server.ConnContext].
func withDoorConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, doorConnKey{}, doorConnOf(conn))
}

// noteState implements the hook [http.Server.ConnState].
func noteState(conn net.Conn, state http.ConnState) {
	if v := doorConnOf(conn); v != nil {
		v.use(state == http.StateActive, false)
	}
}

// noteSigned records that a node signed the current request of a connection.
func noteSigned(ctx context.Context) {
	if v, _ := ctx.Value(doorConnKey{}).(*doorConn); v != nil {
		v.use(true, true)
	}
}

// networkOf is the unit by which addresses are counted: an IPv4 address by itself, an IPv6
// address by its network of 64 bits, which one person has. All other addresses are one unit.
func networkOf(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0)
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := ip.BitLen()
	if ip.Is6() && !ip.IsLoopback() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}
