package blob_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

func publicOf(node uint64) ed25519.PublicKey { return keyOf(node).Public().(ed25519.PublicKey) }

// secured serves a node's store over TLS with some keys, of which the first is the node's own. The
// function way may wrap the listener, to observe its connections.
func secured(t *testing.T, node uint64, s blob.Store, way func(net.Listener) net.Listener, keys ...ed25519.PrivateKey) blob.Peer {
	t.Helper()
	config, err := blob.ServerTLS(keys[0], keys[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "https://" + listener.Addr().String()
	if way != nil {
		listener = way(listener)
	}
	web := blob.NewHTTPServer(&blob.Server{Chain: chain, Node: node, Store: s, Policy: rules{}, Keys: rules{}, Now: atNoon})
	go web.Serve(tls.NewListener(&blob.Door{Listener: listener}, config))
	t.Cleanup(func() { web.Close() })
	return blob.Peer{Node: node, Endpoint: endpoint, Key: keys[0].Public().(ed25519.PublicKey)}
}

// securely returns a client that checks the keys of its peers.
func securely(node uint64) blob.Client {
	return blob.Client{Chain: chain, Node: node, Key: keyOf(node), Now: atNoon, HTTP: blob.NewHTTPClient(true)}
}

// tap is a listener that records all bytes, in both directions.
type tap struct {
	net.Listener
	mu    *sync.Mutex
	heard *bytes.Buffer
}

type tapped struct {
	net.Conn
	tap tap
}

func (l tap) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tapped{conn, l}, nil
}

func (l tap) hear(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard.Write(b)
}

func (c tapped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.tap.hear(b[:n])
	return n, err
}

func (c tapped) Write(b []byte) (int, error) {
	c.tap.hear(b)
	return c.Conn.Write(b)
}

// TestAttackEavesdrop: an eavesdropper between two nodes reads a whole update in plain HTTP. With
// TLS it learns nothing of the update, nor which node requests what.
func TestAttackEavesdrop(t *testing.T) {
	update := blobtest.Bytes(7, 2*blob.ChunkSize)
	slot := blobtest.UpdateRef(trainer)
	entry, commitment := opening(slot, update)
	for _, clear := range []bool{true, false} {
		ear := tap{mu: &sync.Mutex{}, heard: &bytes.Buffer{}}
		listen := func(l net.Listener) net.Listener { ear.Listener = l; return ear }
		store := blob.NewMemory()
		var peer blob.Peer
		if clear {
			web := httptest.NewUnstartedServer(nil)
			web.Config = blob.NewHTTPServer(&blob.Server{Chain: chain, Node: server, Store: store, Policy: rules{}, Keys: rules{}, Now: atNoon})
			web.Listener = listen(web.Listener)
			web.Start()
			t.Cleanup(web.Close)
			peer = blob.Peer{Node: server, Endpoint: web.URL}
		} else {
			peer = secured(t, server, store, listen, keyOf(server))
		}
		if _, err := securely(trainer).PutUpdate(t.Context(), peer, slot, entry, reading(update)); err != nil {
			t.Fatal(err)
		}
		if _, err := securely(evaluator).FetchUpdate(t.Context(), []blob.Peer{peer}, slot, commitment, most, blob.NewMemory()); err != nil {
			t.Fatal(err)
		}
		ear.mu.Lock()
		heard := ear.heard.Bytes()
		for what, secret := range map[string][]byte{
			"an update": update[:100], "its last bytes": update[len(update)-100:], "a salt": fmt.Appendf(nil, "%x", entry.Salt[:]), "the path of a slot": []byte(slot.Path()),
			"a header": []byte(blob.HeaderSignature),
		} {
			if bytes.Contains(heard, secret) != clear {
				t.Errorf("plain text %v: an eavesdropper reads %s: %v", clear, what, !clear)
			}
		}
		ear.mu.Unlock()
	}
}

// TestAttackImpersonation: a server at a node's address with another key is refused, whatever its
// certificate says. Nothing is uploaded to it and nothing downloaded from it.
func TestAttackImpersonation(t *testing.T) {
	update := blobtest.Bytes(7, 100)
	slot := blobtest.UpdateRef(trainer)
	entry, _ := opening(slot, update)
	seen := &atomic.Int64{}
	thief := blob.NewMemory()
	peer := secured(t, server, thief, nil, keyOf(bystander))
	web := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen.Add(1) })) // RSA, by an authority of its own
	defer web.Close()
	for name, endpoint := range map[string]string{"another node's key": peer.Endpoint, "no node's key": web.URL} {
		to := blob.Peer{Node: server, Endpoint: endpoint, Key: publicOf(server)}
		if _, err := securely(trainer).PutUpdate(t.Context(), to, slot, entry, reading(update)); !errors.Is(err, blob.ErrOtherKey) || !errors.Is(err, spec.ErrCommunication) {
			t.Errorf("%s: got %v for an upload, want a refusal", name, err)
		}
		if err := securely(0).Health(t.Context(), to); !errors.Is(err, blob.ErrOtherKey) {
			t.Errorf("%s: got %v for a query, want a refusal", name, err)
		}
	}
	if seen.Load() != 0 {
		t.Errorf("%d requests reached an impostor", seen.Load())
	}
	wantNothing(t, thief)
	if _, err := securely(trainer).PutUpdate(t.Context(), peer, slot, entry, reading(update)); err != nil {
		t.Errorf("without the defence, that is with the impostor's key expected: %v", err)
	}
	peer.Key = nil
	if err := securely(0).Health(t.Context(), peer); !errors.Is(err, blob.ErrOtherKey) {
		t.Errorf("a node without a key: %v", err)
	}
}

