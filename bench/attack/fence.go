package main

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// fence stands before an aggregator, for all other nodes, and lets everything through
// until hostile nodes act: then it is what makes them hostile, although the programs
// behind it are honest. It needs to read nothing of what passes.
type fence struct {
	listener net.Listener
	to       string
	own      bool                // the aggregator behind it is hostile, too
	act      *acts               // of hostile nodes
	hostile  func(net.Addr) bool // whether a hostile node has this end of a connection

	mu    sync.Mutex
	conns map[net.Conn]bool // of hostile nodes; closed when they stop to speak with this aggregator
	open  sync.WaitGroup
}

// acts are what hostile nodes do at the moment.
type acts struct {
	withhold atomic.Bool // trainers speak with the hostile aggregator alone
	drip     atomic.Bool // what that one answers honest nodes comes in drops
}

// A drop follows the one before just before an honest node's patience with a chunk
// ends, which is 2 s.
const (
	dropSize  = 64 // bytes
	dropPause = 1800 * time.Millisecond
)

// newFence listens on an address of loopback.
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

// cut closes what hostile nodes have open with an honest aggregator.
func (f *fence) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
}

// join connects a connection with the aggregator until either closes.
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

// answer hands over what the aggregator says.
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
