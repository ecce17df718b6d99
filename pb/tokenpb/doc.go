// Package tokenpb is the wire form of minting and supply, generated from
// proto/althing/token/v1. It converts nothing to package spec: amounts are numbers.
package tokenpb
