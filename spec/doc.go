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
// million ([PPM]). A height is the place of a block on the chain. Deadlines and
// lifetimes are durations of network time ([Duration], [Time]), in milliseconds.
package spec
