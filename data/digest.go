package data

import (
	"encoding/binary"
	"math"

	"github.com/althing-network/althing/spec"
)

// Digest names a table by its content: shape, then every feature as the bits
// of its float32, then every label. An evaluator attests it to show that it
// holds its shard before the first round, and that the shard stays the same.
func Digest(t Table) spec.Digest {
	shape := binary.BigEndian.AppendUint64(nil, uint64(t.Features))
	shape = binary.BigEndian.AppendUint64(shape, uint64(t.Classes))
	x := make([]byte, 0, 4*len(t.X))
	for _, v := range t.X {
		x = binary.LittleEndian.AppendUint32(x, math.Float32bits(v))
	}
	y := make([]byte, 0, 4*len(t.Y))
	for _, v := range t.Y {
		y = binary.LittleEndian.AppendUint32(y, uint32(v))
	}
	return spec.Statement("table", shape, x, y)
}
