// Package daemon runs things: a block validator, or a node with its roles, in
// this process or, from the same home folder, in one of its own. It supplies what
// the packages it runs take as arguments: goroutines, the clock, keys, files and
// network addresses.
//
// It is not where anything is decided: what a role does is package role, what the
// chain accepts is package chain. Daemons share no Go pointer with each other,
// even in one process: they meet over RPC and HTTP.
package daemon
