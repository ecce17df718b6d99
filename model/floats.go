package model

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unsafe"

	"github.com/althing-network/althing/model/fixed"
	"github.com/althing-network/althing/spec"
)

// chunk is how many weights or update values are converted at a time.
const chunk = 1 << 16

// writeFloats writes little-endian float32.
func writeFloats(w io.Writer, values []float32) error {
	for part := range slices.Chunk(values, chunk) {
		b := bytesOf(part)
		if !littleEndian() {
			b = swapped(b)
		}
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return nil
}

// readFloats decodes bytes that must be exactly n finite float32.
func readFloats(b []byte, n int) ([]float32, error) {
	if len(b) != 4*n {
		return nil, fmt.Errorf("%w: %d bytes of weights: want %d", ErrModel, len(b), 4*n)
	}
	values := make([]float32, n)
	if !littleEndian() {
		b = swapped(b)
	}
	copy(bytesOf(values), b)
	if err := finite(values); err != nil {
		return nil, err
	}
	return values, nil
}

// littleEndian reports whether this machine holds floats in the byte order of the encoding.
func littleEndian() bool { return binary.NativeEndian.Uint16([]byte{1, 0}) == 1 }

// bytesOf is the memory of floats, in the byte order of this machine.
func bytesOf(values []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), 4*len(values))
}

// swapped copies floats with the bytes of each in the other order.
func swapped(b []byte) []byte {
	to := make([]byte, len(b))
	for i := 0; i < len(b); i += 4 {
		binary.LittleEndian.PutUint32(to[i:], binary.BigEndian.Uint32(b[i:]))
	}
	return to
}

func finite(values []float32) error {
	if fixed.Best().Finite(values) {
		return nil
	}
	for i, v := range values {
		if !isFinite(v) {
			return fmt.Errorf("%w: weight %d is %v", ErrModel, i, v)
		}
	}
	return nil
}

// isFinite reports whether v is neither NaN nor infinite: then v-v is zero.
func isFinite(v float32) bool { return v-v == 0 }

// Fraction is a number of parts per million as a float64, correctly rounded.
func Fraction(p spec.PPM) float64 { return float64(p) / float64(spec.One) }
