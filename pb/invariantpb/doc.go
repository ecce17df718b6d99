// Package invariantpb is the wire form of what does not hold of the chain's state, generated
// from proto/althing/invariant/v1. It converts nothing to package spec: violations are words.
package invariantpb
