package role_test

import (
	"testing"

	"github.com/althing-network/althing/role/roletest"
	"github.com/althing-network/althing/spec"
)

// TestTrainersDoWhatTheTaskSays: each field of a task's training reaches the
// trainers, and leads to a model of its own that is no worse than a guess.
func TestTrainersDoWhatTheTaskSays(t *testing.T) {
	models := map[spec.Digest]string{}
	for name, change := range map[string]func(*spec.Training){
		"sgd":          func(*spec.Training) {},
		"momentum":     func(s *spec.Training) { s.Optimiser, s.Momentum = spec.OptimiserMomentum, 500_000 },
		"nesterov":     func(s *spec.Training) { s.Optimiser, s.Momentum = spec.OptimiserNesterov, 500_000 },
		"adam":         func(s *spec.Training) { s.Optimiser, s.Momentum, s.Rate = spec.OptimiserAdam, 900_000, 10_000 },
		"weight decay": func(s *spec.Training) { s.WeightDecay = 10_000 },
		"fedprox":      func(s *spec.Training) { s.Proximal = 100_000 },
		"clip":         func(s *spec.Training) { s.Clip = 500_000 },
	} {
		n := roletest.Digits(t, 2)
		rules := roletest.DigitsTask(1)
		change(&rules.Training)
		if err := rules.Validate(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n.Create(rules)
		task := n.Finish(1)
		wantNoErrors(t, n)
		if rounds(t, n)[0].Score < 300_000 {
			t.Errorf("%s: score %s", name, task.Score)
		}
		if other, same := models[task.Model]; same {
			t.Errorf("%s and %s lead to one model", name, other)
		}
		models[task.Model] = name
	}
}

// TestFusedTraining: a task may trade equal bits for speed; it settles all the same.
func TestFusedTraining(t *testing.T) {
	n := roletest.Digits(t, 2)
	rules := roletest.DigitsTask(2)
	rules.Training.Arithmetic = spec.ArithmeticFused
	n.Create(rules)
	n.Finish(1)
	wantNoErrors(t, n)
	if all := rounds(t, n); all[1].Score < 700_000 {
		t.Errorf("score %s", all[1].Score)
	}
}
