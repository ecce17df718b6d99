//go:build !amd64

package gemm

// assembled lists no kernel: there is no assembly for this architecture.
func assembled() []Kernel { return nil }

func (Kernel) tiled(c, a, b Matrix, add bool) { plainProduct(c, a, b, add) }

func (Kernel) addScaled(y []float32, a float32, x []float32) { addScaled(y, a, x) }

func (Kernel) picked(c Matrix, a Picked, b Matrix, add bool) { plainPicked(c, a, b, add) }

func (Kernel) transpose(to, from Matrix) { transpose(to, from, 0, 0) }

func (Kernel) rectify(y []float32) { rectify(y) }

func (Kernel) gate(y, x []float32) { gate(y, x) }

func (Kernel) pool(y []float32, from []int32, x []float32, at, width int) {
	pool(y, from, x, at, width)
}
