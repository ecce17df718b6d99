// Package train turns rows and a model into better weights, and says how good
// weights are: the [Trainer] interface and the built-in [Engine], which needs
// nothing but Go.
//
// It is not federated and knows no task, chain or peer: who trains when, and
// what becomes of the weights, is decided elsewhere. It can bound what
// one row does to the weights, and lets a private job see of its rows only what is
// released to it; it draws no noise.
//
// # Strict arithmetic
//
// The engine gives the same bits for the same job on every architecture, with
// any number of processors. It adds and multiplies in float32, one rounding an
// operation: every product that is added to something is wrapped in float32(),
// which forbids the compiler to fuse the two. Each sum runs in a fixed order,
// by rising index, in one goroutine. Exponential and logarithm are its own,
// because those of package math differ between architectures.
package train
