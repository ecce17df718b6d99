package cost_test

import (
	"fmt"

	"github.com/althing-network/althing/privacy/cost"
)

// An owner allows epsilon 2. A task wants 60 rounds, each with an update that has rounded
// Gaussian noise of 16 times its norm. Only 55 would fit, so the task reserves 50. It ends
// after one round and gives back the rest.
func Example() {
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 2 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	book, _, err := cost.Open(limit)
	if err != nil {
		fmt.Println(err)
		return
	}
	each, err := cost.Mechanism{
		Noise:     cost.Gaussian{Sigma: cost.Fraction{Num: 16 * 4096, Den: 1}},
		Norm:      cost.Norm{L2Squared: 4096 * 4096},
		Adjacency: limit.Adjacency,
	}.Cost()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(book.Check(each, 60))
	if book, _, err = book.Reserve(7, "update", each, 50); err != nil {
		fmt.Println(err)
		return
	}
	book, rows, err := book.Charge(7, "update", 1)
	fmt.Println(rows[0].Entry, rows[0].Each.Rho, err)
	book, rows, err = book.Charge(7, "update", 1) // the same release again
	fmt.Println(len(rows), err)
	book, _, err = book.Release(7, "update")
	fmt.Println(book.Left(), "of", book.Limit, "is left", err)
	// Output:
	// privacy budget exhausted: 2 of epsilon 2 at delta 0.00001 (client, zero-out) is left, enough for 55 of 60 releases
	// charge 1953125 <nil>
	// 0 <nil>
	// 1.774017 of epsilon 2 at delta 0.00001 (client, zero-out) is left <nil>
}
