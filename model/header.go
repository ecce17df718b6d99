package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/althing-network/althing/spec"
)

const (
	format     = "althing/1"
	stateOf    = "althing-state/1"
	lengthSize = 8       // bytes of the length in front of the header
	maxHeader  = 1 << 16 // bytes; the deepest model needs a quarter of it
)

// metadata is the safetensors map of strings, keys in alphabetical order.
type metadata struct {
	Format string `json:"format"`
	Model  string `json:"model"`           // the spec.Model as JSON
	State  string `json:"state,omitempty"` // digest of what the server's optimiser remembers
}

// entry says where one tensor lies in the data behind the header.
type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"` // bytes, half open
}

// header is the one header of a model: with the digest of a state if there is one.
func header(m spec.Model, state spec.Digest) ([]byte, error) {
	tensors, err := Layout(m)
	if err != nil {
		return nil, err
	}
	said := metadata{Format: format}
	if !state.IsZero() {
		said.State = state.String()
	}
	return headerOf(m, said, tensors)
}

// headerOf is eight bytes of little-endian length, then JSON (metadata first,
// tensors in their order) padded by spaces to a multiple of eight, as the
// safetensors format recommends.
func headerOf(m spec.Model, said metadata, tensors []Tensor) ([]byte, error) {
	stated, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode architecture: %w", err)
	}
	said.Model = string(stated)
	var b bytes.Buffer
	b.Write(make([]byte, lengthSize))
	separator := byte('{')
	field := func(name string, value any) error {
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		b.WriteByte(separator)
		separator = ','
		_, err = fmt.Fprintf(&b, "%q:%s", name, text)
		return err
	}
	if err := field("__metadata__", said); err != nil {
		return nil, err
	}
	for _, t := range tensors {
		offsets := [2]int{4 * t.Offset, 4 * (t.Offset + t.Len)}
		if err := field(t.Name, entry{DType: "F32", Shape: t.Shape, Offsets: offsets}); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-lengthSize))
	return b.Bytes(), nil
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
