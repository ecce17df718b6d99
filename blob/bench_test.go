package blob_test

import (
	"bytes"
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
