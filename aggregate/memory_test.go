package aggregate_test

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
)

// TestMemoryDoesNotGrowWithTrainers: an aggregator keeps one sum, so 8, 64 and 512 updates of
// four million parameters take the same memory, except for a few KiB per open update.
func TestMemoryDoesNotGrowWithTrainers(t *testing.T) {
	const (
		parameters = 4_000_000
		open       = 4 << 10
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
	few := allocated(8)
	if sum := uint64(8 * parameters); few > sum+8*open+1<<20 {
		t.Errorf("8 updates take %d bytes: want the sum, %d", few, sum)
	}
	for _, trainers := range []int{64, 512} {
		many := allocated(trainers)
		t.Logf("8 updates: %d bytes, %d updates: %d bytes", few, trainers, many)
		if many > few+uint64(trainers-8)*open {
			t.Errorf("%d updates take %d bytes, 8 take %d: want at most %d more for each", trainers, many, few, open)
		}
	}
}

// generated is an update that is never stored as a whole: each byte of its values is 1.
func generated(t *testing.T, node, parameters uint64) aggregate.Source {
	t.Helper()
	b, err := model.EncodeUpdate(model.UpdateHeader{Slot: slot(node), ScaleBits: 30}, nil)
	if err != nil {
		t.Fatal(err)
	}
	head := binary.LittleEndian.AppendUint64(b[:len(b)-8], parameters)
	ones := bytes.Repeat([]byte{1}, 1<<18) // the largest part that is read at a time
	return aggregate.Source{Slot: slot(node), Weight: node + 1, Open: func() (aggregate.Bytes, error) {
		return generatedBytes{bytes.NewReader(head), ones, int64(len(head)) + 4*int64(parameters)}, nil
	}}
}

// generatedBytes is a header with bytes of 1 behind it.
type generatedBytes struct {
	*bytes.Reader
	ones []byte
	size int64
}

func (b generatedBytes) View(_ int64, n int, use func([]byte) error) error { return use(b.ones[:n]) }

func (b generatedBytes) Size() int64 { return b.size }

func (generatedBytes) Close() error { return nil }
