// Package quanta makes integers of the gradient of a row and adds them to sums: it
// rounds, adds up squares, and shrinks. There is plain Go, and there are kernels
// in assembly for AVX2 and AVX-512. All give the same integers: plain.go is the definition.
//
// It is no bound: by how much a row is shrunk, and whether it has to be, is for package
// privacy. It uses one goroutine, allocates nothing and never reads or writes outside
// what it is given.
package quanta

//go:generate go run -C ../../tools/gemm .
