package spec

import "encoding/binary"

// Seed fixes the order in which the node of a slot reads its rows in that round.
func (s Slot) Seed() uint64 {
	var place [24]byte
	binary.BigEndian.PutUint64(place[:], s.Task)
	binary.BigEndian.PutUint64(place[8:], s.Round)
	binary.BigEndian.PutUint64(place[16:], s.Node)
	d := Statement("order of rows", []byte(s.Chain), place[:])
	return binary.BigEndian.Uint64(d[:])
}
