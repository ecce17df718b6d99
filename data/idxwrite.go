package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/spec"
)

// WriteIDX writes a table of images so that [ReadIDX] returns it bit for bit. It
// fails if ReadIDX could not return such a table.
func WriteIDX(images, labels io.Writer, t Table) error {
	if !t.Pixels() {
		return errors.New("idx: the rows are not images of 256 shades of grey, or there are more than 256 classes")
	}
	rows := uint32(t.Rows())
	x, y := bufio.NewWriter(images), bufio.NewWriter(labels)
	writeHeader(x, idxImages, rows, t.Image.Height, t.Image.Width)
	writeHeader(y, idxLabels, rows)
	pixels := make([]byte, t.Features)
	for i, class := range t.Y {
		for j, value := range t.Row(i) {
			pixels[j], _ = shade(value)
		}
		x.Write(pixels)
		y.Write([]byte{byte(class)})
	}
	if err := errors.Join(x.Flush(), y.Flush()); err != nil {
		return fmt.Errorf("idx: %w", err)
	}
	return nil
}

// writeHeader writes a header; the writer's Flush reports errors.
func writeHeader(w *bufio.Writer, kind uint32, dimensions ...uint32) {
	head := binary.BigEndian.AppendUint32(nil, kind)
	for _, n := range dimensions {
		head = binary.BigEndian.AppendUint32(head, n)
	}
	w.Write(head)
}

// Pixels reports whether ReadIDX could return this table.
func (t Table) Pixels() bool {
	if t.Image == (spec.Image{}) || t.Image.Channels != 1 || t.Rows() == 0 || t.Validate() != nil {
		return false
	}
	for _, y := range t.Y {
		if y > 0xff {
			return false
		}
	}
	for i := range t.Rows() {
		for _, x := range t.Row(i) {
			if _, whole := shade(x); !whole {
				return false
			}
		}
	}
	return true
}

// shade is the byte that ReadIDX scales to x, if there is one.
func shade(x float32) (b byte, whole bool) {
	if !(x >= 0 && x <= 1) { // NaN fails every comparison
		return 0, false
	}
	b = byte(x*idxBlack + 0.5)
	return b, math.Float32bits(float32(b)/idxBlack) == math.Float32bits(x) // -0 is not a shade
}
