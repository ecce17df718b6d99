package aggregate_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"runtime"
	"testing"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
)

// An aggregator holds one sum however many trainers there are: 8 or 64
// updates of four million parameters take the same memory, but for a read
// buffer each, which is garbage once its update is added.
func TestMemoryDoesNotGrowWithTrainers(t *testing.T) {
	const (
		parameters = 4_000_000
		buffer     = 32 << 10
	)
	allocated := func(trainers int) uint64 {
		sources := make([]aggregate.Source, trainers)
		for i := range sources {
			sources[i] = generated(t, uint64(i), parameters)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		update, err := aggregate.FedAvg{}.Combine(parameters, 30, sources)
		runtime.ReadMemStats(&after)
		if err != nil {
			t.Fatal(err)
		}
		if want := float32(0x01010101) / (1 << 30); update.Float32(parameters-1) != want {
			t.Fatalf("the last value is %v, want %v", update.Float32(parameters-1), want)
		}
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := allocated(8), allocated(64)
	t.Logf("8 updates: %d bytes, 64 updates: %d bytes", few, many)
	if sum := uint64(8 * parameters); few > sum+8*buffer+1<<20 {
		t.Errorf("8 updates take %d bytes: want the sum, %d", few, sum)
	}
	if many > few+56*buffer {
		t.Errorf("64 updates take %d bytes, 8 take %d: want at most %d more for each", many, few, buffer)
	}
}

// generated is an update that exists nowhere: each byte of its values is 1.
func generated(t *testing.T, node, parameters uint64) aggregate.Source {
	t.Helper()
	b, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot(node), ScaleBits: 30}, nil)
	if err != nil {
		t.Fatal(err)
	}
	head := binary.LittleEndian.AppendUint64(b[:len(b)-8], parameters)
	return aggregate.Source{Slot: slot(node), Weight: node + 1, Open: func() (io.ReadCloser, error) {
		values := io.LimitReader(ones{}, int64(4*parameters))
		return io.NopCloser(io.MultiReader(bytes.NewReader(head), values)), nil
	}}
}

// ones reads as bytes of 1 without end.
type ones struct{}

func (ones) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 1
	}
	return len(b), nil
}
