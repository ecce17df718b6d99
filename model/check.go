package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/model/fixed"
)

// CheckUpdate reads a whole update and reports why it is not a valid one with
// the wanted header: not an update, of another chain, task, round or node, of
// another scale or length, truncated, followed by more, or with a value beyond
// the range. All of these wrap [ErrUpdate]; the last wraps [ErrRange] too.
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
		return errMore(want)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read update: %w", err)
	}
	return nil
}

// FindValues checks all that [CheckUpdate] checks of an update of some bytes but
// the values themselves, and returns where they begin: as many bytes as want.Count
// asks for are there, and no more.
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
		return 0, errMore(want)
	}
	return offset, nil
}

// CheckValues reports the first of some values that is beyond the range, as
// [CheckUpdate] does. They are little endian; the first is value number first.
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

func errMore(h UpdateHeader) error {
	return fmt.Errorf("%w: bytes follow the last of %d values", ErrUpdate, h.Count)
}

func errTruncated(what string, n, want int64) error {
	return fmt.Errorf("%w: %s is truncated: %d of %d bytes", ErrUpdate, what, n, want)
}
