package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// pair returns a network of two nodes that serve the same models. The server of node 1 is spoiled.
func pair(t *testing.T, spoil func(http.Handler) http.Handler, models ...[]byte) (n blob.Network, stop func()) {
	t.Helper()
	held := blob.NewMemory()
	for i, b := range models {
		if _, _, err := blob.Put(t.Context(), held, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
		if err := held.Label(t.Context(), blobtest.LabelOf(blobtest.ModelRef(uint64(i)), b)); err != nil {
			t.Fatal(err)
		}
	}
	streets := map[string]*street{}
	var stops []func()
	for node := range uint64(2) {
		s := newStreet()
		streets["127.0.0."+strconv.FormatUint(node+1, 10)+":80"] = s
		var h http.Handler = &blob.Server{Chain: chain, Node: node + 1, Store: held, Policy: rules{}, Keys: rules{}}
		if node == 0 {
			h = spoil(h)
		}
		web := blob.NewHTTPServer(h)
		done := make(chan error)
		go func() { done <- web.Serve(s) }()
		stops = append(stops, func() { _ = web.Close(); <-done })
	}
	transport := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		return streets[address].dial("127.0.0.1:1"), nil
	}}
	n = blob.Network{
		Client: blob.Client{Chain: chain, HTTP: &http.Client{Transport: transport}},
		Peer: func(_ context.Context, node uint64) (blob.Peer, error) {
			return blob.Peer{Node: node, Endpoint: "http://127.0.0." + strconv.FormatUint(node, 10)}, nil
		},
	}
	return n, func() {
		transport.CloseIdleConnections()
		for _, stop := range stops {
			stop()
		}
		<-time.After(time.Minute) // handlers notice
	}
}

// dripper delays each write by 1.8 s, just less than the short timeout of 2 s.
type dripper struct {
	http.ResponseWriter
	brought *atomic.Int64
}

func (d dripper) Write(b []byte) (int, error) {
	for written := 0; written < len(b); {
		if d.brought.Load()%blob.ChunkSize == 0 {
			<-time.After(1800 * time.Millisecond)
		}
		n := min(len(b)-written, blob.ChunkSize-int(d.brought.Load()%blob.ChunkSize))
		if _, err := d.ResponseWriter.Write(b[written : written+n]); err != nil {
			return written, err
		}
		_ = http.NewResponseController(d.ResponseWriter).Flush()
		d.brought.Add(int64(n))
		written += n
	}
	return len(b), nil
}

// TestDrippingPeerIsLeft: a peer sends each chunk just before the timeout. A client without a least
// speed downloads the whole model from it. With a least speed it changes to the next peer after a
// few chunks, which it keeps.
func TestDrippingPeerIsLeft(t *testing.T) {
	const size = 20 * blob.ChunkSize
	b := blobtest.Bytes(1, size)
	for _, floor := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var brought atomic.Int64
			n, stop := pair(t, spoiled(func(w http.ResponseWriter, _ *http.Request) http.ResponseWriter {
				return dripper{w, &brought}
			}), b)
			defer stop()
			into := blob.NewMemory()
			var err error
			if floor {
				err = n.FetchModel(t.Context(), []uint64{1, 2}, spec.DigestOf(b), size, into)
			} else {
				n.Client.ChunkTimeout, n.Client.MinSpeed = 2*time.Second, 1
				_, err = n.Client.FetchModel(t.Context(), []blob.Peer{{Node: 1, Endpoint: "http://127.0.0.1"}, {Node: 2, Endpoint: "http://127.0.0.2"}}, spec.DigestOf(b), size, into)
			}
			if err != nil {
				t.Error(err)
			}
			wantHolds(t, into, b)
			synctest.Wait()
			if chunks := brought.Load() / blob.ChunkSize; floor != (chunks < 5) {
				t.Errorf("least speed %v: %d of 20 chunks came from the slow peer", floor, chunks)
			}
		})
	}
}

