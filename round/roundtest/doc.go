// Package roundtest says what every keeper of tasks, nodes and money must do with
// what package round decides, as a suite of tests: [Run] plays the same lives of
// tasks in two worlds at once and compares all that can be read of them, after
// every input and every block.
//
// It is no world of its own, it does not know what the right answer of a round is,
// and it is not for use outside tests.
package roundtest
