package blob_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"net/http/httptest"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// BenchmarkFetchModel downloads 16 MiB, 4 million parameters, over loopback from
// memory into a folder: manifest, chunks, sync and rename included.
func BenchmarkFetchModel(b *testing.B) {
	model := blobtest.Bytes(1, 16<<20)
	held := blob.NewMemory()
	d, size, err := blob.Put(b.Context(), held, bytes.NewReader(model), 1<<30)
	if err != nil {
		b.Fatal(err)
	}
	if err := held.Label(b.Context(), blob.Label{Ref: blobtest.ModelRef(1), Entry: blob.Entry{Digest: d, Size: size}}); err != nil {
		b.Fatal(err)
	}
	web := httptest.NewServer(&blob.Server{Chain: chain, Node: server, Store: held, Policy: rules{}, Keys: rules{}})
	defer web.Close()
	into, err := blob.OpenDir(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (blob.Client{}).FetchModel(b.Context(), []blob.Peer{{Node: server, Endpoint: web.URL}}, spec.DigestOf(model), size, into); err != nil {
			b.Fatal(err)
		}
		if err := into.Delete(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}

// roomy is a policy that allows updates of any size.
type roomy struct{ rules }

func (roomy) MayPut(context.Context, blob.Caller, blob.Ref, blob.Entry) error { return nil }

// BenchmarkPutUpdate uploads 10 MB over a connection that stays open, in plain text and over TLS,
// to a server in memory: signing, hashing and both ends of the encryption included.
func BenchmarkPutUpdate(b *testing.B) {
	const size = 10_000_000
	update := blobtest.Bytes(1, size)
	for _, way := range []string{"clear", "tls"} {
		b.Run(way, func(b *testing.B) {
			store := blob.NewMemory()
			web := httptest.NewUnstartedServer(nil)
			web.Config = blob.NewHTTPServer(&blob.Server{Chain: chain, Node: server, Store: store, Policy: roomy{}, Keys: rules{}, Now: atNoon})
			peer := blob.Peer{Node: server, Key: publicOf(server)}
			scheme := "http://"
			if way == "tls" {
				config, err := blob.ServerTLS(keyOf(server))
				if err != nil {
					b.Fatal(err)
				}
				web.Listener, scheme = tls.NewListener(web.Listener, config), "https://"
			}
			peer.Endpoint = scheme + web.Listener.Addr().String()
			web.Start()
			defer web.Close()
			c, slot := securely(trainer), blobtest.UpdateRef(trainer)
			entry, _ := opening(slot, update)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.PutUpdate(b.Context(), peer, slot, entry, reading(update)); err != nil {
					b.Fatal(err)
				}
				if err := store.Forget(b.Context(), slot); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkHandshake opens a connection with new keys and sends one small request.
func BenchmarkHandshake(b *testing.B) {
	config, err := blob.ServerTLS(keyOf(server))
	if err != nil {
		b.Fatal(err)
	}
	web := httptest.NewUnstartedServer(&blob.Server{Chain: chain, Node: server, Store: blob.NewMemory(), Policy: rules{}, Keys: rules{}, Now: atNoon})
	web.Listener = tls.NewListener(web.Listener, config)
	web.Start()
	defer web.Close()
	peer := blob.Peer{Node: server, Endpoint: "https://" + web.Listener.Addr().String(), Key: publicOf(server)}
	c := securely(0)
	for b.Loop() {
		if err := c.Health(b.Context(), peer); err != nil {
			b.Fatal(err)
		}
		c.HTTP.CloseIdleConnections()
	}
}
