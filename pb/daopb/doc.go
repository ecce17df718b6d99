// Package daopb is the wire form of votes, generated from proto/althing/dao/v1. It does not count
// or validate anything.
package daopb
