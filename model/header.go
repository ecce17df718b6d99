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
	maxHeader   = 1 << 18 // bytes; the longest schema, of values of one byte, needs less
)

// headerContent is what the header of a model states.
type headerContent struct {
	model  spec.Model
	data   spec.Data // how rows become inputs of the model
	scaled bool      // a scale follows the weights
	state  spec.Digest
}

// header encodes the canonical header of a model, and returns the number of values behind it.
func (s headerContent) header() (head []byte, values int, err error) {
	tensors, err := Layout(s.model)
	if err != nil {
		return nil, 0, err
	}
	if s.scaled {
		last := tensors[len(tensors)-1]
		tensors = append(tensors, scaleTensors(s.data, last.Offset+last.Len)...)
	}
	last := tensors[len(tensors)-1]
	return encodeHeader(modelFormat, s.model, rows(s.data), s.state, tensors), last.Offset + last.Len, nil
}

// validate refuses rows that do not fit the model, a missing scale, and a scale that the
// rows do not use.
func (s headerContent) validate() error {
	if err := s.data.Fit(s.model); err != nil {
		return fmt.Errorf("%w: rows: %w", ErrModel, err)
	}
	switch {
	case s.scaled && !s.data.Scaled():
		return fmt.Errorf("%w: it has a scale, but uses its rows unscaled", ErrModel)
	case !s.scaled && s.data.Scaled() && !s.data.MeasuresColumns():
		return fmt.Errorf("%w: it has no scale: want the scale that follows from the bounds of its schema", ErrModel)
	}
	return nil
}

// size is the size of the file in bytes.
func (s headerContent) size() (int64, error) {
	head, values, err := s.header()
	return int64(len(head)) + 4*int64(values), err
}

// encodeHeader encodes a header: the length in eight bytes, little endian, then JSON, padded
// by spaces to a multiple of eight bytes, as the safetensors format recommends. The JSON has
// the metadata first, its keys in alphabetical order, then the tensors in the given order.
//
// The JSON is written by hand, because aggregators agree on the digest of these bytes, and a
// JSON library might change them.
func encodeHeader(format string, m spec.Model, rows string, state spec.Digest, tensors []Tensor) []byte {
	var b bytes.Buffer
	b.Write(make([]byte, lengthSize))
	fmt.Fprintf(&b, `{"__metadata__":{"format":%s,"model":%s`, quote(format), quote(architecture(m)))
	if rows != "" {
		fmt.Fprintf(&b, `,"rows":%s`, quote(rows))
	}
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

// parseHeader returns what a header states. It does not check that the header is canonical.
func parseHeader(head []byte) (s headerContent, err error) {
	var h struct {
		Metadata struct {
			Format string `json:"format"`
			Model  string `json:"model"`
			Rows   string `json:"rows"`
			State  string `json:"state"` // digest of the server optimiser's state
		} `json:"__metadata__"`
		Shift *struct{} `json:"rows.shift"`
	}
	if err := json.Unmarshal(head[lengthSize:], &h); err != nil {
		return s, fmt.Errorf("%w: header is not JSON: %w", ErrModel, err)
	}
	if h.Metadata.Format != modelFormat {
		return s, fmt.Errorf("%w: format %q: want %q", ErrModel, h.Metadata.Format, modelFormat)
	}
	if s.model, err = parseArchitecture(h.Metadata.Model); err != nil {
		return s, fmt.Errorf("%w: architecture: %w", ErrModel, err)
	}
	if err := Validate(s.model); err != nil {
		return s, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if s.data, err = parseRows(h.Metadata.Rows); err != nil {
		return s, fmt.Errorf("%w: rows: %w", ErrModel, err)
	}
	s.scaled = h.Shift != nil
	if err := s.validate(); err != nil {
		return s, err
	}
	if h.Metadata.State != "" {
		if s.state, err = spec.ParseDigest(h.Metadata.State); err != nil {
			return s, fmt.Errorf("%w: state: %w", ErrModel, err)
		}
	}
	return s, nil
}

// splitFile splits a file into its header, with the length, and the data behind it.
func splitFile(b []byte) (head, data []byte, err error) {
	if len(b) < lengthSize {
		return nil, nil, fmt.Errorf("%w: %d bytes are too few for a header", ErrModel, len(b))
	}
	n := binary.LittleEndian.Uint64(b)
	if n > maxHeader {
		return nil, nil, fmt.Errorf("%w: its first eight bytes are not the length of a safetensors header", ErrModel)
	}
	end := lengthSize + int(n)
	if end > len(b) {
		return nil, nil, fmt.Errorf("%w: header of %d bytes is truncated to %d", ErrModel, n, len(b)-lengthSize)
	}
	return b[:end], b[end:], nil
}
