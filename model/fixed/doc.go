// Package fixed computes with the fixed-point values of updates, directly in the bytes of an
// update: it adds values up, finds the largest magnitude, moves weights by a sum of updates,
// and checks that weights are finite. There is a kernel in plain Go, and kernels in assembly
// for AVX2 and AVX-512. All give the same bits: plain.go defines them.
//
// It decides neither the weight of an update nor what is refused: its callers do. It uses one
// goroutine, allocates nothing and never reads or writes outside the slices it is given.
package fixed

//go:generate go run -C ../../tools/gemm .
