package spec

import (
	"fmt"
	"slices"
)

// Aggregation is how updates become the next model: a rule combines them into
// one, and the server's optimiser moves the model by it.
type Aggregation struct {
	Rule      string `json:"rule" yaml:"rule"`             // RuleFedAvg or RuleMean
	ScaleBits uint32 `json:"scale_bits" yaml:"scale_bits"` // an update value v travels as round(v * 2^ScaleBits)
	MaxWeight uint32 `json:"max_weight" yaml:"max_weight"` // 0: twice the median claim
	Optimiser string `json:"optimiser" yaml:"optimiser"`   // ServerNone ...
	Rate      PPM    `json:"rate" yaml:"rate"`             // the server's learning rate; not of ServerNone
	Momentum  PPM    `json:"momentum" yaml:"momentum"`     // beta 1 of the papers; not of ServerNone
	Tau       PPM    `json:"tau" yaml:"tau"`               // the floor of the adaptive ones' divisor; of none else
}

// Optimised reports whether the server's optimiser remembers something from one
// round to the next.
func (a Aggregation) Optimised() bool { return a.Optimiser != ServerNone }

func servers() []string {
	return []string{ServerNone, ServerFedAvgM, ServerFedAdam, ServerFedYogi, ServerFedAdagrad}
}

func (a Aggregation) validate() error {
	adaptive := a.Optimised() && a.Optimiser != ServerFedAvgM
	return first(
		check{"aggregation.rule", a.Rule != RuleFedAvg && a.Rule != RuleMean, fmt.Sprintf("unknown rule %q: want fedavg or mean", a.Rule)},
		check{"aggregation.scale_bits", a.ScaleBits < 8 || a.ScaleBits > 30, "want 8 to 30"},
		check{"aggregation.max_weight", a.MaxWeight > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
		check{"aggregation.max_weight", a.Rule == RuleMean && a.MaxWeight > 1, "every weight is 1 under the rule mean: leave it out"},
		check{"aggregation.optimiser", !slices.Contains(servers(), a.Optimiser), fmt.Sprintf("unknown optimiser %q: want none, fedavgm, fedadam, fedyogi or fedadagrad", a.Optimiser)},
		check{"aggregation.rate", !a.Optimised() && a.Rate > 0, "the mean is added as it is: leave it out, or ask for an optimiser"},
		check{"aggregation.rate", a.Optimised() && a.Rate == 0, fmt.Sprintf("missing or zero: %s wants a learning rate", a.Optimiser)},
		check{"aggregation.momentum", !a.Optimised() && a.Momentum > 0, "the mean is added as it is: leave it out, or ask for an optimiser"},
		check{"aggregation.momentum", a.Optimiser == ServerFedAvgM && a.Momentum == 0, "missing or zero: fedavgm wants it above 0 and below 1, as 0.9"},
		check{"aggregation.momentum", a.Momentum >= One, "want less than 1"},
		check{"aggregation.tau", !adaptive && a.Tau > 0, "for fedadam, fedyogi and fedadagrad only: leave it out"},
		check{"aggregation.tau", adaptive && a.Tau == 0, fmt.Sprintf("missing or zero: %s wants it above zero, as 0.001", a.Optimiser)},
	)
}
