// Package account says how much privacy a series of releases costs: an epsilon for
// a delta, a delta for an epsilon, the noise for both. It draws no noise, keeps no
// ledger and is not for consensus: it computes in floating point, so two machines
// may differ in the last digits. What validators must agree on is in privacy/cost.
//
// A [Plan] is what is released, and to whom it is promised: mechanisms, sampling,
// how often, the unit and the adjacency. Several accountants can answer for it; each
// answer is an upper bound, rounded upwards, and names its accountant. Some are
// sound for some plans only and refuse the others, see [ErrUnsound].
//
// The formulas, their sources and the proofs of what is not published elsewhere are
// in docs/privacy-proofs.md.
package account
