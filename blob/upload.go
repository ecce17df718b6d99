package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/althing-network/althing/spec"
)

// putUpdate answers PUT of an update: 201 if it is new, 200 if it is held already. The
// caller, its right to the slot and the headers are checked before the body is read, so a
// client that waits for "100 Continue" sends no body in vain.
func (s *Server) putUpdate(w http.ResponseWriter, r *http.Request, c Caller) error {
	ref, err := s.ref(path(r))
	if err != nil {
		return err
	}
	entry, err := entryOf(r.Header, r.ContentLength)
	if err != nil {
		return err
	}
	if c.Stranger() || c.Node != ref.Slot.Node { // before the chain is queried, so that strangers cost little
		return fmt.Errorf("%w: node %d may not put the update of node %d", ErrForbidden, c.Node, ref.Slot.Node)
	}
	if ref, err = s.refOnChain(r.Context(), path(r)); err != nil {
		return err
	}
	if err := s.Policy.MayPut(r.Context(), c, ref, entry); err != nil {
		return err
	}
	switch old, err := s.Store.Lookup(r.Context(), ref); {
	case err == nil && old == entry:
		return s.answerTaken(r.Context(), w, http.StatusOK, Label{ref, entry})
	case err == nil:
		return fmt.Errorf("%w: %s leads to %s", ErrConflict, ref, old.Digest)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if err := s.beginUpload(ref); err != nil {
		return err
	}
	defer s.endUpload(ref)
	if err := s.receive(r.Context(), Label{ref, entry}, r.Body); err != nil {
		return err
	}
	if s.Stored != nil {
		s.Stored(Label{ref, entry})
	}
	return s.answerTaken(r.Context(), w, http.StatusCreated, Label{ref, entry})
}

// Taken is the answer to an upload: the label that is held now, and the receipt for it.
type Taken struct {
	Held    Label        `json:"held"`
	Receipt spec.Receipt `json:"receipt,omitzero"`
}

// answerTaken answers with the label and the receipt of an update that is held.
func (s *Server) answerTaken(ctx context.Context, w http.ResponseWriter, code int, l Label) error {
	receipt, err := s.Policy.Receipt(ctx, l.Ref, l.Entry)
	if err != nil {
		return err
	}
	reply(w, code, Taken{l, receipt})
	return nil
}

// receive stores an update. Its digest, its content and its slot are checked, in this
// order, before it becomes visible.
func (s *Server) receive(ctx context.Context, l Label, body io.Reader) error {
	draft, err := s.Store.For(l.Slot.Task).Draft(ctx, spec.Digest{}, l.Size)
	if err != nil {
		return err
	}
	defer draft.Close()
	if err := draft.fill(ctx, uploadBody{body}); err != nil {
		return err
	}
	if got := draft.Digest(); got != l.Digest {
		return fmt.Errorf("%w: %s, want %s", ErrMismatch, got, l.Digest)
	}
	if err := s.Policy.CheckUpdate(ctx, l.Ref, l.Entry, draft.Reader()); err != nil {
		return fmt.Errorf("%w: %w", ErrContent, err)
	}
	return draft.Commit(ctx, l)
}

// uploadBody is a request body. If it ends early, the error is the caller's.
type uploadBody struct{ io.Reader }

func (w uploadBody) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: body is incomplete: %w", ErrMalformed, err)
	}
	return n, err
}

func (s *Server) beginUpload(r Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[r] >= maxUploads {
		return fmt.Errorf("%w: %s", ErrBusy, r)
	}
	s.uploads[r]++
	return nil
}

func (s *Server) endUpload(r Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[r]--; s.uploads[r] == 0 {
		delete(s.uploads, r)
	}
}

// path is the path of a request below /v1/.
func path(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/v1/") }

// ref parses a path, assuming that its task was created on the server's own chain.
func (s *Server) ref(path string) (Ref, error) {
	ref, err := ParseRef(s.Chain, path)
	if err != nil {
		return Ref{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return ref, nil
}

// refOnChain parses a path and sets the chain on which its task was created. A task that the
// policy does not know is new, so it is of the server's own chain.
func (s *Server) refOnChain(ctx context.Context, path string) (Ref, error) {
	ref, err := s.ref(path)
	if err != nil {
		return Ref{}, err
	}
	chain, err := s.Policy.ChainOf(ctx, ref.Slot.Task)
	if chain != "" {
		ref.Slot.Chain = chain
	}
	return ref, err
}

// entryOf reads the headers of an update.
func entryOf(h http.Header, size int64) (Entry, error) {
	digest, err := spec.ParseDigest(h.Get(HeaderDigest))
	if err != nil {
		return Entry{}, fmt.Errorf("%w: header %s: %w", ErrMalformed, HeaderDigest, err)
	}
	salt, err := spec.ParseDigest(h.Get(HeaderSalt))
	if err != nil {
		return Entry{}, fmt.Errorf("%w: header %s: %w", ErrMalformed, HeaderSalt, err)
	}
	if digest.IsZero() || size < 0 {
		return Entry{}, fmt.Errorf("%w: want a digest and a content length", ErrMalformed)
	}
	return Entry{Digest: digest, Salt: spec.Salt(salt), Size: size}, nil
}

// set writes the headers of an update.
func (e Entry) set(h http.Header) {
	h.Set(HeaderDigest, e.Digest.String())
	h.Set(HeaderSalt, spec.Digest(e.Salt).String())
}
