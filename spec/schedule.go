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
	Warmup uint32 `json:"warmup,omitempty" yaml:"warmup,omitempty"` // rounds with less than the whole rate, which grows over them in equal steps
	Every  uint32 `json:"every,omitempty" yaml:"every,omitempty"`   // of ScheduleStep: rounds between two steps
	Factor PPM    `json:"factor,omitempty" yaml:"factor,omitempty"` // of ScheduleStep: what each step multiplies the rate by
}

// Schedules lists the words of training.schedule.kind.
func Schedules() []Word {
	return []Word{
		{ScheduleConstant, "keeps the rate"},
		{ScheduleStep, "multiplies the rate by `factor` after every so many rounds"},
		{ScheduleCosine, "lowers the rate along half a cosine to near 0 in the last of `target.rounds` (Loshchilov and Hutter 2017, without restarts)"},
	}
}

// AtRound is what a trainer does in one round of a task that has so many rounds at most: the
// same with the rate of that round, and without a schedule. Everybody computes the same
// rate, because it is made of integers alone. It is 1 ppm at least.
//
// Rounds are counted by their numbers, from 1. The warm-up comes first: in round r of w
// the rate is r/(w+1) of the whole. What the kind says begins behind it. Aborted rounds
// have numbers too, so a task may have more rounds than that many; those behind the last
// one train as the last one does.
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

// full is 1 in the fixed point in which parts of a rate are computed.
const full = uint64(1) << 60

// times is a*b/c, rounded down, where it fits into 64 bits.
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
		check{"training.schedule.kind", s.Kind != "" && !known(Schedules(), s.Kind), fmt.Sprintf("unknown kind %q: want %s", s.Kind, choice(Schedules()))},
		check{"training.schedule.warmup", s.Warmup > MaxRounds, fmt.Sprintf("want at most %d rounds", MaxRounds)},
		check{"training.schedule.every", step && (s.Every == 0 || s.Every > MaxRounds), fmt.Sprintf("want 1 to %d rounds", MaxRounds)},
		check{"training.schedule.every", !step && s.Every > 0, "only the kind step has it: leave it out"},
		check{"training.schedule.factor", step && (s.Factor == 0 || s.Factor > One), "want what each step multiplies the rate by, above 0 and at most 1, as 0.5"},
		check{"training.schedule.factor", !step && s.Factor > 0, "only the kind step has it: leave it out"},
	)
}
