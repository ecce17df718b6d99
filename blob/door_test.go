package blob_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// street is a listener in memory. Connections to it can have any address.
type street struct {
	arriving chan net.Conn
	gone     chan struct{}
	once     sync.Once
	open     atomic.Int64 // connections on the server's side
	dialled  atomic.Int64 // connections so far
}

func newStreet() *street {
	return &street{arriving: make(chan net.Conn, 1000), gone: make(chan struct{})}
}

func (s *street) Accept() (net.Conn, error) {
	select {
	case c := <-s.arriving:
		s.open.Add(1)
		return c, nil
	case <-s.gone:
		return nil, net.ErrClosed
	}
}

func (s *street) Close() error {
	s.once.Do(func() { close(s.gone) })
	return nil
}

func (s *street) Addr() net.Addr { return &net.TCPAddr{} }

// dial opens a connection from an address.
func (s *street) dial(from string) net.Conn {
	s.dialled.Add(1)
	here, there := net.Pipe()
	s.arriving <- &arrival{Conn: there, street: s, address: from}
	return here
}

// arrival is a connection with an address.
type arrival struct {
	net.Conn
	street  *street
	address string
	once    sync.Once
}

func (f *arrival) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(f.address))
}

func (f *arrival) Close() error {
	f.once.Do(func() { f.street.open.Add(-1) })
	return f.Conn.Close()
}

// open serves a store on a listener, until the returned function is called.
func open(s blob.Store, l net.Listener) (stop func()) {
	web := blob.NewHTTPServer(&blob.Server{Chain: chain, Node: server, Store: s, Policy: rules{}, Keys: rules{}})
	done := make(chan error)
	go func() { done <- web.Serve(l) }()
	return func() {
		_ = web.Close()
		<-done
	}
}

// caller returns the client of a node, or of a stranger, at an address.
func (s *street) caller(node uint64, from string) (c blob.Client, hangUp func()) {
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return s.dial(from), nil }}
	c = blob.Client{Chain: chain, HTTP: &http.Client{Transport: transport}}
	if node != 0 {
		c.Node, c.Key = node, keyOf(node)
	}
	return c, func() { closeIdle(transport) }
}

// closeIdle closes the idle connections of a client, and returns once the server has noticed. Both
// ends of a TLS connection send a close message. A pipe, unlike a socket, has no buffer: two ends
// that send at the same time would wait for each other.
func closeIdle(client *http.Transport) {
	synctest.Wait()
	client.CloseIdleConnections()
	synctest.Wait()
}

// gated returns an update whose bytes can be read once begin is closed.
func gated(b []byte, begin <-chan struct{}) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			<-begin
			_, err := w.Write(b)
			w.CloseWithError(err)
		}()
		return r, nil
	}
}

func atStreet() blob.Peer { return blob.Peer{Node: server, Endpoint: "http://127.0.0.1"} }

// asks requests a blob over a connection and does not read the answer.
func asks(t *testing.T, conn net.Conn, b []byte) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, "GET /v1/models/%s HTTP/1.1\r\nHost: x\r\n\r\n", spec.DigestOf(b)); err != nil {
		t.Error(err)
	}
}

// TestIdleStrangersKeepNobodyOut: 300 idle connections take as many file descriptors of a server.
// Behind a door only few of them stay open, and a node is served at once.
func TestIdleStrangersKeepNobodyOut(t *testing.T) {
	for _, guarded := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStreet()
			var l net.Listener = s
			if guarded {
				l = &blob.Door{Listener: s}
			}
			stop := open(blob.NewMemory(), l)
			for i := range 300 {
				defer s.dial(fmt.Sprintf("10.0.%d.%d:1", i/200, i%200)).Close()
			}
			synctest.Wait()
			if held := s.open.Load(); guarded && held > 96 || !guarded && held != 300 {
				t.Errorf("door %v: strangers hold %d connections", guarded, held)
			}
			c, hangUp := s.caller(evaluator, "10.1.0.1:1")
			if _, err := c.Updates(t.Context(), atStreet(), 1, 1); err != nil {
				t.Errorf("door %v: a node gets %v", guarded, err)
			}
			hangUp()
			stop()
		})
	}
}

