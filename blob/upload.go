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

// putUpdate answers PUT of an update: 201 when it is new, 200 when it is held
// already. The caller, its right to the slot and what it says it will send are
// checked before a byte is read, so whoever waits for "100 Continue" sends none
// in vain.
func (s *Server) putUpdate(w http.ResponseWriter, r *http.Request, c Caller) error {
	ref, err := s.ref(path(r))
	if err != nil {
		return err
	}
	entry, err := entryOf(r.Header, r.ContentLength)
	if err != nil {
		return err
	}
	if c.Stranger() || c.Node != ref.Slot.Node { // before the chain is asked: a stranger costs nothing
		return fmt.Errorf("%w: node %d may not put the update of node %d", ErrForbidden, c.Node, ref.Slot.Node)
	}
	if ref, err = s.place(r.Context(), path(r)); err != nil {
		return err
	}
	if err := s.Policy.MayPut(r.Context(), c, ref, entry); err != nil {
		return err
	}
	switch old, err := s.Store.Lookup(r.Context(), ref); {
	case err == nil && old == entry:
		return s.took(r.Context(), w, http.StatusOK, Label{ref, entry})
	case err == nil:
		return fmt.Errorf("%w: %s leads to %s", ErrConflict, ref, old.Digest)
	case !errors.Is(err, ErrNotFound):
		return err
	}
	if err := s.begin(ref); err != nil {
		return err
	}
	defer s.end(ref)
	if err := s.receive(r.Context(), Label{ref, entry}, r.Body); err != nil {
		return err
	}
	if s.Stored != nil {
		s.Stored(Label{ref, entry})
	}
	return s.took(r.Context(), w, http.StatusCreated, Label{ref, entry})
}

// Taken is the answer to an upload: what is held now, and the receipt for it.
type Taken struct {
	Held    Label        `json:"held"`
	Receipt spec.Receipt `json:"receipt,omitzero"`
}

// took answers with the receipt for an update that is held.
func (s *Server) took(ctx context.Context, w http.ResponseWriter, code int, l Label) error {
	receipt, err := s.Policy.Receipt(ctx, l.Ref, l.Entry)
	if err != nil {
		return err
	}
	reply(w, code, Taken{l, receipt})
	return nil
}

// receive streams an update into the store: its digest, then its content, then
// its slot must be right before it is visible.
func (s *Server) receive(ctx context.Context, l Label, body io.Reader) error {
	draft, err := s.Store.For(l.Slot.Task).Draft(ctx, spec.Digest{}, l.Size)
	if err != nil {
		return err
	}
	defer draft.Close()
	if err := draft.fill(ctx, whole{body}); err != nil {
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

// whole is a body; that it breaks off is its sender's fault.
type whole struct{ io.Reader }

func (w whole) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: body breaks off: %w", ErrMalformed, err)
	}
	return n, err
}

func (s *Server) begin(r Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[r] >= maxUploads {
		return fmt.Errorf("%w: %s", ErrBusy, r)
	}
	s.uploads[r]++
	return nil
}

func (s *Server) end(r Ref) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uploads[r]--; s.uploads[r] == 0 {
		delete(s.uploads, r)
	}
}

// path is what the path of a request says of a slot.
func path(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/v1/") }

// ref is the slot a path is about, as if its task was created on the server's own chain.
func (s *Server) ref(path string) (Ref, error) {
	ref, err := ParseRef(s.Chain, path)
	if err != nil {
		return Ref{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return ref, nil
}

// place is the slot a path is about. A task that the policy does not know is new, so it
// is of the server's own chain.
func (s *Server) place(ctx context.Context, path string) (Ref, error) {
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
