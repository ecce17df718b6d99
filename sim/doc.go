// Package sim runs a whole network in one process and in virtual time, with the same
// packages round and role that a real network runs. The chain and the blobs are in
// memory. All randomness comes from one seed: the same [Network] gives the same
// transcript, byte for byte, on any number of processors.
//
// A test makes a network with [New] or [Digits], adds nodes with [Network.Join], creates
// a task with [Network.Open] and runs it with [Network.Finish] or [Network.Reach].
//
// A [Chain] stores what package round decides, as chain/task and chain/node do, and
// one conformance suite tests both. A [Node] has the machines of its roles, a store, a
// journal and rows of its own. One queue holds the next events: a block ends, a node
// sees a block, the work of a node ends.
//
// It does not simulate consensus, fees or a network: messages are applied in the order
// in which they arrive, and blobs arrive whole. It never reads a clock and opens no
// socket.
package sim
