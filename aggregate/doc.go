// Package aggregate says how the updates of a round become the next model:
// one file a rule, and one an optimiser that moves the model by what they combine.
//
// It is exact. Updates are integers, their weighted sum is an int64 that cannot
// overflow, and one rounding at the end gives the next weight, so any order of
// updates on any machine gives the same bits and the next model's digest can be
// agreed on. It streams: memory does not grow with the number of updates.
//
// It is not a judge of who may take part (package round), and it fetches and
// verifies no blobs (package blob); it refuses an update whose header is not
// the expected one.
package aggregate
