package train_test

import (
	"bytes"
	"context"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/privacy"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// One trainer trains for two epochs on the digits, of which a quarter is held out. The same
// job gives the same weights, bit for bit, on every machine.
func Example() {
	digits, err := data.Digits()
	if err != nil {
		fmt.Println(err)
		return
	}
	rows, holdout, err := data.Holdout(digits, 250_000, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	weights, err := model.Init(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	job := train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 100, Epochs: 2, Rate: 100_000}, // 0.1
		Weights:  weights,
		Table:    rows,
	}

	engine := train.Engine{}
	result, err := engine.Train(context.Background(), job, func(done, total int) {
		if done%10 == 0 {
			fmt.Println("step", done, "of", total)
		}
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	before, _ := engine.Evaluate(context.Background(), m, weights, holdout) // Train has validated the model
	after, err := engine.Evaluate(context.Background(), m, result.Weights, holdout)
	fmt.Println("before:", before.Correct, "of", before.Samples, "rows are right")
	fmt.Println("after:", after.Correct, "of", after.Samples, "rows are right", err)
	// Output:
	// step 10 of 28
	// step 20 of 28
	// before: 45 of 451 rows are right
	// after: 383 of 451 rows are right <nil>
}

// In a private job the engine hands each row's gradient to a [privacy.SampledSum], which
// clips it, sums it and adds noise. The optimiser sees only the noisy sums.
func ExamplePrivate() {
	digits, err := data.Digits()
	if err != nil {
		fmt.Println(err)
		return
	}
	m := spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	weights, err := model.Init(m)
	if err != nil {
		fmt.Println(err)
		return
	}

	const bits = 12 // a gradient's 1 is 2^12 = 4096 quanta
	plan := privacy.Sampled{
		Examples: privacy.Examples{
			Values: len(weights), Bits: bits, Rows: 10_000,
			Bound: privacy.Bound{Norm: privacy.L2, Limit: 4096 * 4096}, // a norm of 1
			Noise: privacy.RoundedGaussian{Sigma: privacy.Ratio{Num: 2 * 4096, Den: 1}},
		},
		Rate:    100_000, // each row is drawn with a chance of 0.1
		Divisor: 180,     // about as many rows as are drawn
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
	private, err := plan.Begin(noise, stream)
	if err != nil {
		fmt.Println(err)
		return
	}

	result, err := train.Engine{}.Train(context.Background(), train.Job{
		Model:    m,
		Training: spec.Training{Optimiser: spec.OptimiserSGD, Batch: 100, Epochs: 1, Rate: 500_000},
		Weights:  weights,
		Table:    digits,
		Private:  private,
		Steps:    20,
	}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("samples and loss stay secret:", result.Samples, result.Loss)
	evaluation, err := train.Engine{}.Evaluate(context.Background(), m, result.Weights, digits)
	fmt.Println(evaluation.Correct, "of", evaluation.Samples, "rows are right", err)
	// Output:
	// samples and loss stay secret: 0 0
	// 1318 of 1797 rows are right <nil>
}
