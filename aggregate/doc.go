// Package aggregate computes the next model from the updates of a round: a [Rule] combines
// the updates into one, and an [Optimiser] of the server moves the model by it. Each rule has
// its own file. Any rule works with any optimiser.
//
// The computation is exact. Updates are integers, and a rule returns integers over one
// divisor, within bounds that no update can break. An optimiser rounds in a stated order. So
// updates in any order, on any machine, give the same bits, and aggregators can agree on the
// digest of the next model.
//
// An [Update] is the only interface between a rule and an optimiser. Rules may work in
// different ways:
//
//   - A mean streams: it keeps only its sums in memory, however many updates there are. One
//     group of updates is open at a time; every core takes blocks of the model and adds that
//     block of all updates in the group.
//   - A median of integers is one of them, or half the sum of two. It can stream too, with one
//     chunk of each source in memory.
//   - A rule that chooses updates by their distances (Krum) may open each of them several
//     times, and returns the sum of the chosen ones.
//   - Sealed updates can be read only as a sum. That sum and the divisor are an Update, without
//     a rule.
//   - Noise for privacy is integers, too, added to the sums of an Update.
//
// It does not decide who takes part (package round), and does not fetch or verify blobs
// (package blob). It does refuse an update whose header is not the expected one.
package aggregate
