package data

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/althing-network/althing/spec"
)

// Digest is a hash of a table's content: its shape, then every feature as the bits of its
// float32, then every label, then every target where there are any. An evaluator attests it
// before the first round: so it cannot change its shard later.
func Digest(t Table) spec.Digest {
	shape := binary.BigEndian.AppendUint64(nil, uint64(t.Features))
	shape = binary.BigEndian.AppendUint64(shape, uint64(t.Classes))
	s := spec.NewStatement("table")
	s.Part(len(shape))
	s.Write(shape)
	var b []byte
	write := func(row []float32) {
		b = b[:0]
		for _, v := range row {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		s.Write(b)
	}
	if t.Index == nil {
		s.Part(4 * len(t.X))
		for row := range slices.Chunk(t.X, max(1, t.Features)) {
			write(row)
		}
	} else {
		s.Part(4 * len(t.Index) * t.Features)
		for i := range t.Index {
			write(t.Row(i))
		}
	}
	s.Part(4 * t.Rows())
	for _, v := range t.Y {
		s.Write(binary.LittleEndian.AppendUint32(b[:0], uint32(v)))
	}
	if t.Targets != nil {
		s.Part(4 * len(t.Targets))
		write(t.Targets)
	}
	return s.Digest()
}