// TestPlainHTTPLeavesNoMachine: plain HTTP is used on loopback only.
func TestPlainHTTPLeavesNoMachine(t *testing.T) {
	for _, endpoint := range []string{
		"http://192.0.2.1:7000", "http://node.example", "http://localhost:7000", "http://2130706433:7000",
		"http://[fe80::1%25lo]:7000", "ftp://127.0.0.1:7000", "http://:7000",
	} {
		err := securely(0).Health(t.Context(), blob.Peer{Node: server, Endpoint: endpoint, Key: publicOf(server)})
		if err == nil || !strings.Contains(err.Error(), "want https, or http to a loopback address") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

// TestAttackRebind: an attacker registers a public host name that resolves to the loopback address
// of whoever connects. In a local network this is allowed; in any other network the client
// refuses to connect.
func TestAttackRebind(t *testing.T) {
	knocks := &atomic.Int64{}
	peer := secured(t, server, blob.NewMemory(), func(l net.Listener) net.Listener { return knocking{l, knocks} }, keyOf(server))
	c := securely(0)
	if err := c.Health(t.Context(), peer); err != nil || knocks.Load() != 1 {
		t.Errorf("on a local network: %v after %d connections", err, knocks.Load())
	}
	named := peer
	named.Endpoint = strings.Replace(peer.Endpoint, "127.0.0.1", "localhost", 1)
	c.HTTP = blob.NewHTTPClient(false)
	for _, to := range []blob.Peer{peer, named} {
		err := c.Health(t.Context(), to)
		if !errors.Is(err, spec.ErrCommunication) || !strings.Contains(err.Error(), "the network is not local") || knocks.Load() != 1 {
			t.Errorf("%s: got %v after %d connections", to.Endpoint, err, knocks.Load())
		}
	}
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { knocks.Add(1) }))
	defer web.Close()
	if err := c.Health(t.Context(), blob.Peer{Node: server, Endpoint: web.URL}); err == nil || knocks.Load() != 1 {
		t.Errorf("in clear: got %v after %d requests", err, knocks.Load())
	}
}

// knocking counts connections.
type knocking struct {
	net.Listener
	knocks *atomic.Int64
}

func (k knocking) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err == nil {
		k.knocks.Add(1)
	}
	return conn, err
}

// TestOneAddressTwoNodes: two nodes that register the same address, or the same key, never share a
// connection. So neither can answer for the other.
func TestOneAddressTwoNodes(t *testing.T) {
	knocks := &atomic.Int64{}
	true1 := secured(t, server, blob.NewMemory(), func(l net.Listener) net.Listener { return knocking{l, knocks} }, keyOf(server))
	squatter := blob.Peer{Node: otherServer, Endpoint: true1.Endpoint, Key: publicOf(otherServer)}
	c := securely(trainer)
	for range 3 {
		if _, err := c.Updates(t.Context(), true1, 1, 1); err != nil {
			t.Errorf("the node that owns the address: %v", err)
		}
		if _, err := c.Updates(t.Context(), squatter, 1, 1); !errors.Is(err, blob.ErrOtherKey) {
			t.Errorf("another node, over the address: %v", err)
		}
	}
	if knocks.Load() != 1+3 {
		t.Errorf("%d connections: want one of the node that is kept, and one for each attempt of the other", knocks.Load())
	}
	copycat := blob.Peer{Node: otherServer, Endpoint: "https://127.0.0.1:1", Key: true1.Key}
	if err := c.Health(t.Context(), copycat); err == nil || errors.Is(err, blob.ErrOtherKey) {
		t.Errorf("a node that has registered the key of another: %v", err)
	}
}

