// Package gemm multiplies matrices of float32, in plain Go on every machine and with
// assembly kernels for AVX2 and AVX-512. Choose a [Kernel] with [Best], make views of
// floats with [Of], [View] or a [Pattern], and call [Kernel.Multiply].
//
// It is not a library for linear algebra: it has only the operations that training
// spends its time in, which are products, rectifiers and max-pools. It uses one
// goroutine, allocates nothing and never reads or writes outside the floats that it
// is given.
//
// # Strict and fused
//
// Each element of a product is one sum, by rising index, that begins with 0 or with
// the element's previous value. A strict kernel rounds each product before it adds it.
// Its results have the same bits on every architecture and with every instruction set:
// the bits of the plain loops in plain.go, which are the definition. A fused kernel
// rounds once per multiplication and addition, which is faster and slightly more exact.
// Its results have the same bits with every instruction set that has a fused operation,
// and the bits of a strict kernel elsewhere.
//
// A result that is NaN is NaN on every machine, but the bits of the NaN may differ.
package gemm

//go:generate go run -C ../../tools/gemm .
