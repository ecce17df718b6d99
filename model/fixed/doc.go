// Package fixed computes with the values of updates, which are integers in fixed
// point, where they lie in an update's bytes: it adds them up, looks for the
// largest, moves weights by a sum of them, and sees whether weights are finite. There is plain Go, and there are
// kernels in assembly for AVX2 and AVX-512. All give the same bits: plain.go is
// the definition.
//
// It is not a judge: how much an update counts and what is refused is for its
// callers. It uses one goroutine, allocates nothing and never reads or writes
// outside what it is given.
package fixed

//go:generate go run -C ../../tools/gemm .