// TestOnlyTLS13: servers and clients refuse peers with older versions of TLS.
func TestOnlyTLS13(t *testing.T) {
	peer := secured(t, server, blob.NewMemory(), nil, keyOf(server))
	address := strings.TrimPrefix(peer.Endpoint, "https://")
	for version, fine := range map[uint16]bool{tls.VersionTLS12: false, tls.VersionTLS13: true} {
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: version})
		if (err == nil) != fine {
			t.Errorf("%s: got %v, want the client to be served: %v", tls.VersionName(version), err, fine)
		}
		if err == nil {
			if p := conn.ConnectionState(); p.DidResume || p.NegotiatedProtocol == "h2" {
				t.Errorf("got %+v", p)
			}
			conn.Close()
		}
		web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"chain":%q,"node":%d}`, chain, server)
		}))
		config, err := blob.ServerTLS(keyOf(server))
		if err != nil {
			t.Fatal(err)
		}
		config.MinVersion, config.MaxVersion = version, version
		web.Listener = tls.NewListener(web.Listener, config)
		web.Start()
		defer web.Close()
		err = securely(0).Health(t.Context(), blob.Peer{Node: server, Endpoint: "https" + strings.TrimPrefix(web.URL, "http"), Key: publicOf(server)})
		if (err == nil) != fine {
			t.Errorf("a server with %s: got %v, want it to be used: %v", tls.VersionName(version), err, fine)
		}
	}
}

// TestAttackIdleHandshakes: an attacker opens connections and never finishes the TLS handshake.
// They make room for a node at once, and are closed after a timeout.
func TestAttackIdleHandshakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := blob.ServerTLS(keyOf(server))
		if err != nil {
			t.Fatal(err)
		}
		s := newStreet()
		stop := open(blob.NewMemory(), tls.NewListener(&blob.Door{Listener: s}, config))
		defer stop()
		for i := range 300 {
			conn := s.dial(fmt.Sprintf("10.0.%d.%d:1", i/200, i%200))
			defer conn.Close()
			if i%2 == 0 { // the header of a record, which does not follow
				go conn.Write([]byte{22, 3, 1, 2, 0})
			}
		}
		synctest.Wait()
		if held := s.open.Load(); held > 96 {
			t.Errorf("%d connections are held by handshakes", held)
		}
		transport := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			return tls.Client(s.dial("10.1.0.1:1"), &tls.Config{InsecureSkipVerify: true}), nil
		}}
		c := blob.Client{Chain: chain, Node: evaluator, Key: keyOf(evaluator), HTTP: &http.Client{Transport: transport}}
		peer := blob.Peer{Node: server, Endpoint: "https://street.example", Key: publicOf(server)}
		if _, err := c.Updates(t.Context(), peer, 1, 1); err != nil {
			t.Errorf("a node among idle handshakes: %v", err)
		}
		<-time.After(11 * time.Second)
		synctest.Wait()
		if held := s.open.Load(); held != 1 {
			t.Errorf("%d connections after the handshake timeout: want only the node's", held)
		}
		closeIdle(transport)
	})
}

// TestAttackHandshakeFlood: an address opens many connections, and each handshake costs the server
// processor time. A [blob.Door] refuses the address after a burst, and accepts it again after a
// while. Other addresses and loopback are not affected.
func TestAttackHandshakeFlood(t *testing.T) {
	const flood = 1000
	for from, burst := range map[string]int64{"10.0.0.1:1": 256, "127.0.0.1:1": flood} {
		for _, guarded := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s, let := newStreet(), &atomic.Int64{}
				door, want := &blob.Door{Listener: s}, burst
				if !guarded {
					door.Arrivals, want = blob.Rate{Burst: flood, PerSecond: flood}, flood
				}
				stop := open(blob.NewMemory(), knocking{door, let})
				defer stop()
				for range flood {
					s.dial(from).Close()
				}
				synctest.Wait()
				if let.Load() != want {
					t.Errorf("%s, door %v: %d of %d connections are let in, want %d", from, guarded, let.Load(), flood, want)
				}
				s.dial("10.9.9.9:1").Close()
				synctest.Wait()
				if let.Load() != want+1 {
					t.Errorf("%s, door %v: another address is refused", from, guarded)
				}
				<-time.After(time.Second)
				s.dial(from).Close()
				synctest.Wait()
				if let.Load() != want+2 {
					t.Errorf("%s, door %v: the address is still refused later", from, guarded)
				}
			})
		}
	}
}

// TestNodesGoBeforeStrangersOverTLS: the door recognises a node's request also over TLS, so that
// strangers, however many, do not interrupt it.
func TestNodesGoBeforeStrangersOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := blob.ServerTLS(keyOf(server))
		if err != nil {
			t.Fatal(err)
		}
		s := newStreet()
		stop := open(blob.NewMemory(), tls.NewListener(&blob.Door{Listener: s, MaxConnections: 4}, config))
		defer stop()
		transport := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
			return tls.Client(s.dial("10.1.0.1:1"), &tls.Config{InsecureSkipVerify: true}), nil
		}}
		c := blob.Client{Chain: chain, Node: trainer, Key: keyOf(trainer), HTTP: &http.Client{Transport: transport}}
		update, slot, begin := blobtest.Bytes(1, 100), blobtest.UpdateRef(trainer), make(chan struct{})
		entry, _ := opening(slot, update)
		put := make(chan error, 1)
		go func() {
			_, err := c.PutUpdate(t.Context(), blob.Peer{Node: server, Endpoint: "https://street.example", Key: publicOf(server)}, slot, entry, gated(update, begin))
			put <- err
		}()
		synctest.Wait() // the server waits for its bytes
		for i := range 40 {
			defer s.dial(fmt.Sprintf("10.0.0.%d:1", i)).Close()
		}
		synctest.Wait()
		close(begin)
		if err := <-put; err != nil {
			t.Errorf("a node among strangers: %v", err)
		}
		closeIdle(transport)
	})
}

// TestAttackDeafPeersDelayShutdown: a TLS server that shuts down sends a close message to one peer
// after the other, and waits 5 s for a peer that does not read. Behind a door it shuts down at
// once. The test has one peer only, because a second one would wait for a lock, at which the
// virtual clock stands still.
func TestAttackDeafPeersDelayShutdown(t *testing.T) {
	for guarded, want := range map[bool]time.Duration{false: 5 * time.Second, true: 0} {
		synctest.Test(t, func(t *testing.T) {
			config, err := blob.ServerTLS(keyOf(server))
			if err != nil {
				t.Fatal(err)
			}
			config.SessionTicketsDisabled = true // with a pipe the server would wait until somebody reads the tickets
			s := newStreet()
			var l net.Listener = s
			if guarded {
				l = &blob.Door{Listener: s}
			}
			stop := open(blob.NewMemory(), tls.NewListener(l, config))
			conn := s.dial("10.0.0.1:1")
			defer conn.Close()
			if err := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}).Handshake(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			began := time.Now()
			stop()
			if took := time.Since(began); took != want {
				t.Errorf("door %v: a peer that does not read delays the shutdown by %s, want %s", guarded, took, want)
			}
		})
	}
}

// TestRotatedKeyIsLookedUp: a client has cached the old key of a peer that has a new one. The
// client looks it up in the registry once more and accepts the new key. A client that does not
// look it up, or finds the old key again, refuses the peer.
func TestRotatedKeyIsLookedUp(t *testing.T) {
	model := blobtest.Bytes(3, 100)
	update, slot := blobtest.Bytes(7, 100), blobtest.UpdateRef(trainer)
	entry, _ := opening(slot, update)
	peer := secured(t, server, holding(t, model, blobtest.ModelRef(1)), nil, keyOf(server))
	for _, doubts := range []bool{false, true} {
		known, asked := publicOf(otherServer), 0
		n := blob.Network{
			Client: securely(trainer),
			Peer: func(context.Context, uint64) (blob.Peer, error) {
				asked++
				return blob.Peer{Node: server, Endpoint: peer.Endpoint, Key: known}, nil
			},
		}
		if doubts {
			n.RefreshKey = func(uint64) bool {
				renewed := !bytes.Equal(known, peer.Key)
				known = peer.Key
				return renewed
			}
		}
		get := n.FetchModel(t.Context(), []uint64{server}, spec.DigestOf(model), 1000, blob.NewMemory())
		known = publicOf(otherServer)
		_, put := n.PutUpdate(t.Context(), server, slot, entry, reading(update))
		if doubts && (get != nil || put != nil || asked != 4) || !doubts && (!errors.Is(get, blob.ErrOtherKey) || !errors.Is(put, blob.ErrOtherKey) || asked != 2) {
			t.Errorf("refreshes keys %v: got %v and %v after %d queries", doubts, get, put, asked)
		}
		if n.RefreshKey = func(uint64) bool { return true }; doubts {
			known, asked = publicOf(otherServer), 0
			if _, err := n.PutUpdate(t.Context(), server, slot, entry, reading(update)); !errors.Is(err, blob.ErrOtherKey) || asked != 2 {
				t.Errorf("with the old key in the registry: %v after %d queries", err, asked)
			}
		}
	}
}

// TestFormerKeyIsShownToWhoAsksForIt: a server with a new key presents its former key to peers that
// ask for it, until the former key has expired.
func TestFormerKeyIsShownToWhoAsksForIt(t *testing.T) {
	for _, former := range []bool{true, false} {
		keys := []ed25519.PrivateKey{keyOf(server)}
		if former {
			keys = append(keys, keyOf(otherServer))
		}
		peer := secured(t, server, blob.NewMemory(), nil, keys...)
		if err := securely(0).Health(t.Context(), peer); err != nil {
			t.Errorf("the new key: %v", err)
		}
		peer.Key = publicOf(otherServer)
		if err := securely(0).Health(t.Context(), peer); errors.Is(err, blob.ErrOtherKey) == former {
			t.Errorf("the former key, still valid %v: %v", former, err)
		}
	}
}

// renewing is a registry in which the trainer's key has changed, with a cache.
type renewing struct {
	rules
	doubted bool
}

func (r *renewing) KeyOf(ctx context.Context, node uint64) (ed25519.PublicKey, error) {
	if node == trainer && !r.doubted {
		return publicOf(bystander), nil
	}
	return r.rules.KeyOf(ctx, node)
}

// TestAttackStolenKey: a node has replaced its stolen key. A server that uses only its cache
// accepts the thief and refuses the node. A server that refreshes its cache when a signature does
// not fit looks the node up, serves it, and then refuses the thief.
func TestAttackStolenKey(t *testing.T) {
	for _, doubts := range []bool{false, true} {
		keys := &renewing{}
		h := &blob.Server{Chain: chain, Node: server, Store: blob.NewMemory(), Policy: rules{}, Keys: keys, Now: atNoon}
		if doubts {
			h.RefreshKey = func(uint64) bool {
				before := keys.doubted
				keys.doubted = true
				return !before
			}
		}
		web := httptest.NewServer(h)
		defer web.Close()
		peer := blob.Peer{Node: server, Endpoint: web.URL}
		thief, node := securely(trainer), securely(trainer)
		thief.Key = keyOf(bystander)
		_, rotated := node.Updates(t.Context(), peer, 1, 1)
		_, stolen := thief.Updates(t.Context(), peer, 1, 1)
		if doubts && (rotated != nil || !errors.Is(stolen, blob.ErrUnauthenticated)) || !doubts && (!errors.Is(rotated, blob.ErrUnauthenticated) || stolen != nil) {
			t.Errorf("refreshes keys %v: the node gets %v, the thief %v", doubts, rotated, stolen)
		}
	}
}

// TestThroughAProxy: a proxy that the environment names sees the address of a peer and encrypted
// bytes. If it connects the client to another server, the client refuses that server.
func TestThroughAProxy(t *testing.T) {
	peer := secured(t, server, blob.NewMemory(), nil, keyOf(server))
	impostor := secured(t, server, blob.NewMemory(), nil, keyOf(bystander))
	address := strings.TrimPrefix(peer.Endpoint, "https://")
	for name, c := range map[string]struct {
		to    string // server to which the proxy connects
		code  int
		want  error
		fails bool
	}{
		"honest":   {address, http.StatusOK, nil, false},
		"crooked":  {strings.TrimPrefix(impostor.Endpoint, "https://"), http.StatusOK, blob.ErrOtherKey, true},
		"refusing": {address, http.StatusForbidden, nil, true},
	} {
		asked := make(chan string, 2)
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- fmt.Sprint(r.Method, " ", r.Host, " ", r.Header.Get("Proxy-Authorization"))
			if c.code != http.StatusOK {
				w.WriteHeader(c.code)
				return
			}
			out, err := net.Dial("tcp", c.to)
			if err != nil {
				t.Error(err)
				return
			}
			in, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
			go io.Copy(out, in)
			io.Copy(in, out)
		}))
		defer web.Close()
		conn, err := blob.Through(t.Context(), strings.Replace(web.URL, "http://", "http://me:word@", 1), "node.example:7000", peer)
		if err == nil {
			conn.Close()
		}
		if (err != nil) != c.fails || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if got := <-asked; got != "CONNECT node.example:7000 Basic bWU6d29yZA==" {
			t.Errorf("%s: the proxy received %q", name, got)
		}
	}
}
