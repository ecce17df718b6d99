// Package measure computes exact statistics of columns of numbers: their count, sum, sum of
// squares, minimum and maximum. With them the trainers of a task agree on the scale of their
// rows without showing the rows to each other.
//
// Every float32 is an integer times 2^-149, so sums are integers, too. In a round that
// measures, a trainer adds its rows with [Sums.AddRow] and sends [Sums.Values] as the values
// of its update. An aggregator adds up the updates with [Sums.Add], in any order, and gets the
// same bits as if it had all rows; [Sums.Scale] is the result.
//
// It is not robust: statistics that a trainer makes up are accepted as long as some rows could
// have them. It does no I/O, and knows no rounds and no blobs.
package measure
