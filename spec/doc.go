// Package spec says what things are: tasks, nodes, rounds, digests and the
// statements nodes commit to. It holds plain types, their validation and their
// domain separation.
//
// It is not a place for behaviour: how a round advances is package round, how
// bytes move is package blob. It performs no I/O and knows no clock, no float
// and no randomness, because the chain agrees on every value in it.
//
// # Units
//
// Amounts of money are uthing (a millionth of a THING). Fractions are parts per
// million ([PPM]). Heights are block heights, lifetimes are counted in blocks.
package spec
