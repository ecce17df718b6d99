//go:build !amd64

package quanta

// assembled lists no kernel: there is no assembly for this architecture.
func assembled() []Kernel { return nil }

func (Kernel) round([]int32, []float32, uint) (squares uint64, largest uint32) {
	panic("quanta: no such kernel is listed")
}

func (Kernel) add([]int64, []int32) { panic("quanta: no such kernel is listed") }

func (Kernel) addShrunk([]int64, []int32, uint64) { panic("quanta: no such kernel is listed") }
