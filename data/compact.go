package data

import (
	"encoding/binary"
	"errors"
)

// errCompact says that a header is not valid Thrift.
var errCompact = errors.New("a header is broken")

// The value types of the Thrift compact protocol, in which Parquet writes its headers
// (the specification "Thrift compact protocol encoding").
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

// maxNesting bounds how deep structures may be nested in a header.
const maxNesting = 32

// compact walks through an encoded structure and checks sizes only: no list, set, map or
// text may claim more items than there are bytes left. The decoder may then trust the sizes.
type compact struct {
	left []byte
	// seen is called with each integer field of the structure (outer is 0) and of the
	// structures directly inside it (outer is the number of the enclosing field).
	seen func(outer, field int, value int64)
}

// walk goes through the structure at the beginning of the bytes.
func (c *compact) walk(depth, outer int) error {
	if depth == maxNesting {
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

// value skips one value of the given type.
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

// items skips n items, each a sequence of values of the given types.
func (c *compact) items(n, depth int, kinds ...int) error {
	if depth == maxNesting {
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

// take returns the next n bytes.
func (c *compact) take(n int) ([]byte, error) {
	if n < 0 || n > len(c.left) {
		return nil, errCompact
	}
	b := c.left[:n]
	c.left = c.left[n:]
	return b, nil
}

// count reads the number of items that follow, each at least one byte long.
func (c *compact) count() (int, error) {
	n, size := binary.Uvarint(c.left)
	if size <= 0 || n > uint64(len(c.left)-size) {
		return 0, errCompact
	}
	c.left = c.left[size:]
	return int(n), nil
}

// signed reads an integer of any size.
func (c *compact) signed() (int64, error) {
	n, size := binary.Varint(c.left)
	if size <= 0 {
		return 0, errCompact
	}
	c.left = c.left[size:]
	return n, nil
}
