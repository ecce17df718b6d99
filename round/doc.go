// Package round decides how a task's training rounds advance: a state machine
// that takes inputs and gives back effects.
//
// It is not the thing that carries effects out: on the chain that is
// chain/task, in memory it is sim. It performs no I/O and knows no clock; the
// height is an argument. Given the same state, height and input it gives the
// same answer everywhere.
//
// # Life of a round
//
//	train      trainers commit to their updates
//	attest     aggregators say which updates they hold; 2f+1 bitmaps close the phase
//	aggregate  aggregators commit to the next model
//	reveal     2f+1 equal digests are accepted, a different one is a fault
//	score      evaluators commit to their scores
//	open       the stake-weighted median is the round's score
//
// A phase closes at the end of the block in which all have answered, or when
// enough have answered and a grace has passed, or at its deadline. See [State.Step].
package round
