package model

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// ErrModel is wrapped by every refusal of a model's bytes or weights.
var ErrModel = errors.New("model refused")

// File is one version of a model. Its canonical bytes are a safetensors header,
// then the weights as little-endian float32 in layout order; their SHA-256 is its
// name on the chain.
type File struct {
	Model   spec.Model
	Weights []float32
	// State is the digest of what the server's optimiser remembers behind this
	// version, see [EncodeState]; zero where there is nothing.
	State spec.Digest
}

// Encode gives the file's bytes.
func (f File) Encode() ([]byte, error) {
	size, err := FileSize(f.Model, f.State)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(size))
	if err := f.EncodeTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// EncodeTo writes what [File.Encode] returns without holding it in memory.
// Nothing is written when the weights are of the wrong number or not finite.
func (f File) EncodeTo(w io.Writer) error {
	n, err := Size(f.Model)
	if err != nil {
		return err
	}
	if len(f.Weights) != n {
		return fmt.Errorf("%w: %d weights: %s has %d", ErrModel, len(f.Weights), describe(f.Model), n)
	}
	if err := finite(f.Weights); err != nil {
		return err
	}
	head, err := header(f.Model, f.State)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return writeFloats(w, f.Weights)
}

// Digest is the SHA-256 of the file's bytes.
func (f File) Digest() (spec.Digest, error) {
	h := sha256.New()
	if err := f.EncodeTo(h); err != nil {
		return spec.Digest{}, err
	}
	return spec.Digest(h.Sum(nil)), nil
}

// FileSize is the length in bytes of every file of an architecture with, or
// without, a state: the digest itself makes no difference.
func FileSize(m spec.Model, state spec.Digest) (int64, error) {
	n, err := Size(m)
	if err != nil {
		return 0, err
	}
	head, err := header(m, state)
	return int64(len(head)) + 4*int64(n), err
}

// Decode reads a file of a known architecture. It accepts exactly the bytes that
// [File.Encode] writes; all else is an error that wraps [ErrModel].
func Decode(m spec.Model, b []byte) (File, error) {
	n, err := Size(m)
	if err != nil {
		return File{}, err
	}
	head, data, err := split(b)
	if err != nil {
		return File{}, err
	}
	stated, state, err := said(head)
	if err == nil && describe(stated) != describe(m) {
		return File{}, fmt.Errorf("%w: it is %s: want %s", ErrModel, describe(stated), describe(m))
	}
	want, broken := header(m, state)
	if broken != nil {
		return File{}, broken
	}
	if err != nil || !bytes.Equal(head, want) {
		return File{}, fmt.Errorf("%w: header is not the canonical one of %s", ErrModel, describe(m))
	}
	weights, err := readFloats(data, n)
	if err != nil {
		return File{}, err
	}
	return File{Model: m, Weights: weights, State: state}, nil
}

// Open reads a file that says itself what architecture it is, as strictly as [Decode].
func Open(b []byte) (File, error) {
	head, _, err := split(b)
	if err != nil {
		return File{}, err
	}
	m, _, err := said(head)
	if err != nil {
		return File{}, err
	}
	return Decode(m, b)
}
