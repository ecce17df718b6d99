package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/spec"
)

const (
	modelFormat = "althing/1"
	stateFormat = "althing-state/1"
	lengthSize  = 8       // bytes of the length in front of the header
	maxHeader   = 1 << 16 // bytes; the deepest model needs a quarter of it
)

// header is the one header of a model: with the digest of a state if there is one.
func header(m spec.Model, state spec.Digest) ([]byte, error) {
	tensors, err := Layout(m)
	if err != nil {
		return nil, err
	}
	return headerOf(modelFormat, m, state, tensors), nil
}

// headerOf is eight bytes of little-endian length, then JSON (metadata first, its
// strings in alphabetical order, then tensors in theirs) padded by spaces to a
// multiple of eight, as the safetensors format recommends.
//
// It is written out by hand, because aggregators agree on the digest of these bytes:
// no tag and no library has a say in them.
func headerOf(format string, m spec.Model, state spec.Digest, tensors []Tensor) []byte {
	var b bytes.Buffer
	b.Write(make([]byte, lengthSize))
	fmt.Fprintf(&b, `{"__metadata__":{"format":%s,"model":%s`, quote(format), quote(architecture(m)))
	if !state.IsZero() {
		fmt.Fprintf(&b, `,"state":%s`, quote(state.String()))
	}
	b.WriteByte('}')
	for _, t := range tensors {
		shape := list(t.Shape, func(n int) string { return fmt.Sprint(n) })
		fmt.Fprintf(&b, `,%s:{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}`, quote(t.Name), shape, 4*t.Offset, 4*(t.Offset+t.Len))
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-lengthSize))
	return b.Bytes()
}

// said is what a header states, not yet checked against the rest of it.
func said(head []byte) (m spec.Model, state spec.Digest, err error) {
	var h struct {
		Metadata struct {
			Format string `json:"format"`
			Model  string `json:"model"`
			State  string `json:"state"` // digest of what the server's optimiser remembers
		} `json:"__metadata__"`
	}
	if err := json.Unmarshal(head[lengthSize:], &h); err != nil {
		return m, state, fmt.Errorf("%w: header is not JSON: %w", ErrModel, err)
	}
	if h.Metadata.Format != modelFormat {
		return m, state, fmt.Errorf("%w: format %q: want %q", ErrModel, h.Metadata.Format, modelFormat)
	}
	if m, err = parseArchitecture(h.Metadata.Model); err != nil {
		return m, state, fmt.Errorf("%w: architecture: %w", ErrModel, err)
	}
	if err := Validate(m); err != nil {
		return m, state, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if h.Metadata.State != "" {
		if state, err = spec.ParseDigest(h.Metadata.State); err != nil {
			return m, state, fmt.Errorf("%w: state: %w", ErrModel, err)
		}
	}
	return m, state, nil
}

// split parts a file into its header, length included, and the data behind it.
func split(b []byte) (head, data []byte, err error) {
	if len(b) < lengthSize {
		return nil, nil, fmt.Errorf("%w: %d bytes are too few for a header", ErrModel, len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return nil, nil, fmt.Errorf("%w: its first eight bytes are no length of a safetensors header", ErrModel)
	}
	end := lengthSize + int(n)
	if end > len(b) {
		return nil, nil, fmt.Errorf("%w: header of %d bytes is truncated to %d", ErrModel, n, len(b)-lengthSize)
	}
	return b[:end], b[end:], nil
}
