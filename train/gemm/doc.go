// Package gemm multiplies matrices of float32: plain Go everywhere, and kernels
// in assembly for AVX2 and AVX-512. It is not a library for linear algebra: it
// holds what training spends its time in, which is products, and between them
// rectifiers and max-pools. It uses one goroutine, allocates nothing and never
// reads or writes outside the floats it is given.
//
// # Strict and fused
//
// Each element of a product is one sum, by rising index, that begins with 0 or
// with the element that was there. A strict kernel rounds each product before it
// adds it. Its results have the same bits on every architecture and with every
// instruction set, those of the plain loops in plain.go, which are the
// definition. A fused kernel rounds once an addition, which is faster and a
// little more exact; its bits are those of the exact fused operation with every
// instruction set that has one, and the strict ones elsewhere.
//
// Which of the many NaNs a result is depends on the machine; that it is one does
// not.
package gemm

//go:generate go run -C ../../tools/gemm .
