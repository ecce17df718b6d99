package sim_test

import (
	"testing"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/role/blobstest"
	"github.com/althing-network/althing/sim"
)

func TestBlobsInMemory(t *testing.T) {
	blobstest.Run(t, func(_ *testing.T, self uint64, places map[uint64]blobstest.Peer) role.Blobs {
		return sim.Blobs{Self: self, Peer: func(node uint64) (blob.Store, blob.Policy, error) {
			p, ok := places[node]
			if !ok {
				return nil, nil, blob.ErrNotFound
			}
			return p.Store, p.Policy, nil
		}}
	})
}
