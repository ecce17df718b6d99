package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// proxy simulates a longer cable: it forwards connections to another address, and delays the
// data in both directions.
type proxy struct {
	listener net.Listener
	to       string
	delay    time.Duration // of each direction
	open     sync.WaitGroup
}

// newProxy starts a proxy on a loopback address.
func newProxy(ctx context.Context, to string, delay time.Duration) (*proxy, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, to: to, delay: delay}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	p.open.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() { p.join(ctx, near) })
		}
	})
	return p, nil
}

// address is the address of the proxy.
func (p *proxy) address() string { return p.listener.Addr().String() }

// wait waits until all connections are closed, which happens after the context has ended.
func (p *proxy) wait() { p.open.Wait() }

// join forwards a connection until either side closes.
func (p *proxy) join(ctx context.Context, near net.Conn) {
	defer near.Close()
	far, err := new(net.Dialer).DialContext(ctx, "tcp", p.to)
	if err != nil {
		return // the dialling side sees a closed connection and tries again
	}
	defer far.Close()
	end := context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })
	defer end()
	var both sync.WaitGroup
	both.Go(func() { _, _ = delayCopy(far, near, p.delay), far.Close() })
	both.Go(func() { _, _ = delayCopy(near, far, p.delay), near.Close() })
	both.Wait()
}

// parcel is some bytes and the time at which they arrive.
type parcel struct {
	bytes []byte
	due   time.Time
}

// delayCopy copies data until its end, each piece after a delay. Reading does not wait for
// writing, so the delay does not limit the speed: enough parcels fit into the channel for a
// gigabyte per second.
func delayCopy(to io.Writer, from io.Reader, delay time.Duration) error {
	const maxParcels, size = 4096, 16 << 10
	way := make(chan parcel, maxParcels)
	broken := make(chan struct{})
	var failed error
	go func() {
		defer close(broken)
		for p := range way {
			time.Sleep(time.Until(p.due))
			if _, failed = to.Write(p.bytes); failed != nil {
				return
			}
		}
	}()
	var err error
	for err == nil {
		b := make([]byte, size)
		var n int
		n, err = from.Read(b)
		if n == 0 {
			continue
		}
		select {
		case way <- parcel{b[:n], time.Now().Add(delay)}:
		case <-broken:
			err = io.ErrClosedPipe
		}
	}
	close(way)
	<-broken
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
		err = nil
	}
	return errors.Join(err, failed)
}
