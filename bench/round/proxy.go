package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// proxy is a longer cable: what arrives at its address goes on to another, and back,
// a while later, in the same order.
type proxy struct {
	listener net.Listener
	to       string
	delay    time.Duration // of each direction
	open     sync.WaitGroup
}

// newProxy listens on an address of loopback.
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

// address is where to connect instead.
func (p *proxy) address() string { return p.listener.Addr().String() }

// wait returns when nothing is open any more, which is after the context has ended.
func (p *proxy) wait() { p.open.Wait() }

// join connects a connection with the other end until either closes.
func (p *proxy) join(ctx context.Context, near net.Conn) {
	defer near.Close()
	far, err := new(net.Dialer).DialContext(ctx, "tcp", p.to)
	if err != nil {
		return // whoever dialled sees a closed connection and tries again
	}
	defer far.Close()
	end := context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })
	defer end()
	var both sync.WaitGroup
	both.Go(func() { _, _ = carry(far, near, p.delay), far.Close() })
	both.Go(func() { _, _ = carry(near, far, p.delay), near.Close() })
	both.Wait()
}

// parcel is some bytes and the time at which they arrive.
type parcel struct {
	bytes []byte
	due   time.Time
}

// carry hands over what it reads, a delay after it read it, and then the end of it.
// Reading does not wait for writing, so a delay is no limit of speed: so many parcels
// may be under way that a gigabyte a second passes.
func carry(to io.Writer, from io.Reader, delay time.Duration) error {
	const most, size = 4096, 16 << 10
	way := make(chan parcel, most)
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
