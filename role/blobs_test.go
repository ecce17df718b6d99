package role_test

import (
	"context"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/blobstest"
)

// keys derives the key of a node from its id.
type keys struct{}

func (keys) key(node uint64) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(append(make([]byte, ed25519.SeedSize-1), byte(node)))
}

// KeyOf implements [blob.Keys].
func (k keys) KeyOf(_ context.Context, node uint64) (ed25519.PublicKey, error) {
	return k.key(node).Public().(ed25519.PublicKey), nil
}

// overHTTP starts a server for each node on the loopback interface, and connects one node to them.
func overHTTP(t *testing.T, chain string, self uint64, places map[uint64]blobstest.Peer) role.Blobs {
	t.Helper()
	endpoints := map[uint64]string{}
	for node, place := range places {
		server := httptest.NewServer(&blob.Server{
			Chain: chain, Node: node, Store: place.Store, Policy: place.Policy, Keys: keys{},
			Failed: func(r *http.Request, err error) { t.Errorf("node %d: %s: %v", node, r.URL.Path, err) },
		})
		t.Cleanup(server.Close)
		endpoints[node] = server.URL
	}
	return blob.Network{
		Client: blob.Client{Chain: chain, Node: self, Key: keys{}.key(self)},
		Self:   self,
		Peer: func(_ context.Context, node uint64) (blob.Peer, error) {
			endpoint, ok := endpoints[node]
			if !ok {
				return blob.Peer{}, blob.ErrNotFound
			}
			return blob.Peer{Node: node, Endpoint: endpoint}, nil
		},
	}
}

// TestBlobsOverHTTP: the client and server of package blob keep the contract of role.Blobs.
func TestBlobsOverHTTP(t *testing.T) {
	blobstest.Run(t, func(t *testing.T, self uint64, places map[uint64]blobstest.Peer) role.Blobs {
		return overHTTP(t, blobstest.Chain, self, places)
	})
}
