package account_test

import (
	"testing"

	"github.com/althing-network/althing/privacy/account"
)

func BenchmarkEpsilon(b *testing.B) {
	for name, p := range map[string]account.Plan{
		"dpsgd":   dpsgd(2250, 0.04, 1.5),
		"small":   dpsgd(6000, 0.0025, 1.3),
		"laplace": steps(100, account.Laplace{Epsilon: 0.1}, account.Sampling{}),
		"long":    dpsgd(10_000, 0.01, 4),
		"one":     steps(1, account.Laplace{Epsilon: 0.1}, account.Sampling{}),
	} {
		for _, a := range []account.Accountant{account.RDP, account.PLD} {
			b.Run(name+"/"+string(a), func(b *testing.B) {
				for b.Loop() {
					if _, err := p.EpsilonBy(a, 1e-5); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
