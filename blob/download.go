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
	ref, err := s.place(r.Context(), path(r))
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

// getModel answers GET and HEAD of a model or a state, where [Permit] does.
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

// listUpdates answers with the labels of a round's updates that the caller may
// get; when there are some, but none for the caller, it is refused.
func (s *Server) listUpdates(w http.ResponseWriter, r *http.Request, c Caller) error {
	round, err := s.place(r.Context(), fmt.Sprintf("tasks/%s/rounds/%s/model", r.PathValue("task"), r.PathValue("round")))
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

// maxManifests is how many chunks the manifests have that a server remembers: 2 MiB of
// digests, for blobs of 16 GiB.
const maxManifests = 1 << 16

// manifest is that of a blob of some bytes, which are read and hashed when it is asked
// for first, also by many at one time; who asks costs no more than an answer then. What
// is not the blob its name says, because it rotted, is not remembered.
func (s *Server) manifest(d spec.Digest, size int64, bytes io.Reader) (Manifest, error) {
	s.mu.Lock()
	made, ok := s.manifests.get(d)
	if !ok {
		made = sync.OnceValues(func() (Manifest, error) { return s.hash(d, bytes) })
		s.manifests.put(d, made, 1+int(chunks(size)), maxManifests)
	}
	s.mu.Unlock()
	return made() // returns after the one whose bytes are read, so they stay open
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