// TestStallerIsAskedLast: a peer that stops sending costs a timeout for each blob. A client that
// remembers the peer asks it last, so it costs one timeout only. The peer is still asked if nobody
// else has the blob, and is forgotten after an hour.
func TestStallerIsAskedLast(t *testing.T) {
	var models [][]byte
	for i := range 6 {
		models = append(models, blobtest.Bytes(byte(i+1), 10))
	}
	for _, stalls := range []*blob.Stalls{nil, {}} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			var well atomic.Bool
			n, stop := pair(t, func(h http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if asked.Add(1); !well.Load() {
						<-r.Context().Done()
						return
					}
					h.ServeHTTP(w, r)
				})
			}, models...)
			defer stop()
			n.Stalls = stalls
			get := func(b []byte, from ...uint64) {
				t.Helper()
				if err := n.FetchModel(t.Context(), from, spec.DigestOf(b), 10, blob.NewMemory()); err != nil {
					t.Error(err)
				}
			}
			for _, b := range models {
				get(b, 1, 2)
			}
			want := int64(len(models))
			if stalls != nil {
				want = 1
			}
			if got := asked.Swap(0); got != want {
				t.Errorf("stalls remembered %v: for %d models the peer got %d requests, want %d", stalls != nil, len(models), got, want)
			}
			well.Store(true)
			get(models[0], 1)
			if got := asked.Swap(0); got != 1 {
				t.Errorf("when nobody else has the blob, the peer got %d requests", got)
			}
			<-time.After(time.Hour)
			get(models[0], 1, 2)
			if got := asked.Load(); got != 1 {
				t.Errorf("an hour later the peer got %d requests", got)
			}
		})
	}
}

// TestStallerOfARoundIsAskedLast: rounds end before the short timeout does. A peer that stops
// sending then costs every round its model, unless it is remembered although the timeout did not
// pass. If a round ends at once, the peer is not remembered, since it was not slow.
func TestStallerOfARoundIsAskedLast(t *testing.T) {
	b := blobtest.Bytes(1, 10)
	for _, c := range []struct {
		stalls *blob.Stalls
		round  time.Duration
		asked  int64 // of 4 rounds
	}{
		{nil, time.Second, 4},
		{&blob.Stalls{}, time.Second, 1},
		{&blob.Stalls{}, 100 * time.Millisecond, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int64
			n, stop := pair(t, func(http.Handler) http.Handler {
				return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					<-r.Context().Done()
				})
			}, b)
			defer stop()
			n.Stalls = c.stalls
			for range 4 {
				ctx, end := context.WithTimeout(t.Context(), c.round)
				err := n.FetchModel(ctx, []uint64{1, 2}, spec.DigestOf(b), 10, blob.NewMemory())
				end()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
				synctest.Wait()
			}
			if got := asked.Load(); got != c.asked {
				t.Errorf("stalls remembered %v, rounds of %s: the peer got %d requests in 4 rounds, want %d", c.stalls != nil, c.round, got, c.asked)
			}
		})
	}
}

// TestDrippingUploadIsCutOff: a node uploads each chunk just before the timeout, so that a large
// update occupies a connection for long. With a least speed the connection is closed, and nothing
// of the update is kept.
func TestDrippingUploadIsCutOff(t *testing.T) {
	update := blobtest.Bytes(1, most)
	entry, _ := opening(blobtest.UpdateRef(trainer), update)
	for _, floor := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, held := newStreet(), blob.NewMemory()
			h := &blob.Server{Chain: chain, Node: server, Store: held, Policy: rules{}, Keys: rules{}}
			if !floor {
				h.MinSpeed = 1
			}
			web := blob.NewHTTPServer(h)
			done := make(chan error)
			go func() { done <- web.Serve(s) }()
			c, hangUp := s.caller(trainer, "10.0.0.1:1")
			_, err := c.PutUpdate(t.Context(), atStreet(), blobtest.UpdateRef(trainer), entry, func() (io.ReadCloser, error) {
				return io.NopCloser(&drip{left: update}), nil
			})
			if floor == (err == nil) {
				t.Errorf("least speed %v: %v", floor, err)
			}
			hangUp()
			_ = web.Close()
			<-done
			<-time.After(time.Hour)
			if floor {
				wantNothing(t, held)
			} else {
				wantHolds(t, held, update)
			}
		})
	}
}

// drip reads a chunk every 25 s.
type drip struct {
	left []byte
	read int
}

func (d *drip) Read(b []byte) (int, error) {
	if len(d.left) == 0 {
		return 0, io.EOF
	}
	if d.read%blob.ChunkSize == 0 {
		<-time.After(25 * time.Second)
	}
	n := copy(b[:min(len(b), blob.ChunkSize-d.read%blob.ChunkSize)], d.left)
	d.left, d.read = d.left[n:], d.read+n
	return n, nil
}
