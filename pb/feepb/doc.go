// Package feepb is the wire form of the rules of fees, generated from
// proto/althing/fee/v1. It converts nothing to package spec: the only rule is a
// number, and its bounds.
package feepb
