// Package roundtest is a suite of tests for implementations of round.World: [Run] plays the
// same scenarios in two worlds at once, and compares everything that can be read from them after
// every input and every block.
//
// It is not a world itself, it does not define what the right outcome of a round is, and it is
// not for use outside tests.
package roundtest
