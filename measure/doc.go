// Package measure takes the statistics of columns of numbers exactly, so that the trainers
// of a task agree on the scale of their rows without showing them: how many numbers a
// column has, their sum, the sum of their squares, the least and the largest.
//
// Every float32 is an integer times 2^-149, so sums are integers too. A trainer sends those
// of its rows as the values of an update, in a round that measures. Whoever adds up
// the updates, in whatever order, has the same bits as somebody who had all rows.
//
// It is not robust: what a trainer says of rows that nobody sees counts, as long as some
// rows could have these statistics. It knows no round and no blob, and it is pure.
package measure
