// Package invariantpb is the wire form of violated invariants of the chain's state, generated from
// proto/althing/invariant/v1. It converts nothing to package spec: violations are texts.
package invariantpb
