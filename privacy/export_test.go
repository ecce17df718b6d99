package privacy

import "encoding/binary"

// StreamOf is a stream whose next words are these, for draws that AES gives once in
// the life of the world.
func StreamOf(words ...uint64) *Stream {
	s := &Stream{left: 8 * len(words)}
	for i, w := range words {
		binary.LittleEndian.PutUint64(s.words[streamSize-s.left+8*i:], w)
	}
	return s
}
