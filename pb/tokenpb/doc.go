// Package tokenpb is the wire form of minting and of how many coins there are, generated
// from proto/althing/token/v1. It converts nothing to package spec: amounts are numbers.
package tokenpb
