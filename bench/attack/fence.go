package main

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// fence is a proxy in front of an aggregator. All other nodes connect through it. It makes
// nodes hostile although their programs are honest: while hostile nodes attack, it cuts or
// slows down their connections. It does not look into the data.
type fence struct {
	listener net.Listener
	to       string
	own      bool                // the aggregator behind it is hostile
	act      *acts               // what hostile nodes do now
	hostile  func(net.Addr) bool // whether this end of a connection belongs to a hostile trainer

	mu    sync.Mutex
	conns map[net.Conn]bool // of hostile trainers; closed when they start to withhold
	open  sync.WaitGroup
}

// acts are what hostile nodes do now.
type acts struct {
	withhold atomic.Bool // hostile trainers connect only to the hostile aggregator
	drip     atomic.Bool // the hostile aggregator answers honest nodes very slowly
}

// A hostile aggregator sends a few bytes just before the timeout of an honest node for a
// chunk, which is 2 s.
const (
	dropSize  = 64 // bytes
	dropPause = 1800 * time.Millisecond
)

// newFence starts a fence on a loopback address.
func newFence(ctx context.Context, to string, own bool, act *acts, hostile func(net.Addr) bool) (*fence, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &fence{listener: listener, to: to, own: own, act: act, hostile: hostile, conns: map[net.Conn]bool{}}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	f.open.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			f.open.Go(func() { f.join(ctx, near) })
		}
	})
	return f, nil
}

func (f *fence) address() string { return f.listener.Addr().String() }

// cut closes the connections of hostile trainers to an honest aggregator.
func (f *fence) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
}

// join forwards a connection to the aggregator until either side closes.
func (f *fence) join(ctx context.Context, near net.Conn) {
	defer near.Close()
	hostile := f.hostile(near.RemoteAddr())
	if hostile && !f.own {
		if f.act.withhold.Load() {
			return
		}
		f.mu.Lock()
		f.conns[near] = true
		f.mu.Unlock()
		defer func() {
			f.mu.Lock()
			delete(f.conns, near)
			f.mu.Unlock()
		}()
	}
	far, err := new(net.Dialer).DialContext(ctx, "tcp", f.to)
	if err != nil {
		return
	}
	defer far.Close()
	defer context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })()
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	})
	both.Go(func() {
		_ = f.answer(near, far, hostile)
		_ = near.Close()
	})
	both.Wait()
}

// answer forwards the answers of the aggregator.
func (f *fence) answer(near io.Writer, far io.Reader, hostile bool) error {
	b := make([]byte, 16<<10)
	for {
		n, err := far.Read(b)
		for at := 0; at < n; {
			size := n - at
			if f.own && !hostile && f.act.drip.Load() {
				size = min(size, dropSize)
				time.Sleep(dropPause)
			}
			if _, err := near.Write(b[at : at+size]); err != nil {
				return err
			}
			at += size
		}
		if err != nil {
			return err
		}
	}
}
