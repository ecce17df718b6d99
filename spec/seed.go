package spec

import "encoding/binary"

// OrderSeed fixes the order in which a node reads its rows in a round of the task, and what
// its dropout layers draw. It follows from the seed of the task's model, the name of the
// node and the number of the round, and from nothing that differs between two runs of the
// same task file: neither from the chain, nor from the ids of task and node.
func (t TaskSpec) OrderSeed(node string, round uint64) uint64 {
	var place [16]byte
	binary.BigEndian.PutUint64(place[:], t.Model.Seed)
	binary.BigEndian.PutUint64(place[8:], round)
	d := Statement("order of rows", []byte(node), place[:])
	return binary.BigEndian.Uint64(d[:])
}
