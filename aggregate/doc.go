// Package aggregate says how the updates of a round become the next model: a rule
// combines them into one update, one file a rule, and the server's optimiser moves
// the model by it. Any rule goes with any optimiser.
//
// It is exact. Updates are integers, and what a rule returns are integers over one
// divisor, within bounds that no update can break. What an optimiser does with them
// is rounded in a stated order, so any order of updates on any machine gives the
// same bits and the next model's digest can be agreed on.
//
// An [Update] is all that a rule and what follows it know of each other:
//
//   - A mean streams: its sums are the only memory, however many updates there are.
//     Some updates are open at a time, and every core takes blocks of the model and
//     goes through all of them.
//   - A median of integers is one of them, or half the sum of two. It streams too,
//     with one chunk of each source in memory.
//   - A choice of updates by their distances (Krum) opens each as often as it likes,
//     and returns the sum of the chosen.
//   - Sealed updates are integers that only their sum makes readable. The sum and the
//     divisor are an Update, without a rule.
//   - Noise for privacy is integers too, added to the sums of an Update.
//
// It is not a judge of who may take part (package round), and it fetches and
// verifies no blobs (package blob); it refuses an update whose header is not
// the expected one.
package aggregate
