package spec_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/althing-network/althing/spec"
)

// TestScheduleByHand: the rates of short schedules, worked out by hand.
func TestScheduleByHand(t *testing.T) {
	for name, c := range map[string]struct {
		spec.Schedule
		rounds uint32
		want   []spec.PPM // rates of the rounds from 1 on; the full rate is 0.1
	}{
		"none":             {spec.Schedule{}, 3, []spec.PPM{100_000, 100_000, 100_000, 100_000}},
		"constant":         {spec.Schedule{Kind: spec.ScheduleConstant}, 3, []spec.PPM{100_000, 100_000, 100_000}},
		"step":             {spec.Schedule{Kind: spec.ScheduleStep, Every: 2, Factor: spec.One / 2}, 5, []spec.PPM{100_000, 100_000, 50_000, 50_000, 25_000, 25_000}},
		"step of 1":        {spec.Schedule{Kind: spec.ScheduleStep, Every: 1, Factor: spec.One}, 2, []spec.PPM{100_000, 100_000}},
		"cosine":           {spec.Schedule{Kind: spec.ScheduleCosine}, 4, []spec.PPM{100_000, 85_355, 50_000, 14_645, 14_645, 14_645}}, // (2 + sqrt 2)/4, 1/2, (2 - sqrt 2)/4
		"cosine once":      {spec.Schedule{Kind: spec.ScheduleCosine}, 1, []spec.PPM{100_000, 100_000}},
		"warm-up":          {spec.Schedule{Warmup: 3}, 6, []spec.PPM{25_000, 50_000, 75_000, 100_000, 100_000}},
		"warm-up of one":   {spec.Schedule{Warmup: 1}, 3, []spec.PPM{50_000, 100_000, 100_000}},
		"warm-up, cosine":  {spec.Schedule{Kind: spec.ScheduleCosine, Warmup: 1}, 5, []spec.PPM{50_000, 100_000, 85_355, 50_000, 14_645}},
		"warm-up, step":    {spec.Schedule{Kind: spec.ScheduleStep, Every: 1, Factor: spec.One / 10, Warmup: 1}, 4, []spec.PPM{50_000, 100_000, 10_000, 1_000}},
		"to the smallest":  {spec.Schedule{Kind: spec.ScheduleStep, Every: 1, Factor: 1}, 4, []spec.PPM{100_000, 1, 1, 1}},
		"rounds not known": {spec.Schedule{Kind: spec.ScheduleCosine}, 0, []spec.PPM{100_000, 100_000}},
	} {
		asked := spec.Training{Optimiser: spec.OptimiserSGD, Batch: 7, Epochs: 2, Rate: 100_000, Proximal: 5, Schedule: c.Schedule}
		for i, rate := range c.want {
			want := asked
			want.Rate, want.Schedule = rate, spec.Schedule{}
			if got := asked.AtRound(uint64(i+1), c.rounds); got != want {
				t.Errorf("%s: round %d of %d: got %+v, want %+v", name, i+1, c.rounds, got, want)
			}
		}
	}
}

// TestScheduleIsTheTrueOne: for every schedule that a task may have, the integer rates are within 1 ppm of
// the rates in floating point, and never 0.
func TestScheduleIsTheTrueOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds := rapid.Uint32Range(1, spec.MaxRounds).Draw(t, "rounds")
		asked := spec.Training{
			Rate: spec.PPM(rapid.Uint32Min(1).Draw(t, "rate")),
			Schedule: spec.Schedule{
				Kind:   rapid.SampledFrom([]string{"", spec.ScheduleConstant, spec.ScheduleStep, spec.ScheduleCosine}).Draw(t, "kind"),
				Warmup: rapid.Uint32Range(0, rounds-1).Draw(t, "warmup"),
			},
		}
		if asked.Schedule.Kind == spec.ScheduleStep {
			asked.Schedule.Every = rapid.Uint32Range(1, spec.MaxRounds).Draw(t, "every")
			asked.Schedule.Factor = spec.PPM(rapid.Uint32Range(1, uint32(spec.One)).Draw(t, "factor"))
		}
		round := rapid.Uint64().Draw(t, "round")
		if rapid.Bool().Draw(t, "within") {
			round = rapid.Uint64Range(1, uint64(rounds)).Draw(t, "of the task")
		}
		at, warmup := float64(max(1, min(round, uint64(rounds)))), float64(asked.Schedule.Warmup)
		want := float64(asked.Rate)
		switch {
		case at <= warmup:
			want *= at / (warmup + 1)
		case asked.Schedule.Kind == spec.ScheduleStep:
			want *= math.Pow(float64(asked.Schedule.Factor)/float64(spec.One), math.Floor((at-warmup-1)/float64(asked.Schedule.Every)))
		case asked.Schedule.Kind == spec.ScheduleCosine:
			want *= (1 + math.Cos(math.Pi*(at-warmup-1)/(float64(rounds)-warmup))) / 2
		}
		got := asked.AtRound(round, rounds)
		if got.Rate == 0 || got.Rate > asked.Rate || math.Abs(float64(got.Rate)-max(1, want)) > 1 {
			t.Errorf("%+v in round %d of %d: got %d ppm, want %f", asked, round, rounds, got.Rate, want)
		}
		if again := got.AtRound(round, rounds); again != got {
			t.Errorf("applied twice: %+v, then %+v", got, again)
		}
	})
}

// TestScheduleFallsEvenly: a cosine never grows, and a warm-up never falls.
func TestScheduleFallsEvenly(t *testing.T) {
	asked := spec.Training{Rate: spec.One, Schedule: spec.Schedule{Kind: spec.ScheduleCosine, Warmup: 100}}
	for round := uint64(2); round <= 5000; round++ {
		before, now := asked.AtRound(round-1, 5000).Rate, asked.AtRound(round, 5000).Rate
		if round <= 101 && now <= before || round > 101 && now > before {
			t.Fatalf("round %d: %d ppm after %d", round, now, before)
		}
	}
}
