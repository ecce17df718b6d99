package data

import (
	"encoding/binary"
	"errors"
)

// errCompact is why a header is not read.
var errCompact = errors.New("a header is broken")

// The types of a value in the compact protocol of Thrift, in which the headers of Parquet
// are written (the specification "Thrift compact protocol encoding").
const (
	compactTrue = iota + 1
	compactFalse
	compactByte
	compactShort
	compactInt
	compactLong
	compactDouble
	compactBinary
	compactList
	compactSet
	compactMap
	compactStruct
)

// mostNested is how deep structures of a header may lie in one another.
const mostNested = 32

// compact walks through a structure and looks at nothing but sizes, so that who decodes it
// can trust them: no list, set, map or text says that it has more items than bytes are left.
type compact struct {
	left []byte
	// seen is told each integer that is a field of the structure, or of a structure that is
	// a field of it: then outer is the field's number, else 0.
	seen func(outer, field int, value int64)
}

// walk goes through the structure with which the bytes begin.
func (c *compact) walk(depth, outer int) error {
	if depth == mostNested {
		return errCompact
	}
	field := 0
	for {
		head, err := c.take(1)
		if err != nil {
			return err
		}
		kind := int(head[0] & 0xf)
		switch delta := int(head[0] >> 4); {
		case head[0] == 0:
			return nil
		case delta != 0:
			field += delta
		default:
			n, err := c.signed()
			if err != nil {
				return err
			}
			field = int(n)
		}
		switch {
		case kind == compactTrue || kind == compactFalse:
		case kind == compactInt && depth <= 1 && c.seen != nil:
			value, err := c.signed()
			if err != nil {
				return err
			}
			c.seen(outer, field, value)
		default:
			if err := c.value(kind, depth, field); err != nil {
				return err
			}
		}
	}
}

// value goes past a value of some type.
func (c *compact) value(kind, depth, field int) error {
	size := 0
	switch kind {
	case compactTrue, compactFalse, compactByte: // a boolean in a list is a byte
		size = 1
	case compactShort, compactInt, compactLong:
		_, err := c.signed()
		return err
	case compactDouble:
		size = 8
	case compactBinary:
		n, err := c.count()
		if err != nil {
			return err
		}
		size = n
	case compactList, compactSet:
		return c.list(depth)
	case compactMap:
		return c.pairs(depth)
	case compactStruct:
		return c.walk(depth+1, field)
	default:
		return errCompact
	}
	_, err := c.take(size)
	return err
}

func (c *compact) list(depth int) error {
	head, err := c.take(1)
	if err != nil {
		return err
	}
	items := int(head[0] >> 4)
	if items == 0xf {
		if items, err = c.count(); err != nil {
			return err
		}
	}
	return c.items(items, depth, int(head[0]&0xf))
}

func (c *compact) pairs(depth int) error {
	n, err := c.count()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := c.take(1)
	if err != nil {
		return err
	}
	return c.items(n, depth, int(kinds[0]>>4), int(kinds[0]&0xf))
}

// items goes past some items, each of values of some types.
func (c *compact) items(n, depth int, kinds ...int) error {
	if depth == mostNested {
		return errCompact
	}
	for range n {
		for _, kind := range kinds {
			if err := c.value(kind, depth+1, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// take is the next bytes.
func (c *compact) take(n int) ([]byte, error) {
	if n < 0 || n > len(c.left) {
		return nil, errCompact
	}
	b := c.left[:n]
	c.left = c.left[n:]
	return b, nil
}

// count is a number of things that take a byte each, or more.
func (c *compact) count() (int, error) {
	n, size := binary.Uvarint(c.left)
	if size <= 0 || n > uint64(len(c.left)-size) {
		return 0, errCompact
	}
	c.left = c.left[size:]
	return int(n), nil
}

// signed is an integer of any size.
func (c *compact) signed() (int64, error) {
	n, size := binary.Varint(c.left)
	if size <= 0 {
		return 0, errCompact
	}
	c.left = c.left[size:]
	return n, nil
}
