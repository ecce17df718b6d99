// Package privacy is what an owner does to a vector of integers before anything of
// it leaves: it bounds the vector's norm, and it adds noise, in this order: clip and
// sum in integers, add integer noise, scale. So the sensitivity is exact, and what
// is released is an integer from an integer law, whose last bits tell nothing. Sums
// of the gradients of rows are made in this order by [Sampled] and [Shared]. It
// also has the rotation that spreads a vector evenly before it is clipped, and exact
// and fast samplers of the laws of noise.
//
// It is not an accountant: what a release costs is for privacy/account and
// privacy/cost. No noise is made of floats; the tables from which noise is drawn are
// integers, made by arithmetic of a fixed precision that rounds in a stated
// direction. docs/privacy-proofs.md proves what is claimed here.
//
// The one source of randomness is what [NewStream] reads, which outside tests is
// crypto/rand's Reader.
package privacy
