package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/althing-network/althing/spec"
)

// ErrUpdate is wrapped by every error about the content of an update, but not by an error
// of reading it.
var ErrUpdate = errors.New("update refused")

const (
	magic      = "ALTHUPD1"
	maxChain   = 255         // bytes of a chain id: one byte encodes its length
	numberSize = 3*8 + 4 + 8 // bytes of task, round, node, scale bits and count
)

// UpdateHeader is the header of an update. It is part of the encoded bytes, so an update
// cannot be reused in another round or as the update of another node.
type UpdateHeader struct {
	Slot      spec.Slot
	ScaleBits uint32 // a value v means v / 2^ScaleBits
	Count     uint64 // values behind the header: as many as the model has weights
}

// UpdateSize is the size in bytes of an update with this header.
func UpdateSize(h UpdateHeader) int64 {
	return int64(len(magic)+1+len(h.Slot.Chain)+numberSize) + 4*int64(h.Count)
}

// EncodeUpdate is the canonical encoding of an update, all integers little
// endian: the magic "ALTHUPD1", one byte of length and the chain id, task,
// round and node (uint64), scale bits (uint32), count (uint64), then the
// values (int32).
func EncodeUpdate(h UpdateHeader, values []int32) ([]byte, error) {
	b, err := EncodeUpdateHeader(h)
	if err != nil {
		return nil, err
	}
	if h.Count != uint64(len(values)) {
		return nil, fmt.Errorf("%w: %d values: want %d, as in the header", ErrUpdate, len(values), h.Count)
	}
	b = slices.Grow(b, 4*len(values))
	for i, v := range values {
		if err := checkValue(uint64(i), v); err != nil {
			return nil, err
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return b, nil
}

// EncodeUpdateHeader is the part of [EncodeUpdate] in front of the values.
func EncodeUpdateHeader(h UpdateHeader) ([]byte, error) {
	if err := h.validate(); err != nil {
		return nil, err
	}
	b := append([]byte(magic), byte(len(h.Slot.Chain)))
	b = append(b, h.Slot.Chain...)
	b = binary.LittleEndian.AppendUint64(b, h.Slot.Task)
	b = binary.LittleEndian.AppendUint64(b, h.Slot.Round)
	b = binary.LittleEndian.AppendUint64(b, h.Slot.Node)
	b = binary.LittleEndian.AppendUint32(b, h.ScaleBits)
	return binary.LittleEndian.AppendUint64(b, h.Count), nil
}

// ReadUpdateHeader reads a header and leaves r at the first value. It allocates
// no more than a header, whatever the bytes say.
func ReadUpdateHeader(r io.Reader) (UpdateHeader, error) {
	var start [len(magic) + 1]byte
	if err := readFull(r, start[:], "header"); err != nil {
		return UpdateHeader{}, err
	}
	if string(start[:len(magic)]) != magic {
		return UpdateHeader{}, fmt.Errorf("%w: it starts with %q: want %q", ErrUpdate, start[:len(magic)], magic)
	}
	chain := int(start[len(magic)])
	rest := make([]byte, chain+numberSize)
	if err := readFull(r, rest, "header"); err != nil {
		return UpdateHeader{}, err
	}
	numbers := rest[chain:]
	h := UpdateHeader{
		Slot: spec.Slot{
			Chain: string(rest[:chain]),
			Task:  binary.LittleEndian.Uint64(numbers),
			Round: binary.LittleEndian.Uint64(numbers[8:]),
			Node:  binary.LittleEndian.Uint64(numbers[16:]),
		},
		ScaleBits: binary.LittleEndian.Uint32(numbers[24:]),
		Count:     binary.LittleEndian.Uint64(numbers[28:]),
	}
	return h, h.validate()
}

func (h UpdateHeader) validate() error {
	switch {
	case len(h.Slot.Chain) > maxChain:
		return fmt.Errorf("%w: chain id of %d bytes: want at most %d", ErrUpdate, len(h.Slot.Chain), maxChain)
	case h.ScaleBits > MaxScaleBits:
		return fmt.Errorf("%w: scale of %d bits: want at most %d", ErrUpdate, h.ScaleBits, MaxScaleBits)
	case h.Count > spec.MaxParameters:
		return fmt.Errorf("%w: %d values: want at most %d", ErrUpdate, h.Count, spec.MaxParameters)
	}
	return nil
}

// match returns an error with the first difference between a header and the wanted one.
func (h UpdateHeader) match(want UpdateHeader) error {
	differs := func(what string, got, want any) error {
		return fmt.Errorf("%w: %s %v: want %v", ErrUpdate, what, got, want)
	}
	switch {
	case h.Slot.Chain != want.Slot.Chain:
		return fmt.Errorf("%w: chain %q: want %q", ErrUpdate, h.Slot.Chain, want.Slot.Chain)
	case h.Slot.Task != want.Slot.Task:
		return differs("task", h.Slot.Task, want.Slot.Task)
	case h.Slot.Round != want.Slot.Round:
		return differs("round", h.Slot.Round, want.Slot.Round)
	case h.Slot.Node != want.Slot.Node:
		return differs("node", h.Slot.Node, want.Slot.Node)
	case h.ScaleBits != want.ScaleBits:
		return differs("scale bits", h.ScaleBits, want.ScaleBits)
	case h.Count != want.Count:
		return differs("count", h.Count, want.Count)
	}
	return nil
}

func checkValue(i uint64, v int32) error {
	if v < -MaxValue || v > MaxValue {
		return fmt.Errorf("%w: value %d is %d: %w", ErrUpdate, i, v, ErrRange)
	}
	return nil
}

// readFull fills b. Too few bytes are a refusal of the update; a failure to read is not.
func readFull(r io.Reader, b []byte, what string) error {
	n, err := io.ReadFull(r, b)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errTruncated(what, int64(n), int64(len(b)))
	case err != nil:
		return fmt.Errorf("read update: %w", err)
	}
	return nil
}
