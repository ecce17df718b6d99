// Package account computes how much privacy a series of releases costs: epsilon for a
// given delta, delta for a given epsilon, or the noise that both need. It draws no noise,
// keeps no ledger and is not for consensus: it computes in floating point, so two
// machines may differ in the last digits. Validators use privacy/cost instead.
//
// A [Plan] says what is released and what is protected: mechanisms, sampling, number of
// steps, unit and adjacency. Several accountants can answer for a plan. Each answer is an
// upper bound, rounded up, and names its accountant. Some accountants are sound for some
// plans only and refuse the others, see [ErrUnsound].
//
// The formulas, their sources and the proofs of what is not published elsewhere are
// in docs/privacy-proofs.md.
package account
