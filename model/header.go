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

// stated is what the header of a model states.
type stated struct {
	model  spec.Model
	data   spec.Data // how rows become what the model sees
	scaled bool      // a scale lies behind the weights
	state  spec.Digest
}

// header is the one header of a model, and how many numbers lie behind it.
func (s stated) header() (head []byte, values int, err error) {
	tensors, err := Layout(s.model)
	if err != nil {
		return nil, 0, err
	}
	if s.scaled {
		last := tensors[len(tensors)-1]
		tensors = append(tensors, scaleTensors(s.data, last.Offset+last.Len)...)
	}
	last := tensors[len(tensors)-1]
	return headerOf(modelFormat, s.model, rows(s.data), s.state, tensors), last.Offset + last.Len, nil
}

// validate refuses rows that do not go with the model, and a scale that is missing or
// too many.
func (s stated) validate() error {
	if err := s.data.Fit(s.model); err != nil {
		return fmt.Errorf("%w: rows: %w", ErrModel, err)
	}
	switch {
	case s.scaled && !s.data.Scaled():
		return fmt.Errorf("%w: it has a scale, and uses its rows as they are", ErrModel)
	case !s.scaled && s.data.Scaled() && !s.data.MeasuresColumns():
		return fmt.Errorf("%w: it lacks the scale that follows from the bounds of its schema", ErrModel)
	}
	return nil
}

// size is how many bytes a file has.
func (s stated) size() (int64, error) {
	head, values, err := s.header()
	return int64(len(head)) + 4*int64(values), err
}

// headerOf is eight bytes of little-endian length, then JSON (metadata first, its
// strings in alphabetical order, then tensors in theirs) padded by spaces to a
// multiple of eight, as the safetensors format recommends.
//
// It is written out by hand, because aggregators agree on the digest of these bytes:
// no tag and no library has a say in them.
func headerOf(format string, m spec.Model, rows string, state spec.Digest, tensors []Tensor) []byte {
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

// said is what a header states, not yet checked against the rest of it.
func said(head []byte) (s stated, err error) {
	var h struct {
		Metadata struct {
			Format string `json:"format"`
			Model  string `json:"model"`
			Rows   string `json:"rows"`
			State  string `json:"state"` // digest of what the server's optimiser remembers
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
