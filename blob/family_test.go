package blob_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/althing-network/althing/blob"
	"github.com/althing-network/althing/blob/blobtest"
	"github.com/althing-network/althing/spec"
)

// TestCommunicationIsAFamilyOfErrors: errors that a retry may avoid belong to the family of
// communication errors; a refusal and a missing blob do not.
func TestCommunicationIsAFamilyOfErrors(t *testing.T) {
	b := blobtest.Bytes(1, 2*blob.ChunkSize)
	held := holding(t, b, blobtest.ModelRef(1))
	fetch := func(d spec.Digest, from blob.Peer) error {
		c := clientOf(0)
		c.ChunkTimeout = 100 * time.Millisecond
		_, err := c.FetchModel(t.Context(), []blob.Peer{from}, d, most, inDir(t))
		return err
	}
	bodies := func(instead http.HandlerFunc) blob.Peer {
		return serve(t, server, held, func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery == "" {
					instead(w, r)
				} else {
					h.ServeHTTP(w, r)
				}
			})
		})
	}
	for name, err := range map[string]error{
		"nobody listens": fetch(spec.DigestOf(b), blob.Peer{Node: server, Endpoint: "http://127.0.0.1:1"}),
		"hangs up":       fetch(spec.DigestOf(b), bodies(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })),
		"breaks off": fetch(spec.DigestOf(b), serve(t, server, held, spoiled(func(w http.ResponseWriter, _ *http.Request) http.ResponseWriter {
			return &cutter{ResponseWriter: w, left: 100}
		}))),
		"stops sending": fetch(spec.DigestOf(b), bodies(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })),
	} {
		if !errors.Is(err, spec.ErrCommunication) {
			t.Errorf("%s: %v does not belong to the family", name, err)
		}
	}
	for name, err := range map[string]error{
		"lacks it": fetch(spec.DigestOf([]byte("other")), serve(t, server, held, nil)),
		"refuses": fetch(spec.DigestOf(b), serve(t, server, held, func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
		})),
	} {
		if err == nil || errors.Is(err, spec.ErrCommunication) {
			t.Errorf("%s: %v belongs to the family", name, err)
		}
	}
}
