package spec

import "encoding/binary"

// OrderSeed determines the order in which a node reads its rows in a round, and the values
// that its dropout layers drop. It depends only on the seed of the model, the name of the
// node and the number of the round. So it is the same in every run of a task file: it does
// not depend on the chain or on the ids of task and node.
func (t TaskSpec) OrderSeed(node string, round uint64) uint64 {
	var place [16]byte
	binary.BigEndian.PutUint64(place[:], t.Model.Seed)
	binary.BigEndian.PutUint64(place[8:], round)
	d := Statement("order of rows", []byte(node), place[:])
	return binary.BigEndian.Uint64(d[:])
}
