package spec

import (
	"fmt"
	"math/bits"
)

// The words of training.schedule.kind.
const (
	ScheduleConstant = "constant"
	ScheduleStep     = "step"
	ScheduleCosine   = "cosine"
)

// Schedule says how the learning rate changes from round to round.
type Schedule struct {
	Kind   string `json:"kind" yaml:"kind"`                         // one of [Schedules]; empty: constant
	Warmup uint32 `json:"warmup,omitempty" yaml:"warmup,omitempty"` // first rounds, over which the rate grows in equal steps
	Every  uint32 `json:"every,omitempty" yaml:"every,omitempty"`   // only of ScheduleStep: rounds between two steps
	Factor PPM    `json:"factor,omitempty" yaml:"factor,omitempty"` // only of ScheduleStep: multiplies the rate at each step
}

// Schedules lists the words of training.schedule.kind.
func Schedules() []Word {
	return []Word{
		{ScheduleConstant, "never changes the rate"},
		{ScheduleStep, "multiplies the rate by `factor` once in `every` rounds"},
		{ScheduleCosine, "lowers the rate along half a cosine to near 0 in the last of `target.rounds` (Loshchilov and Hutter 2017, without restarts)"},
	}
}

// AtRound is the training of one round, in a task of so many target.rounds: t with the
// learning rate of that round, and without a schedule. The rate is computed with integers,
// so it is the same on every machine. It is at least 1 ppm.
//
// Rounds are counted by their numbers, from 1. In round r of a warm-up of w rounds the rate is
// r/(w+1) of the full rate; the schedule of the kind begins after the warm-up. Aborted rounds
// have numbers, too, so round numbers may exceed target.rounds: such rounds train with the
// rate of round target.rounds.
func (t Training) AtRound(round uint64, rounds uint32) Training {
	t.Rate, t.Schedule = t.Schedule.rate(t.Rate, round, rounds), Schedule{}
	return t
}

func (s Schedule) rate(whole PPM, round uint64, rounds uint32) PPM {
	if s == (Schedule{}) {
		return whole
	}
	part, warmup, last := full, uint64(s.Warmup), max(1, uint64(rounds))
	switch at := max(1, min(round, last)); {
	case at <= warmup:
		part = times(full, at, warmup+1)
	case s.Kind == ScheduleStep:
		part = power(times(full, uint64(s.Factor), uint64(One)), (at-warmup-1)/max(1, uint64(s.Every)))
	case s.Kind == ScheduleCosine:
		part = halfCosine(at-warmup-1, last-warmup)
	}
	return PPM(max(1, (times(part, uint64(whole)<<1, full)+1)>>1)) // to the nearest
}

// full is 1 in fixed point: parts of a rate are computed in steps of 2^-60.
const full = uint64(1) << 60

// times is a*b/c, rounded down. The result must fit into 64 bits.
func times(a, b, c uint64) uint64 {
	high, low := bits.Mul64(a, b)
	quotient, _ := bits.Div64(high, low, c)
	return quotient
}

// power is a fixed-point number of at most 1 multiplied by itself n times.
func power(a, n uint64) uint64 {
	p := full
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			p = times(p, a, full)
		}
		a = times(a, a, full)
	}
	return p
}

// halfCosine is (1 + cos(pi n/d))/2, which is the square of cos(pi n/2d), for n below d. The
// cosine is its Taylor series, whose 12th term is below 1e-19 for every angle up to pi/2.
func halfCosine(n, d uint64) uint64 {
	const halfPi = 1811004864519280711 // pi/2, of which full is 1
	angle := times(halfPi, n, d)
	square, term, cosine := times(angle, angle, full), full, int64(full)
	for k := uint64(1); k <= 12; k++ {
		term = times(term, square, full) / ((2*k - 1) * 2 * k)
		if k%2 == 1 {
			cosine -= int64(term)
		} else {
			cosine += int64(term)
		}
	}
	return times(uint64(max(0, cosine)), uint64(max(0, cosine)), full)
}

func (s Schedule) validate() error {
	step := s.Kind == ScheduleStep
	return first(
		check{"training.schedule.kind", s.Kind != "" && !known(Schedules(), s.Kind), fmt.Sprintf("unknown kind %q: want %s", s.Kind, ChoiceOf(Schedules()))},
		check{"training.schedule.warmup", s.Warmup > MaxRounds, fmt.Sprintf("want at most %d rounds", MaxRounds)},
		check{"training.schedule.every", step && (s.Every == 0 || s.Every > MaxRounds), fmt.Sprintf("want 1 to %d rounds", MaxRounds)},
		check{"training.schedule.every", !step && s.Every > 0, "only the kind step has it: leave it out"},
		check{"training.schedule.factor", step && (s.Factor == 0 || s.Factor > One), "want the factor of the rate at each step, above 0 and at most 1, such as 0.5"},
		check{"training.schedule.factor", !step && s.Factor > 0, "only the kind step has it: leave it out"},
	)
}
