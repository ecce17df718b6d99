// Package feepb is the wire form of the gas price, generated from proto/althing/fee/v1. It converts
// nothing to package spec: the price is a number.
package feepb
