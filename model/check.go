package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/model/fixed"
)

// CheckUpdate reads an update to its end and checks it. The error wraps [ErrUpdate] if the
// bytes are not an update; if chain, task, round, node, scale or length are not the wanted
// ones; if the bytes are truncated or more bytes follow; or if a value is beyond the range.
// In the last case it wraps [ErrRange], too.
func CheckUpdate(r io.Reader, want UpdateHeader) error {
	if err := checkHeader(r, want); err != nil {
		return err
	}
	buffer := make([]byte, 4*max(1, min(want.Count, chunk)))
	for next := uint64(0); next < want.Count; {
		n := min(want.Count-next, chunk)
		b := buffer[:4*n]
		if err := readFull(r, b, "list of values"); err != nil {
			return err
		}
		if err := CheckValues(b, next); err != nil {
			return err
		}
		next += n
	}
	switch n, err := io.ReadFull(r, buffer[:1]); {
	case n > 0:
		return errTrailing(want)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read update: %w", err)
	}
	return nil
}

// FindValues checks an update as [CheckUpdate] does, except for the values, and returns the
// offset of the first value. Behind it are exactly want.Count values.
func FindValues(r io.ReaderAt, size int64, want UpdateHeader) (offset int64, err error) {
	if err := checkHeader(io.NewSectionReader(r, 0, size), want); err != nil {
		return 0, err
	}
	whole := UpdateSize(want)
	offset = whole - 4*int64(want.Count)
	switch {
	case size < whole:
		return 0, errTruncated("list of values", size-offset, whole-offset)
	case size > whole:
		return 0, errTrailing(want)
	}
	return offset, nil
}

// CheckValues returns the error of [CheckUpdate] for the first value that is beyond the
// range. The values are little endian; first is the index of the first of them.
func CheckValues(b []byte, first uint64) error {
	n := len(b) / 4
	if fixed.Best().Largest(b, n) <= MaxValue {
		return nil
	}
	for i := range n {
		if err := checkValue(first+uint64(i), int32(binary.LittleEndian.Uint32(b[4*i:]))); err != nil {
			return err
		}
	}
	return nil
}

// checkHeader reads the header and refuses one that is not the wanted one.
func checkHeader(r io.Reader, want UpdateHeader) error {
	h, err := ReadUpdateHeader(r)
	if err != nil {
		return err
	}
	return h.match(want)
}

func errTrailing(h UpdateHeader) error {
	return fmt.Errorf("%w: bytes follow the last of %d values", ErrUpdate, h.Count)
}

func errTruncated(what string, n, want int64) error {
	return fmt.Errorf("%w: %s is truncated: %d of %d bytes", ErrUpdate, what, n, want)
}
