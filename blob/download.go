package blob

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/althing-network/althing/spec"
)

// getUpdate answers GET and HEAD of an update.
func (s *Server) getUpdate(w http.ResponseWriter, r *http.Request, c Caller) error {
	ref, err := s.refOnChain(r.Context(), path(r))
	if err != nil {
		return err
	}
	if err := s.Policy.MayGetUpdate(r.Context(), c, ref); err != nil {
		return err
	}
	entry, err := s.Store.Lookup(r.Context(), ref)
	if err != nil {
		return err
	}
	entry.set(w.Header())
	return s.send(w, r, entry.Digest)
}

// getModel answers GET and HEAD of a model or a state, if [Permit] allows it.
func (s *Server) getModel(w http.ResponseWriter, r *http.Request, c Caller) error {
	d, err := spec.ParseDigest(r.PathValue("digest"))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := Permit(r.Context(), s.Store, s.Policy, c, d); err != nil {
		return err
	}
	return s.send(w, r, d)
}

// listUpdates answers with the labels of those updates of a round that the caller may get.
// If there are updates, but none for the caller, it refuses.
func (s *Server) listUpdates(w http.ResponseWriter, r *http.Request, c Caller) error {
	round, err := s.refOnChain(r.Context(), fmt.Sprintf("tasks/%s/rounds/%s/model", r.PathValue("task"), r.PathValue("round")))
	if err != nil {
		return err
	}
	labels, err := s.Store.UpdatesOf(r.Context(), round)
	if err != nil {
		return err
	}
	list := []Label{}
	var refused error
	for _, l := range labels {
		if err := s.Policy.MayGetUpdate(r.Context(), c, l.Ref); err != nil {
			refused = err
			continue
		}
		list = append(list, l)
	}
	if len(list) == 0 && refused != nil {
		return refused
	}
	reply(w, http.StatusOK, list)
	return nil
}

// send answers with a blob, a range of it, or its manifest.
func (s *Server) send(w http.ResponseWriter, r *http.Request, d spec.Digest) error {
	f, size, err := s.Store.Open(r.Context(), d)
	if err != nil {
		return err
	}
	defer f.Close()
	if r.URL.Query().Has("manifest") {
		m, err := s.manifest(d, size, f)
		if err != nil {
			return err
		}
		reply(w, http.StatusOK, m)
		return nil
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", `"`+d.String()+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// maxManifests bounds the cache of manifests, in chunks: 2 MiB of digests, for 16 GiB of
// blobs.
const maxManifests = 1 << 16

// manifest returns the manifest of a blob. Its bytes are read and hashed once, at the first
// request, even if many arrive at a time. The manifest of a corrupt blob is not cached.
func (s *Server) manifest(d spec.Digest, size int64, bytes io.Reader) (Manifest, error) {
	s.mu.Lock()
	made, ok := s.manifests.get(d)
	if !ok {
		made = sync.OnceValues(func() (Manifest, error) { return s.hash(d, bytes) })
		s.manifests.put(d, made, 1+int(chunks(size)), maxManifests)
	}
	s.mu.Unlock()
	return made() // a caller returns, and closes its file, only when the hashing is done
}

func (s *Server) hash(d spec.Digest, bytes io.Reader) (Manifest, error) {
	c := &chunker{whole: sha256.New(), chunk: sha256.New()}
	_, err := io.CopyBuffer(c, bytes, make([]byte, ChunkSize))
	if err != nil || c.digest() != d {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.manifests.drop(d)
	}
	return c.manifest(), err
}
