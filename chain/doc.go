// Package chain is the application the validators agree on: which modules there
// are, in which order they run, what a transaction must pay and what the first
// block holds. It is explicit from top to bottom: [New] reads like the list of
// what the chain does.
//
// It is not a node: networking, files, keys and clocks are package daemon. It is
// not where tasks, nodes and fees are ruled either: each has a flat module of its
// own, chain/task, chain/node and chain/fee, and modules meet only through small
// interfaces that their users declare.
//
// Everything in it is deterministic: no float, no clock, no map order, no
// goroutine, no randomness.
package chain
