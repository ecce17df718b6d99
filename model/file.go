package model

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/spec"
)

// ErrModel is wrapped by every refusal of a model's bytes or weights.
var ErrModel = errors.New("model refused")

// File is one version of a model. Its canonical bytes are a safetensors header,
// then the weights as little-endian float32 in layout order, then the scale of its
// rows; their SHA-256 is its name on the chain.
type File struct {
	Model spec.Model
	// Data says how rows become inputs of the model. The file states the part of it that
	// [StatedRows] keeps; without a schema it states nothing.
	Data    spec.Data
	Weights []float32
	// Scale is applied to rows. It is zero if rows are not scaled, and, in a task with
	// [spec.Data.MeasuresColumns], until the trainers have measured their rows.
	Scale Scale
	// State is the digest of the server optimiser's state after this version, see
	// [EncodeState]; zero if it has none.
	State spec.Digest
}

// content is what the header of the file states.
func (f File) content() headerContent {
	return headerContent{model: f.Model, data: StatedRows(f.Data), scaled: !f.Scale.IsZero(), state: f.State}
}

// Encode gives the file's bytes.
func (f File) Encode() ([]byte, error) {
	size, err := f.Size()
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
// Nothing is written if the weights or the scale have the wrong length or are not finite, or
// if the rows do not fit the model.
func (f File) EncodeTo(w io.Writer) error {
	if err := f.validate(); err != nil {
		return err
	}
	head, _, err := f.content().header()
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	if err := writeFloats(w, f.Weights); err != nil {
		return err
	}
	return writeFloats(w, f.Scale.values())
}

// validate refuses a file that has no encoding.
func (f File) validate() error {
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
	s := f.content()
	if err := s.validate(); err != nil || !s.scaled {
		return err
	}
	return f.Scale.validate(s.data)
}

// Digest is the SHA-256 of the file's bytes.
func (f File) Digest() (spec.Digest, error) {
	h := sha256.New()
	if err := f.EncodeTo(h); err != nil {
		return spec.Digest{}, err
	}
	return spec.Digest(h.Sum(nil)), nil
}

// Size is how many bytes the file has.
func (f File) Size() (int64, error) { return f.content().size() }

// FileSize is the largest size of a model file of a task, in bytes: with a scale and a state,
// if its models get them.
func FileSize(t spec.TaskSpec) (int64, error) {
	s := headerContent{model: t.Model, data: StatedRows(t.Data)}
	s.scaled = s.data.Scaled()
	if t.Aggregation.Optimised() {
		s.state[0] = 1 // any digest: all have the same size
	}
	return s.size()
}

// Decode reads a model file of a given architecture and given rows; of d it uses the part that
// [StatedRows] keeps. It accepts exactly the bytes that [File.Encode] writes. If the trainers measure
// their rows, the file may have a scale or none. Any other bytes are an error that wraps
// [ErrModel].
func Decode(m spec.Model, d spec.Data, b []byte) (File, error) {
	if _, err := Size(m); err != nil {
		return File{}, err
	}
	head, numbers, err := splitFile(b)
	if err != nil {
		return File{}, err
	}
	s, err := parseHeader(head)
	if err == nil && describe(s.model) != describe(m) {
		return File{}, fmt.Errorf("%w: it is %s: want %s", ErrModel, describe(s.model), describe(m))
	}
	if want, got := rows(d), rows(s.data); err == nil && want != got {
		return File{}, fmt.Errorf("%w: its rows are %.200s: want %.200s", ErrModel, cmp.Or(got, "without a schema"), cmp.Or(want, "without a schema"))
	}
	s.model = m
	want, n, broken := s.header()
	if broken != nil {
		return File{}, broken
	}
	if err != nil || !bytes.Equal(head, want) {
		return File{}, fmt.Errorf("%w: header is not the canonical one of %s", ErrModel, describe(m))
	}
	values, err := readFloats(numbers, n)
	if err != nil {
		return File{}, err
	}
	f := File{Model: m, Data: StatedRows(d), Weights: values, State: s.state}
	if s.scaled {
		n, _ = Size(m)
		f.Weights, f.Scale = values[:n:n], scaleOf(f.Data, values[n:])
		if err := f.Scale.validate(f.Data); err != nil {
			return File{}, err
		}
	}
	return f, nil
}

// Open reads a model file, and takes architecture and rows from its header. It is as strict as
// [Decode].
func Open(b []byte) (File, error) {
	head, _, err := splitFile(b)
	if err != nil {
		return File{}, err
	}
	s, err := parseHeader(head)
	if err != nil {
		return File{}, err
	}
	return Decode(s.model, s.data, b)
}
