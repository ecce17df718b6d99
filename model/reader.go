package model

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// UpdateReader streams the values of one update through a buffer of fixed
// size, checking all that [CheckUpdate] checks on the way.
type UpdateReader struct {
	r      io.Reader
	next   uint64 // index of the next value
	count  uint64
	buffer [4 * chunk]byte
}

// NewUpdateReader reads the header and refuses an update that is not the
// wanted one.
func NewUpdateReader(r io.Reader, want UpdateHeader) (*UpdateReader, error) {
	h, err := ReadUpdateHeader(r)
	if err != nil {
		return nil, err
	}
	if err := h.match(want); err != nil {
		return nil, err
	}
	return &UpdateReader{r: r, count: h.Count}, nil
}

// Read fills values with the next ones and says how many there were. After the
// last value, and only when no byte follows it, it returns 0 and [io.EOF]; an
// update may be used only once that has been seen.
func (u *UpdateReader) Read(values []int32) (int, error) {
	n := int(min(uint64(len(values)), u.count-u.next, chunk))
	if n == 0 && len(values) > 0 {
		return 0, u.end()
	}
	b := u.buffer[:4*n]
	if err := readFull(u.r, b, "list of values"); err != nil {
		return 0, err
	}
	for i := range n {
		v := int32(binary.LittleEndian.Uint32(b[4*i:]))
		if err := checkValue(u.next, v); err != nil {
			return 0, err
		}
		values[i] = v
		u.next++
	}
	return n, nil
}

// end is io.EOF when nothing follows the last value.
func (u *UpdateReader) end() error {
	n, err := io.ReadFull(u.r, u.buffer[:1])
	switch {
	case n > 0:
		return fmt.Errorf("%w: bytes follow the last of %d values", ErrUpdate, u.count)
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("read update: %w", err)
	}
	return io.EOF
}

// CheckUpdate reads a whole update and reports why it is not a valid one with
// the wanted header: not an update, of another chain, task, round or node, of
// another scale or length, truncated, followed by more, or with a value beyond
// the range. All of these wrap [ErrUpdate]; the last wraps [ErrRange] too.
func CheckUpdate(r io.Reader, want UpdateHeader) error {
	u, err := NewUpdateReader(r, want)
	if err != nil {
		return err
	}
	var values [chunk]int32
	for {
		if _, err := u.Read(values[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
