package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/spec"
)

// WriteIDX writes a table of images so that [ReadIDX] returns it bit for bit. It
// fails where a table is not one that ReadIDX can return.
func WriteIDX(images, labels io.Writer, t Table) error {
	if !t.Pixels() {
		return errors.New("idx: the rows are no images of whole shades of grey, or there are more than 256 classes")
	}
	pixels, classes := make([]byte, len(t.X)), make([]byte, len(t.Y))
	for i, x := range t.X {
		pixels[i], _ = shade(x)
	}
	for i, y := range t.Y {
		classes[i] = byte(y)
	}
	rows := uint32(t.Rows())
	if err := writeIDX(images, idxImages, []uint32{rows, t.Image.Height, t.Image.Width}, pixels); err != nil {
		return err
	}
	return writeIDX(labels, idxLabels, []uint32{rows}, classes)
}

func writeIDX(w io.Writer, kind uint32, dimensions []uint32, values []byte) error {
	head := binary.BigEndian.AppendUint32(nil, kind)
	for _, n := range dimensions {
		head = binary.BigEndian.AppendUint32(head, n)
	}
	for _, b := range [][]byte{head, values} {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("idx: %w", err)
		}
	}
	return nil
}

// Pixels reports whether a table is one that ReadIDX can return.
func (t Table) Pixels() bool {
	if t.Image == (spec.Image{}) || t.Image.Channels != 1 || t.Rows() == 0 || t.Validate() != nil {
		return false
	}
	for _, y := range t.Y {
		if y > 0xff {
			return false
		}
	}
	for _, x := range t.X {
		if _, whole := shade(x); !whole {
			return false
		}
	}
	return true
}

// shade is the byte that ReadIDX scales to x, if one does.
func shade(x float32) (b byte, whole bool) {
	if !(x >= 0 && x <= 1) { // NaN fails every comparison
		return 0, false
	}
	b = byte(x*idxBlack + 0.5)
	return b, math.Float32bits(float32(b)/idxBlack) == math.Float32bits(x) // -0 is no shade
}
