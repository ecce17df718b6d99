package account_test

import (
	"fmt"

	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
)

// 2250 steps, each with Gaussian noise of 1.5 times the bound on what one row adds, over
// a secret sample of every 25th row.
func ExamplePlan() {
	p := account.Plan{Unit: cost.Example, Adjacency: cost.ZeroOut, Parts: []account.Part{{
		Mechanism: account.Gaussian{Noise: 1.5}, Sampling: account.Poisson(0.04), Steps: 2250,
	}}}
	best, _ := p.Epsilon(1e-5)
	fmt.Println(best.Accountant, fmt.Sprintf("%.2f", best.Epsilon))

	_, err := p.EpsilonBy(account.Basic, 1e-5)
	fmt.Println(err)

	quieter, _, _ := p.CalibrateBy(account.RDP, 2, 1e-5)
	fmt.Printf("%.2f\n", quieter.Parts[0].Mechanism.(account.Gaussian).Noise)
	// Output:
	// pld 6.77
	// the accountant is not sound for this plan: basic adds up pure epsilons: gaussian with noise 1.5 has none; sound for it: rdp, pld
	// 4.18
}
