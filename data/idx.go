package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/althing-network/althing/spec"
)

// IDX files begin with two zeros, the type of their values (8 is a byte) and
// their number of dimensions, then the dimensions, each as four bytes in big-endian
// order (LeCun, Cortes and Burges: The MNIST database, 1998).
const (
	idxImages = 0x0803
	idxLabels = 0x0801
	idxBlack  = 255 // value of the darkest pixel
)

// ReadIDX reads a table from a file of images and a file of labels, both uncompressed: one
// row per image, pixels row by row from the upper left, scaled to [0, 1]. Labels are 0 to
// classes-1; if labels is nil, every row has class 0. Files that are truncated, that have
// bytes behind their end, or whose numbers of items differ are errors.
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
		return Table{}, fmt.Errorf("idx: %d images and %d labels: want one label per image", shape[0], size[0])
	case shape[0] == 0:
		return Table{}, errors.New("idx: no images")
	}
	t := Table{Features: image.Values(), Classes: classes, Image: image}
	if t.X, err = decode(images, shape, func(pixel byte) float32 { return float32(pixel) / idxBlack }); err != nil {
		return Table{}, fmt.Errorf("idx: images: %w", err)
	}
	if labels == nil {
		t.Y = make([]int32, shape[0])
		return t, nil
	}
	if t.Y, err = decode(labels, size, func(class byte) int32 { return int32(class) }); err != nil {
		return Table{}, fmt.Errorf("idx: labels: %w", err)
	}
	for i, class := range t.Y {
		if int(class) >= classes {
			return Table{}, fmt.Errorf("idx: label %d of image %d is not a class: want 0 to %d", class, i, classes-1)
		}
	}
	return t, nil
}

// dimensions reads the header of an IDX file of the given kind.
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

// decode converts each byte behind the header of an IDX file to a value and wants exactly as
// many as the dimensions say. The header may lie: memory for a million values is allocated
// at first, and more only as values arrive, growing by large factors so that copying costs
// little.
func decode[V any](r io.Reader, shape []uint32, value func(byte) V) (values []V, err error) {
	const portion, firstRoom, growth = 1 << 15, 1 << 20, 64
	size := 1
	for _, n := range shape {
		size *= int(n)
	}
	read := make([]byte, min(portion, size+1))
	for {
		n, err := r.Read(read)
		total := len(values) + n
		if total > size {
			return nil, fmt.Errorf("more than the %d values that its header says", size)
		}
		if total > cap(values) {
			values = append(make([]V, 0, min(size, max(firstRoom, growth*total))), values...)
		}
		for _, b := range read[:n] {
			values = append(values, value(b))
		}
		switch {
		case errors.Is(err, io.EOF) && total < size:
			return nil, fmt.Errorf("truncated: %d of %d values", total, size)
		case errors.Is(err, io.EOF):
			return values, nil
		case err != nil:
			return nil, fmt.Errorf("after %d of %d values: %w", total, size, err)
		}
	}
}

func truncated(err error, where string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("truncated " + where)
	}
	return err
}
