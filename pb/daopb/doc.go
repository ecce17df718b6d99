// Package daopb is the wire form of votes: generated from proto/althing/dao/v1. It is not
// where anything is counted or validated.
package daopb
