// Package train trains a model on the rows of a table and evaluates weights: the
// [Trainer] interface, and the built-in [Engine], which needs nothing but Go.
//
// Call [Engine.Train] with a [Job]: model, training settings, first weights, seed and
// table. [Engine.Evaluate] says how good weights are; [Predict], [Probabilities] and
// [Values] apply them to rows.
//
// The package is not federated and knows no task, chain or peer: others decide who
// trains when, and what happens to the weights. It can clip the gradient of each row.
// In a private job the weights depend on the rows only through [Private.Release]. The
// package draws no noise itself; package privacy does.
//
// # Strict arithmetic
//
// With strict arithmetic the engine gives the same bits for the same job on every
// architecture and with any number of processors. It adds and multiplies in float32
// and rounds once per operation: every product that is added to something is wrapped
// in float32(), which forbids the compiler to fuse the two operations. Each sum runs
// in a fixed order, by rising index, in one goroutine. The package has its own
// exponential and logarithm, because those of package math differ between
// architectures.
package train