// TestIdleNodesOutlastIdleStrangers: a node keeps its idle connection for the next request. Idle
// strangers who connect later replace each other.
func TestIdleNodesOutlastIdleStrangers(t *testing.T) {
	for _, signs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStreet()
			stop := open(blob.NewMemory(), &blob.Door{Listener: s, MaxConnections: 10})
			who := uint64(0)
			if signs {
				who = evaluator
			}
			c, hangUp := s.caller(who, "10.1.0.1:1")
			ask := func() {
				if _, err := c.Updates(t.Context(), atStreet(), 1, 1); err != nil {
					t.Error(err)
				}
			}
			ask()
			synctest.Wait()
			before := s.dialled.Load()
			for i := range 40 {
				defer s.dial(fmt.Sprintf("10.0.0.%d:1", i+1)).Close()
			}
			synctest.Wait()
			ask()
			if again := s.dialled.Load() - before - 40; (again == 0) != signs {
				t.Errorf("signed %v: the next request takes %d new connections", signs, again)
			}
			hangUp()
			stop()
		})
	}
}

// TestOneAddressHasItsPart: connections from one address replace each other, not those of other
// addresses. A /64 network of IPv6 counts as one address; loopback has no limit.
func TestOneAddressHasItsPart(t *testing.T) {
	for first, want := range map[string]int64{
		"10.0.0.1:1": 4 + 1, "[2001:db8::%x]:1": 4 + 1, "[::ffff:10.0.0.1]:1": 4 + 1, "127.0.0.1:1": 20 + 1,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStreet()
			stop := open(blob.NewMemory(), &blob.Door{Listener: s, MaxConnections: 50, PerAddress: 4})
			other := s.dial("10.9.9.9:1")
			defer other.Close()
			synctest.Wait()
			for i := range 20 {
				from := first
				if from[0] == '[' && from[1] == '2' {
					from = fmt.Sprintf(first, i+1)
				}
				defer s.dial(from).Close()
			}
			synctest.Wait()
			if held := s.open.Load(); held != want {
				t.Errorf("%s: %d connections, want %d", first, held, want)
			}
			stop()
		})
	}
}

// TestNodesGoBeforeStrangers: the connections of strangers who read slowly are closed to make room
// for a node. The answer to a node is not interrupted, however many others connect.
func TestNodesGoBeforeStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		model := blobtest.Bytes(1, 2*blob.ChunkSize)
		s := newStreet()
		door := &blob.Door{Listener: s, MaxConnections: 8}
		stop := open(holding(t, model, blobtest.ModelRef(1)), door)
		defer stop()
		crowd := func(network int) {
			for i := range 8 {
				conn := s.dial(fmt.Sprintf("10.0.%d.%d:1", network, i))
				t.Cleanup(func() { conn.Close() })
				synctest.Wait()
				asks(t, conn, model)
			}
			synctest.Wait()
		}
		crowd(1)
		if held := s.open.Load(); held != 8 {
			t.Fatalf("%d connections", held)
		}
		c, hangUp := s.caller(trainer, "10.1.0.1:1")
		begin := make(chan struct{})
		update := blobtest.Bytes(1, 100)
		slot := blobtest.UpdateRef(trainer)
		entry, _ := opening(slot, update)
		put := make(chan error, 1)
		go func() {
			_, err := c.PutUpdate(t.Context(), atStreet(), slot, entry, gated(update, begin))
			put <- err
		}()
		synctest.Wait() // it was accepted, and the server waits for its bytes
		crowd(2)
		crowd(3)
		close(begin)
		if err := <-put; err != nil {
			t.Errorf("a node among strangers: %v", err)
		}
		hangUp()
	})
}

// TestFullOfNodesWaits: when all connections serve requests of nodes, a further one waits until one
// of them is done. When the door closes, it does not wait any longer.
func TestFullOfNodesWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStreet()
		stop := open(blob.NewMemory(), &blob.Door{Listener: s, MaxConnections: 2})
		update := blobtest.Bytes(1, 100)
		entry, _ := opening(blobtest.UpdateRef(trainer), update)
		begin := make(chan struct{})
		var held []func()
		done := make(chan error, 2)
		for range 2 {
			c, hangUp := s.caller(trainer, "10.1.0.1:1")
			held = append(held, hangUp)
			go func() {
				_, err := c.PutUpdate(t.Context(), atStreet(), blobtest.UpdateRef(trainer), entry, gated(update, begin))
				done <- err
			}()
		}
		synctest.Wait()
		c, hangUp := s.caller(evaluator, "10.1.0.2:1")
		late := make(chan error, 1)
		go func() {
			_, err := c.Updates(t.Context(), atStreet(), 1, 1)
			late <- err
		}()
		synctest.Wait()
		if len(late) > 0 {
			t.Errorf("a third is answered: %v", <-late)
		}
		close(begin)
		for range 2 {
			if err := <-done; err != nil && !errors.Is(err, blob.ErrConflict) {
				t.Error(err)
			}
		}
		if err := <-late; err != nil {
			t.Errorf("once there is room: %v", err)
		}
		for _, h := range append(held, hangUp) {
			h()
		}
		stop()
	})
}
