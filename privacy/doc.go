// Package privacy makes a vector of integers private before its owner releases it. It
// bounds the vector's norm and adds noise, in this order: clip and sum in integers, add
// integer noise, scale. So the sensitivity is exact. The released value is an integer
// drawn from an integer distribution, so the low bits of a float leak nothing.
//
// [Sampled] and [Shared] do this for sums of the gradients of rows, [Mechanism] for one
// vector. [NewSampler] makes fast or exact samplers of noise. [Rotation] spreads a vector
// evenly before it is clipped.
//
// The package is not an accountant: privacy/account and privacy/cost say what a release
// costs. It never makes noise from floats: tables of noise are integers, computed with a
// fixed precision and a stated rounding direction. docs/privacy-proofs.md has the proofs.
//
// All randomness comes from the source given to [NewStream]: crypto/rand's Reader, except
// in tests.
package privacy
