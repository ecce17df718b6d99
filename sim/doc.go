// Package sim runs a whole network in one process and in virtual time: the rounds
// and the roles that the network runs, over a chain and blobs in memory. Everything
// follows from one seed: the same [Network] gives the same transcript, byte for byte,
// on any number of processors.
//
// A [Chain] stores what package round decides, as chain/task and chain/node do, and
// one conformance suite drives both. A [Node] has the machines of its roles, a
// store, a journal and rows of its own. One queue holds what is to happen next: a
// block, a node that sees it, work that ends.
//
// It is not a model of consensus, of fees or of a wire: messages are carried out in
// the order in which they arrive, and blobs arrive whole. It never reads a clock and
// opens no socket.
package sim
