package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/spec"
)

// IDX files begin with two zeros, the type of their values (8 is a byte) and
// their number of dimensions, then the dimensions, each in four bytes, the
// largest first (LeCun, Cortes and Burges: The MNIST database, 1998).
const (
	idxImages = 0x0803
	idxLabels = 0x0801
	idxBlack  = 255 // the darkest pixel
)

// ReadIDX reads a table from a file of images and one of their labels, both not
// compressed: a row an image, pixels by rows from the upper left, scaled to
// [0, 1]. Labels are 0 to classes-1. Files that are truncated, have something
// behind their end or do not belong together are errors.
func ReadIDX(images, labels io.Reader, classes int) (Table, error) {
	if classes < 1 {
		return Table{}, fmt.Errorf("idx: %d classes: want at least 1", classes)
	}
	y, size, err := bytesOf(labels, idxLabels)
	if err != nil {
		return Table{}, fmt.Errorf("idx: labels: %w", err)
	}
	x, shape, err := bytesOf(images, idxImages)
	if err != nil {
		return Table{}, fmt.Errorf("idx: images: %w", err)
	}
	image := spec.Image{Height: shape[1], Width: shape[2], Channels: 1}
	switch n := image.Values(); {
	case n < 1 || n > spec.MaxWidth:
		return Table{}, fmt.Errorf("idx: images of %d x %d: want 1 to %d pixels", shape[1], shape[2], spec.MaxWidth)
	case shape[0] != size[0]:
		return Table{}, fmt.Errorf("idx: %d images and %d labels: want a label an image", shape[0], size[0])
	case shape[0] == 0:
		return Table{}, errors.New("idx: no images")
	}
	t := Table{X: make([]float32, len(x)), Y: make([]int32, len(y)), Features: image.Values(), Classes: classes, Image: image}
	for i, class := range y {
		if int(class) >= classes {
			return Table{}, fmt.Errorf("idx: label %d of image %d is not a class: want 0 to %d", class, i, classes-1)
		}
		t.Y[i] = int32(class)
	}
	for i, pixel := range x {
		t.X[i] = float32(pixel) / idxBlack
	}
	return t, nil
}

// bytesOf reads the values and the dimensions of an IDX file of some kind.
func bytesOf(r io.Reader, kind uint32) (values []byte, dimensions []uint32, err error) {
	magic := make([]byte, 4)
	if _, err := io.ReadFull(r, magic); err != nil {
		return nil, nil, truncated(err, "in its header")
	}
	if got := binary.BigEndian.Uint32(magic); got != kind {
		return nil, nil, fmt.Errorf("begins with 0x%08x: want 0x%08x", got, kind)
	}
	size := uint64(1)
	dimensions = make([]uint32, kind&0xff)
	if err := binary.Read(r, binary.BigEndian, dimensions); err != nil {
		return nil, nil, truncated(err, "in its header")
	}
	for _, n := range dimensions {
		if n > 0 && size > math.MaxInt32/uint64(n) {
			return nil, nil, fmt.Errorf("dimensions %d: want at most %d values", dimensions, math.MaxInt32)
		}
		size *= uint64(n)
	}
	// The header may lie, so memory grows with what really comes.
	var read bytes.Buffer
	if _, err := io.Copy(&read, io.LimitReader(r, int64(size)+1)); err != nil {
		return nil, nil, fmt.Errorf("after %d of %d values: %w", read.Len(), size, err)
	}
	switch n := uint64(read.Len()); {
	case n < size:
		return nil, nil, fmt.Errorf("truncated: %d of %d values", n, size)
	case n > size:
		return nil, nil, fmt.Errorf("more than the %d values that its header says", size)
	}
	return read.Bytes(), dimensions, nil
}

func truncated(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated " + where)
	}
	return err
}
