package model

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/model/fixed"
)

// chunk is how many weights or update values are converted at a time.
const chunk = 1 << 16

// writeFloats writes little-endian float32.
func writeFloats(w io.Writer, values []float32) error {
	buffer := make([]byte, 4*min(chunk, len(values)))
	for len(values) > 0 {
		part := values[:min(chunk, len(values))]
		values = values[len(part):]
		for i, v := range part {
			binary.LittleEndian.PutUint32(buffer[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buffer[:4*len(part)]); err != nil {
			return fmt.Errorf("write model: %w", err)
		}
	}
	return nil
}

// readFloats reads n finite float32 that are all there is.
func readFloats(b []byte, n int) ([]float32, error) {
	if len(b) != 4*n {
		return nil, fmt.Errorf("%w: %d bytes of weights: want %d", ErrModel, len(b), 4*n)
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	if err := finite(values); err != nil {
		return nil, err
	}
	return values, nil
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
