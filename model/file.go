package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/spec"
)

// ErrModel is wrapped by every refusal of a model's bytes or weights.
var ErrModel = errors.New("model refused")

// chunk is how many weights or update values are converted at a time.
const chunk = 4096

// Encode is the canonical file of a model: a safetensors header, then the
// weights as little-endian float32 in layout order.
func Encode(m spec.Model, weights []float32) ([]byte, error) {
	size, err := FileSize(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(size))
	if err := EncodeTo(&b, m, weights); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// EncodeTo writes what [Encode] returns without holding it in memory. Nothing
// is written when the weights are of the wrong number or not finite.
func EncodeTo(w io.Writer, m spec.Model, weights []float32) error {
	n, err := Size(m)
	if err != nil {
		return err
	}
	if len(weights) != n {
		return fmt.Errorf("%w: %d weights: %s has %d", ErrModel, len(weights), describe(m), n)
	}
	if err := finite(weights); err != nil {
		return err
	}
	head, err := header(m)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	buffer := make([]byte, 0, 4*chunk)
	for len(weights) > 0 {
		part := weights[:min(chunk, len(weights))]
		weights = weights[len(part):]
		buffer = buffer[:0]
		for _, v := range part {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return nil
}

// Digest is the SHA-256 of the model's file: its name on the chain.
func Digest(m spec.Model, weights []float32) (spec.Digest, error) {
	h := sha256.New()
	if err := EncodeTo(h, m, weights); err != nil {
		return spec.Digest{}, err
	}
	return spec.Digest(h.Sum(nil)), nil
}

// FileSize is the length in bytes of every file of an architecture.
func FileSize(m spec.Model) (int64, error) {
	n, err := Size(m)
	if err != nil {
		return 0, err
	}
	head, err := header(m)
	return int64(len(head)) + 4*int64(n), err
}

// Decode reads the weights of a known architecture. It accepts exactly the
// bytes [Encode] writes; all else is an error that wraps [ErrModel].
func Decode(m spec.Model, b []byte) ([]float32, error) {
	n, err := Size(m)
	if err != nil {
		return nil, err
	}
	want, err := header(m)
	if err != nil {
		return nil, err
	}
	head, data, err := split(b)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(head, want) {
		if stated, err := architecture(head); err == nil && describe(stated) != describe(m) {
			return nil, fmt.Errorf("%w: it is %s: want %s", ErrModel, describe(stated), describe(m))
		}
		return nil, fmt.Errorf("%w: header is not the canonical one of %s", ErrModel, describe(m))
	}
	if len(data) != 4*n {
		return nil, fmt.Errorf("%w: %d bytes of weights: want %d", ErrModel, len(data), 4*n)
	}
	weights := make([]float32, n)
	for i := range weights {
		weights[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	if err := finite(weights); err != nil {
		return nil, err
	}
	return weights, nil
}

// Open reads a model that says itself what architecture it is, as strictly as [Decode].
func Open(b []byte) (spec.Model, []float32, error) {
	head, _, err := split(b)
	if err != nil {
		return spec.Model{}, nil, err
	}
	m, err := architecture(head)
	if err != nil {
		return spec.Model{}, nil, err
	}
	weights, err := Decode(m, b)
	if err != nil {
		return spec.Model{}, nil, err
	}
	return m, weights, nil
}

// architecture is what a header states, not yet checked against the rest of it.
func architecture(head []byte) (m spec.Model, err error) {
	var h struct {
		Metadata metadata `json:"__metadata__"`
	}
	if err := json.Unmarshal(head[lengthSize:], &h); err != nil {
		return m, fmt.Errorf("%w: header is not JSON: %w", ErrModel, err)
	}
	if h.Metadata.Format != format {
		return m, fmt.Errorf("%w: format %q: want %q", ErrModel, h.Metadata.Format, format)
	}
	if err := json.Unmarshal([]byte(h.Metadata.Model), &m); err != nil {
		return m, fmt.Errorf("%w: architecture is not JSON: %w", ErrModel, err)
	}
	if err := Validate(m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrModel, err)
	}
	return m, nil
}

func finite(weights []float32) error {
	for i, v := range weights {
		if !isFinite(v) {
			return fmt.Errorf("%w: weight %d is %v", ErrModel, i, v)
		}
	}
	return nil
}

// isFinite reports whether v is neither NaN nor infinite: then v-v is zero.
func isFinite(v float32) bool { return v-v == 0 }
