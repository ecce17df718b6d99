// Package cost is the arithmetic of privacy spent, in integers that every validator
// computes to the same bit: what one release of a mechanism costs, how costs add
// up, and whether a book of them stays within a limit. It draws no noise and keeps
// no ledger; whoever has a ledger stores the books that this package gives back.
//
// Everything is rounded against whoever spends: a cost upwards, what is left
// downwards.
package cost
