package gemm_test

import (
	"math/rand/v2"
	"testing"

	"github.com/althing-network/althing/train/gemm"
)

// BenchmarkMultiply measures the products of typical models: softmax regression and a
// 784-200-200-10 perceptron on images of 28 x 28 pixels, and the dense layers of the
// convolutional network in the FedAvg paper.
func BenchmarkMultiply(b *testing.B) {
	nn, nt, tn := [3]bool{}, [3]bool{false, false, true}, [3]bool{false, true, false}
	for _, c := range []struct {
		name                 string
		rows, columns, depth int
		turned               [3]bool
	}{
		{"digits fc1 forward b10", 10, 128, 64, nt},
		{"softmax forward b10", 10, 10, 784, nt},
		{"2nn fc1 forward b10", 10, 200, 784, nt},
		{"2nn fc1 gradient b10", 200, 784, 10, tn},
		{"2nn fc2 backward b10", 10, 200, 200, nn},
		{"cnn fc1 forward b10", 10, 512, 3136, nt},
		{"cnn fc1 gradient b10", 512, 3136, 10, tn},
		{"cnn fc1 backward b10", 10, 3136, 512, nn},
		{"softmax forward b32", 32, 10, 784, nt},
		{"2nn fc1 forward b32", 32, 200, 784, nt},
		{"2nn fc1 gradient b32", 200, 784, 32, tn},
		{"2nn fc2 backward b32", 32, 200, 200, nn},
		{"cnn fc1 forward b32", 32, 512, 3136, nt},
		{"cnn fc1 gradient b32", 512, 3136, 32, tn},
		{"cnn fc1 backward b32", 32, 3136, 512, nn},
		{"512 cubed", 512, 512, 512, nn},
	} {
		s := shape{rows: c.rows, columns: c.columns, depth: c.depth, turned: c.turned}
		product, x, y := s.grids(rand.New(rand.NewPCG(1, 1)), onHeap)
		for _, k := range gemm.All() {
			b.Run(c.name+"/"+k.String(), func(b *testing.B) {
				for b.Loop() {
					s.run(k, product, x, y)
				}
				b.ReportMetric(2*float64(s.rows*s.columns*s.depth)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// BenchmarkMultiplyPicked measures the convolutions of the network in the FedAvg paper.
func BenchmarkMultiplyPicked(b *testing.B) {
	const side = 5
	for _, c := range []struct {
		name          string
		size, in, out int // the side of the image, and channels
		gradient      bool
	}{
		{name: "conv1 forward", size: 28, in: 1, out: 32},
		{name: "conv1 gradient", size: 28, in: 1, out: 32, gradient: true},
		{name: "conv2 forward", size: 14, in: 32, out: 64},
		{name: "conv2 gradient", size: 14, in: 32, out: 64, gradient: true},
		{name: "conv2 backward", size: 14, in: 64, out: 32},
	} {
		framed := c.size + side - 1
		grid := func(channels, height, width int) (indices []int32) {
			for channel := range channels {
				for y := range height {
					for x := range width {
						indices = append(indices, int32((channel*framed+y)*framed+x))
					}
				}
			}
			return indices
		}
		p := gemm.NewPattern(grid(1, c.size, 1), c.size, 1, grid(c.in, side, side))
		rows, depth := c.size*c.size, c.in*side*side
		if c.gradient {
			p = gemm.NewPattern(grid(c.in, side, 1), side, 1, grid(1, c.size, c.size))
			rows, depth = depth, rows
		}
		s := shape{rows: rows, columns: c.out, depth: depth, gap: gemm.RowStride(c.out) - c.out}
		product, _, y := s.grids(rand.New(rand.NewPCG(1, 1)), onHeap)
		image := p.Of(make([]float32, c.in*framed*framed))
		for _, k := range gemm.All() {
			b.Run(c.name+"/"+k.String(), func(b *testing.B) {
				for b.Loop() {
					k.MultiplyPicked(product.matrix(), image, y.matrix())
				}
				b.ReportMetric(2*float64(s.rows*s.columns*s.depth)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func BenchmarkAddScaled(b *testing.B) {
	x, y := make([]float32, 199_210), make([]float32, 199_210)
	for _, k := range gemm.All() {
		b.Run(k.String(), func(b *testing.B) {
			for b.Loop() {
				k.AddScaled(y, 0.5, x)
			}
			b.SetBytes(int64(12 * len(x)))
		})
	}
}
