// Package spec is the vocabulary of the network: tasks, nodes, rounds, data sets, proposals,
// digests and the statements that nodes sign. It has plain types, their validation, their
// text forms, and the readers of task, schema and proposal files ([ParseTask],
// [ParseSchema], [ParseProposal]).
//
// It has no behaviour: package round advances rounds, package blob moves bytes. It does no
// I/O and uses no clock, no floating point and no randomness, because all validators must
// compute the same from its values.
//
// # Units
//
// Amounts of money are in uthing, a millionth of a THING. Fractions are in parts per million
// ([PPM]). A height is the number of a block on the chain. Deadlines and retention times are
// durations of network time ([Duration], [Time]), in milliseconds.
package spec
