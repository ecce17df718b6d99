package spec

import "fmt"

// The words of training.optimiser and of training.arithmetic.
const (
	OptimiserSGD      = "sgd"
	OptimiserMomentum = "momentum"
	OptimiserNesterov = "nesterov"
	OptimiserAdam     = "adam"

	ArithmeticStrict = "strict"
	ArithmeticFused  = "fused"
)

// Training is what a trainer does with its rows in one round. The state of the optimiser is
// not kept from round to round.
type Training struct {
	Optimiser   string `json:"optimiser" yaml:"optimiser"` // one of [Optimisers]
	Batch       uint32 `json:"batch" yaml:"batch"`
	Epochs      uint32 `json:"epochs" yaml:"epochs"`
	Rate        PPM    `json:"rate" yaml:"rate"`                 // learning rate
	Momentum    PPM    `json:"momentum" yaml:"momentum"`         // decay of the mean of past gradients; 0 under OptimiserSGD
	WeightDecay PPM    `json:"weight_decay" yaml:"weight_decay"` // factor of the weights that is added to the gradient: an L2 penalty
	Proximal    PPM    `json:"proximal" yaml:"proximal"`         // mu of FedProx (Li et al. 2020, section 3.2): factor of the movement of the weights in this round that is added to the gradient
	Clip        PPM    `json:"clip" yaml:"clip"`                 // largest L2 norm of one row's gradient; 0: unlimited
	Arithmetic  string `json:"arithmetic" yaml:"arithmetic"`     // one of [Arithmetics]
	// Schedule says how the rate changes from round to round. The zero Schedule never does.
	Schedule Schedule `json:"schedule,omitzero" yaml:"schedule,omitempty"`
}

// Optimisers lists the words of training.optimiser.
func Optimisers() []Word {
	return []Word{
		{OptimiserSGD, "minibatch stochastic gradient descent"},
		{OptimiserMomentum, "moves by a decaying sum of gradients (Polyak 1964)"},
		{OptimiserNesterov, "like momentum, with the gradient one step ahead on that sum (Sutskever et al. 2013, section 2)"},
		{OptimiserAdam, "scales each weight's step by its past gradients (Kingma and Ba 2015, algorithm 1, beta 2 of 0.999 and epsilon of 1e-8)"},
	}
}

// Arithmetics lists the words of training.arithmetic.
func Arithmetics() []Word {
	return []Word{
		{ArithmeticStrict, "multiplies, then adds: every machine finds the same bits, so a training can be repeated and compared"},
		{ArithmeticFused, "multiplies and adds with one rounding where the processor can, which is faster"},
	}
}

// Validate reports the first mistake, as a [*FieldError].
func (t Training) Validate() error { return t.validate() }

func (t Training) validate() error {
	if err := first(
		check{"training.optimiser", !known(Optimisers(), t.Optimiser), fmt.Sprintf("unknown optimiser %q: want %s", t.Optimiser, ChoiceOf(Optimisers()))},
		check{"training.batch", t.Batch == 0 || t.Batch > MaxWidth, fmt.Sprintf("want 1 to %d rows", MaxWidth)},
		check{"training.epochs", t.Epochs == 0 || t.Epochs > MaxRounds, fmt.Sprintf("want 1 to %d", MaxRounds)},
		check{"training.rate", t.Rate == 0, "missing or zero: want a learning rate above zero"},
		check{"training.momentum", t.Optimiser == OptimiserSGD && t.Momentum > 0, "sgd has no momentum: leave it out, or ask for the optimiser momentum or nesterov"},
		check{"training.momentum", t.Optimiser != OptimiserSGD && (t.Momentum == 0 || t.Momentum >= One), fmt.Sprintf("%s needs a momentum above 0 and below 1, such as 0.9", t.Optimiser)},
		check{"training.arithmetic", !known(Arithmetics(), t.Arithmetic), fmt.Sprintf("unknown arithmetic %q: want %s", t.Arithmetic, ChoiceOf(Arithmetics()))},
	); err != nil {
		return err
	}
	return t.Schedule.validate()
}
