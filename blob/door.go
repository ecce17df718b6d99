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

// Door is a listener that lets so many connections in, so that strangers who hold
// connections open neither use up a process's files nor keep other nodes out. It is for
// the servers of [NewHTTPServer], which tell it what a connection is used for. When it
// is full, one makes room for the next, in this order:
//
//   - one without a request, the one that has waited longest: whoever sends nothing, or
//     keeps a connection for its next request, loses it. Those on which a node has signed
//     a request go after all others, for a node opens its next one at the price of a
//     handshake;
//   - one whose request nobody signed, the oldest: nodes go before strangers, who ask
//     for the rest of a blob again.
//
// When every connection has the request of a node, the next waits until one is done.
// An address beyond its own bound makes room among its own connections, or is refused.
type Door struct {
	net.Listener
	// Most is how many connections are open at a time; 0 is 96: each may hold a file
	// open beside its own, and 256 open files are what some systems allow.
	Most int
	// PerAddress is how many of them may come from one address, or one network of IPv6
	// addresses ([netip.Prefix] of 64 bits); 0 is 16. Loopback has no such bound: who
	// comes from there is at home.
	PerAddress int
	// Arrivals is how many new connections may come from one such address; zero values
	// are 256 at once and 64 a second. To make keys for a connection costs us as much as
	// whoever opens it. Loopback has no such bound.
	Arrivals Rate

	mu     sync.Mutex
	left   chan struct{} // closed when somebody leaves or falls idle; nil: nobody waits for it
	inside map[*visit]bool
	clock  uint64 // counts what happens
	rates  buckets[netip.Prefix]
	closed bool
}

const (
	mostConnections = 96
	mostPerAddress  = 16

	arrivalBurst, arrivalPerSecond = 256, 64
)

// visit is a connection that was let in.
type visit struct {
	net.Conn
	door    *Door
	address netip.Prefix
	since   uint64 // when its request, or the wait for one, began
	busy    bool   // with a request
	node    bool   // a node signed it
	known   bool   // a node has signed some request
}

// Accept implements [net.Listener].
func (d *Door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if v := d.admit(&visit{Conn: conn, door: d, address: addressOf(conn.RemoteAddr().String())}); v != nil {
			return v, nil
		}
		_ = conn.Close()
	}
}

// Close implements [net.Listener]: whoever waits at the door or is inside is sent away.
// A connection over TLS would say goodbye before it ends, for up to 5 s, one after the
// other, to peers that do not listen.
func (d *Door) Close() error {
	d.mu.Lock()
	d.closed = true
	d.changed()
	for v := range d.inside {
		_ = v.Conn.Close()
	}
	d.mu.Unlock()
	return d.Listener.Close()
}

// admit makes room for a connection, waits for it where there is none to be made, and
// returns nil where it is refused.
func (d *Door) admit(v *visit) *visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !v.address.Addr().IsLoopback() {
		arrivals := Rate{cmp.Or(d.Arrivals.Burst, arrivalBurst), cmp.Or(d.Arrivals.PerSecond, arrivalPerSecond)}
		if d.rates.take(v.address, arrivals, time.Now()) != nil {
			return nil
		}
	}
	for !d.closed {
		var out *visit
		switch {
		case d.crowded(v.address):
			if out = d.leaves(v.address); out == nil {
				return nil
			}
		case len(d.inside) >= cmp.Or(d.Most, mostConnections):
			if out = d.leaves(netip.Prefix{}); out == nil {
				d.wait()
				continue
			}
		default:
			if d.inside == nil {
				d.inside = map[*visit]bool{}
			}
			d.inside[v] = true
			v.since = d.tick()
			return v
		}
		delete(d.inside, out)
		_ = out.Conn.Close()
	}
	return nil
}

// crowded reports whether an address has as many connections as it may.
func (d *Door) crowded(address netip.Prefix) bool {
	n := 0
	for v := range d.inside {
		if v.address == address {
			n++
		}
	}
	return n >= cmp.Or(d.PerAddress, mostPerAddress) && !address.Addr().IsLoopback()
}

// leaves picks the connection that makes room, of those of an address where one is
// given; nil where all are busy with nodes.
func (d *Door) leaves(address netip.Prefix) (out *visit) {
	for v := range d.inside {
		switch {
		case v.busy && v.node || address.IsValid() && v.address != address:
		case out == nil, v.rank() < out.rank(), v.rank() == out.rank() && v.since < out.since:
			out = v
		}
	}
	return out
}

// rank says who goes first, the smallest.
func (v *visit) rank() int {
	switch {
	case v.busy:
		return 2
	case v.known:
		return 1
	}
	return 0
}

// wait unlocks the door until somebody leaves or falls idle.
func (d *Door) wait() {
	if d.left == nil {
		d.left = make(chan struct{})
	}
	left := d.left
	d.mu.Unlock()
	<-left
	d.mu.Lock()
}

func (d *Door) changed() {
	if d.left != nil {
		close(d.left)
		d.left = nil
	}
}

func (d *Door) tick() uint64 {
	d.clock++
	return d.clock
}

// Close implements [net.Conn].
func (v *visit) Close() error {
	v.door.mu.Lock()
	delete(v.door.inside, v)
	v.door.changed()
	v.door.mu.Unlock()
	return v.Conn.Close()
}

// use says what a connection is used for from now on.
func (v *visit) use(busy, node bool) {
	v.door.mu.Lock()
	defer v.door.mu.Unlock()
	if busy != v.busy {
		v.since = v.door.tick()
	}
	v.busy, v.node, v.known = busy, node, v.known || node
	if !busy {
		v.door.changed()
	}
}

// visitOf is the visit below a connection, nil where it came through no door.
func visitOf(conn net.Conn) *visit {
	for {
		switch c := conn.(type) {
		case *visit:
			return c
		case interface{ NetConn() net.Conn }: // TLS
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// visitKey is where the context of a request has its visit.
type visitKey struct{}

// connected implements the hook [http.Server.ConnContext].
func connected(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, visitKey{}, visitOf(conn))
}

// used implements the hook [http.Server.ConnState].
func used(conn net.Conn, state http.ConnState) {
	if v := visitOf(conn); v != nil {
		v.use(state == http.StateActive, false)
	}
}

// signed notes that a node sent the request that a connection has.
func signed(ctx context.Context) {
	if v, _ := ctx.Value(visitKey{}).(*visit); v != nil {
		v.use(true, true)
	}
}

// addressOf is who an address of the network is one of: itself, or all of a network of
// 64 bits, which one person has. What is no address of the internet is everybody's.
func addressOf(remote string) netip.Prefix {
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
