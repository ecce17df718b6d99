package spec

import "fmt"

// The words of aggregation.rule and of aggregation.optimiser.
const (
	RuleFedAvg = "fedavg"
	RuleMean   = "mean"

	ServerNone       = "none"
	ServerFedAvgM    = "fedavgm"
	ServerFedAdam    = "fedadam"
	ServerFedYogi    = "fedyogi"
	ServerFedAdagrad = "fedadagrad"
)

// Aggregation is how updates become the next model: a rule combines them into one, and the
// server's optimiser moves the model by the result.
type Aggregation struct {
	Rule      string `json:"rule" yaml:"rule"`             // one of [Rules]
	ScaleBits uint32 `json:"scale_bits" yaml:"scale_bits"` // an update value v is encoded as round(v * 2^ScaleBits)
	MaxWeight uint32 `json:"max_weight" yaml:"max_weight"` // most rows that count as the weight of an update; 0: twice the median claim
	Optimiser string `json:"optimiser" yaml:"optimiser"`   // one of [ServerOptimisers]
	Rate      PPM    `json:"rate" yaml:"rate"`             // the server's learning rate; 0 under ServerNone
	Momentum  PPM    `json:"momentum" yaml:"momentum"`     // beta 1 of the papers; 0 under ServerNone
	Tau       PPM    `json:"tau" yaml:"tau"`               // added to the divisor of the adaptive optimisers; 0 under the others
}

// Optimised reports whether the server's optimiser keeps a state from round to round.
func (a Aggregation) Optimised() bool { return a.Optimiser != ServerNone }

// Rules lists the words of aggregation.rule.
func Rules() []Word {
	return []Word{
		{RuleFedAvg, "weighs an update by its claimed samples (McMahan et al. 2017, algorithm 1)"},
		{RuleMean, "gives every update the weight 1"},
	}
}

// ServerOptimisers lists the words of aggregation.optimiser.
func ServerOptimisers() []Word {
	return []Word{
		{ServerNone, "adds the combined update to the model"},
		{ServerFedAvgM, "adds a decaying sum of the combined updates (Hsu et al. 2019, section 4.3)"},
		{ServerFedAdam, "scales each weight's step by a decaying mean of its squared updates (Reddi et al. 2021, algorithm 2, beta 2 of 0.99)"},
		{ServerFedYogi, "like fedadam, with a mean that moves by a hundredth of a square (Reddi et al. 2021, algorithm 2)"},
		{ServerFedAdagrad, "like fedadam, with the sum of all past squares (Reddi et al. 2021, algorithm 2)"},
	}
}

func (a Aggregation) validate() error {
	adaptive := a.Optimised() && a.Optimiser != ServerFedAvgM
	return first(
		check{"aggregation.rule", !known(Rules(), a.Rule), fmt.Sprintf("unknown rule %q: want %s", a.Rule, ChoiceOf(Rules()))},
		check{"aggregation.scale_bits", a.ScaleBits < 8 || a.ScaleBits > 30, "want 8 to 30"},
		check{"aggregation.max_weight", a.MaxWeight > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
		check{"aggregation.max_weight", a.Rule == RuleMean && a.MaxWeight > 1, "under the rule mean every weight is 1: leave it out"},
		check{"aggregation.optimiser", !known(ServerOptimisers(), a.Optimiser), fmt.Sprintf("unknown optimiser %q: want %s", a.Optimiser, ChoiceOf(ServerOptimisers()))},
		check{"aggregation.rate", !a.Optimised() && a.Rate > 0, "the optimiser none has no rate: leave it out, or choose another aggregation.optimiser"},
		check{"aggregation.rate", a.Optimised() && a.Rate == 0, fmt.Sprintf("missing or zero: %s needs a learning rate", a.Optimiser)},
		check{"aggregation.momentum", !a.Optimised() && a.Momentum > 0, "the optimiser none has no momentum: leave it out, or choose another aggregation.optimiser"},
		check{"aggregation.momentum", a.Optimiser == ServerFedAvgM && a.Momentum == 0, "missing or zero: fedavgm needs a momentum above 0 and below 1, such as 0.9"},
		check{"aggregation.momentum", a.Momentum >= One, "want less than 1"},
		check{"aggregation.tau", !adaptive && a.Tau > 0, "only fedadam, fedyogi and fedadagrad have it: leave it out"},
		check{"aggregation.tau", adaptive && a.Tau == 0, fmt.Sprintf("missing or zero: %s needs a value above zero, such as 0.001", a.Optimiser)},
	)
}
