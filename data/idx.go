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
// [0, 1]. Labels are 0 to classes-1; where there are none, labels being nil, every
// row is of class 0. Files that are truncated, have something behind their end or
// do not belong together are errors.
func ReadIDX(images, labels io.Reader, classes int) (Table, error) {
	if classes < 1 {
		return Table{}, fmt.Errorf("idx: %d classes: want at least 1", classes)
	}
	var size []uint32
	if labels != nil {
		var err error
		if size, err = dimensions(labels, idxLabels); err != nil {
			return Table{}, fmt.Errorf("idx: labels: %w", err)
		}
	}
	shape, err := dimensions(images, idxImages)
	if err != nil {
		return Table{}, fmt.Errorf("idx: images: %w", err)
	}
	image := spec.Image{Height: shape[1], Width: shape[2], Channels: 1}
	switch n := image.Values(); {
	case n < 1 || n > spec.MaxWidth:
		return Table{}, fmt.Errorf("idx: images of %d x %d: want 1 to %d pixels", shape[1], shape[2], spec.MaxWidth)
	case labels != nil && shape[0] != size[0]:
		return Table{}, fmt.Errorf("idx: %d images and %d labels: want a label an image", shape[0], size[0])
	case shape[0] == 0:
		return Table{}, errors.New("idx: no images")
	}
	x, err := valuesOf(images, shape)
	if err != nil {
		return Table{}, fmt.Errorf("idx: images: %w", err)
	}
	y := make([]byte, shape[0])
	if labels != nil {
		if y, err = valuesOf(labels, size); err != nil {
			return Table{}, fmt.Errorf("idx: labels: %w", err)
		}
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

// dimensions reads the header of an IDX file of some kind.
func dimensions(r io.Reader, kind uint32) ([]uint32, error) {
	magic := make([]byte, 4)
	if _, err := io.ReadFull(r, magic); err != nil {
		return nil, truncated(err, "in its header")
	}
	if got := binary.BigEndian.Uint32(magic); got != kind {
		return nil, fmt.Errorf("begins with 0x%08x: want 0x%08x", got, kind)
	}
	shape := make([]uint32, kind&0xff)
	if err := binary.Read(r, binary.BigEndian, shape); err != nil {
		return nil, truncated(err, "in its header")
	}
	size := uint64(1)
	for _, n := range shape {
		if n > 0 && size > math.MaxInt32/uint64(n) {
			return nil, fmt.Errorf("dimensions %d: want at most %d values", shape, math.MaxInt32)
		}
		size *= uint64(n)
	}
	return shape, nil
}

// valuesOf reads what is behind the header of an IDX file: as many bytes as its
// dimensions say, and nothing more.
func valuesOf(r io.Reader, shape []uint32) ([]byte, error) {
	size := int64(1)
	for _, n := range shape {
		size *= int64(n)
	}
	// The header may lie, so memory grows with what really comes.
	var read bytes.Buffer
	if _, err := io.Copy(&read, io.LimitReader(r, size+1)); err != nil {
		return nil, fmt.Errorf("after %d of %d values: %w", read.Len(), size, err)
	}
	switch n := int64(read.Len()); {
	case n < size:
		return nil, fmt.Errorf("truncated: %d of %d values", n, size)
	case n > size:
		return nil, fmt.Errorf("more than the %d values that its header says", size)
	}
	return read.Bytes(), nil
}

func truncated(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated " + where)
	}
	return err
}
