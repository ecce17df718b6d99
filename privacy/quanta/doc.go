// Package quanta rounds the gradient of a row to integers and adds them to sums. A [Kernel]
// rounds, sums squares and shrinks; [Best] is the fastest one. There are kernels in plain Go
// and in assembly for AVX2 and AVX-512. All give the same integers: plain.go is the
// definition.
//
// The package does not decide whether and by how much a row is shrunk; package privacy
// does. It uses one goroutine, allocates nothing and never reads or writes outside of the
// slices that it is given.
package quanta

//go:generate go run -C ../../tools/gemm .
