// Package daemon runs a block validator, or a node with its roles, from a home folder:
// [Start] until its context ends, in this process or in one of its own. It supplies what
// the packages that it runs take as arguments: goroutines, the clock, keys, files and
// network addresses.
//
// It decides nothing itself: package role decides what a role does, package chain what the
// chain accepts. Daemons share no memory with each other, even in one process: they
// communicate over RPC and HTTP.
package daemon
