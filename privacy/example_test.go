package privacy_test

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/privacy/cost"
)

// An owner releases a noisy sum over its rows. Each row's vector is rounded to integers and
// clipped by itself; the integers are summed and integer noise is added; only then is the sum
// scaled back to floats.
func Example() {
	plan := privacy.Sampled{
		Examples: privacy.Examples{
			Values: 2,
			Bits:   10,                                                  // a 1 is 2^10 = 1024 quanta
			Bound:  privacy.Bound{Norm: privacy.L2, Limit: 1024 * 1024}, // of one row: a norm of 1
			Rows:   1_000,                                               // at most, in any data set
			Noise:  privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 4 * 1024, Den: 1}},
		},
		Rate:    1_000_000, // every row takes part
		Divisor: 1,
	}
	noise, err := privacy.SamplerOf(plan.Noise, uint64(plan.Values))
	if err != nil {
		fmt.Println(err)
		return
	}
	stream, err := privacy.NewStream(bytes.NewReader(make([]byte, 32))) // crypto/rand.Reader in earnest
	if err != nil {
		fmt.Println(err)
		return
	}
	sum, err := plan.Begin(noise, stream)
	if err != nil {
		fmt.Println(err)
		return
	}

	rows := slices.Repeat([][]float32{{0.5, 0.25}, {300, 400}}, 100) // every second row is clipped to {0.6, 0.8}
	for _, row := range sum.Sample(len(rows)) {
		sum.Add(rows[row])
	}
	released := make([]float32, plan.Values)
	if err := sum.Release(released); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the sum is about [110 105]; released:", released)

	release, _ := plan.Release() // Begin has validated the plan
	limit := cost.Limit{Unit: cost.Example, Adjacency: cost.ZeroOut, Epsilon: 3 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	spent, err := limit.Cost(release)
	if err != nil {
		fmt.Println(err)
		return
	}
	left, _ := limit.Left(spent)
	fmt.Println("left:", left, "of", limit)
	// Output:
	// the sum is about [110 105]; released: [113.41113 104.5957]
	// left: 1.987449 of epsilon 3 at delta 0.00001 (example, zero-out)
}

// A vector of integers is shortened until its norm is within the bound. Values are rounded
// towards zero, so rounding never makes the vector longer than the bound.
func ExampleBound_Clip() {
	bound := privacy.Bound{Norm: privacy.L2, Limit: 10 * 10}
	values := []int64{-30, 40}
	err := bound.Clip(values)
	fmt.Println(values, bound.Holds(values), err)
	fmt.Println("squared distance of two sums that differ in one vector:", bound.Sensitivity(cost.ReplaceOne), "at most")
	// Output:
	// [-5 7] true <nil>
	// squared distance of two sums that differ in one vector: 400 at most
}

// Each of five parties adds one share of the noise to its own sum. A share alone protects
// little. The five shares add up to Skellam noise of the whole variance, exactly.
func ExampleShared() {
	plan := privacy.Shared{Examples: privacy.Examples{
		Values: 1, Bits: 4, Rows: 100,
		Bound: privacy.Bound{Norm: privacy.L2, Limit: 16 * 16},
		Noise: privacy.Skellam{Variance: 64 * 64, Shares: 5},
	}}
	noise, err := privacy.SamplerOf(plan.Noise, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	total := int32(0)
	for party := range 5 {
		seed := bytes.Repeat([]byte{byte(party)}, 32) // random in earnest
		stream, err := privacy.NewStream(bytes.NewReader(seed))
		if err != nil {
			fmt.Println(err)
			return
		}
		update, err := plan.Sum(noise, stream, func(add func(gradient []float32)) error {
			add([]float32{0.5}) // each party has two rows
			add([]float32{1})
			return nil
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		total += update[0]
	}
	fmt.Println("the sum of all rows is", 5*(8+16), "quanta; with noise it is", total)
	// Output:
	// the sum of all rows is 120 quanta; with noise it is 118
}
