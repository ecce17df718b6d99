// Package chain is the application that the validators agree on: which modules there are, in
// which order they run, what a transaction must pass and what the first block holds.
//
// Package daemon opens it with [New] and gives it to CometBFT; [Genesis] writes the first
// block's state, [App.Export] a state to start from again, and [Prune] shrinks a database.
// README.md shows how a message travels.
//
// It is not a node: network, files, keys and clocks are package daemon. The rules of tasks, nodes,
// fees and votes are not here either: each has a flat module of its own, and modules reach each
// other only through small interfaces that their users declare.
//
// Everything in it is deterministic: no float, no clock, no map order, no
// goroutine, no randomness.
package chain
