// Package cost counts privacy loss in integers, so that every validator computes the same
// bits: what one release of a mechanism costs, how costs add up, and whether a book of
// them stays within a limit.
//
// A [Release] or [Mechanism] has a cost, an [Amount]. A [Book] holds the budget of one data
// set: it is opened with a [Limit], and its methods reserve, charge and give back releases
// and return the changed book with the [Row] that records the change. The package draws no
// noise and stores nothing; whoever has a ledger stores books and rows.
//
// Everything is rounded against whoever spends: costs up, what is left down.
package cost
