package aggregate_test

import (
	"testing"

	"github.com/althing-network/althing/aggregate"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

func slot(node uint64) spec.Slot {
	return spec.Slot{Chain: "althing-1", Task: 1, Round: 2, Node: node}
}

// source is an update held in memory.
func source(t testing.TB, node, weight uint64, scaleBits uint32, values ...int32) aggregate.Source {
	t.Helper()
	h := model.UpdateHeader{Slot: slot(node), ScaleBits: scaleBits, Count: uint64(len(values))}
	b, err := model.EncodeUpdate(h, values)
	if err != nil {
		t.Fatal(err)
	}
	return aggregate.InMemory(slot(node), weight, b)
}

// added is the next model with the server optimiser none.
func added(t testing.TB, global []float32, update aggregate.Update) []float32 {
	t.Helper()
	next, _, err := aggregate.None{}.Step(global, update, nil)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// file wraps [aggregate.Bytes] and replaces some of its methods.
type file struct {
	aggregate.Bytes
	size   int64 // 0: the size of the wrapped bytes
	readAt func(b []byte, at int64) (int, error)
	view   func(at int64, n int, use func([]byte) error) error
	close  func() error
}

func (f file) ReadAt(b []byte, at int64) (int, error) {
	if f.readAt == nil {
		return f.Bytes.ReadAt(b, at)
	}
	return f.readAt(b, at)
}

func (f file) View(at int64, n int, use func([]byte) error) error {
	if f.view == nil {
		return f.Bytes.View(at, n, use)
	}
	return f.view(at, n, use)
}

func (f file) Size() int64 {
	if f.size == 0 {
		return f.Bytes.Size()
	}
	return f.size
}

func (f file) Close() error {
	if f.close == nil {
		return f.Bytes.Close()
	}
	return f.close()
}
