package taskpb

import (
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// TaskSpecFromSpec is the wire form of a task file.
func TaskSpecFromSpec(s spec.TaskSpec) TaskSpec {
	return TaskSpec{
		Version:     s.Version,
		Name:        s.Name,
		Model:       ModelFromSpec(s.Model),
		Data:        dataFromSpec(s.Data),
		Training:    trainingFromSpec(s.Training),
		Aggregation: aggregationFromSpec(s.Aggregation),
		Selection: Selection{
			Rule: s.Selection.Rule, Trainers: s.Selection.Trainers, MinTrainers: s.Selection.MinTrainers,
			Aggregators: s.Selection.Aggregators, Evaluators: s.Selection.Evaluators,
			Patience:    uint32(s.Selection.Patience),
			MinAccuracy: uint32(s.Selection.MinAccuracy), MinStake: s.Selection.MinStake,
			Resources: nodepb.ResourcesFromSpec(s.Selection.Resources), Owners: s.Selection.Owners, Capability: s.Selection.Capability,
		},
		Privacy: Privacy{
			Mode: s.Privacy.Mode, Kind: s.Privacy.Kind, Clip: uint32(s.Privacy.Clip), Noise: uint32(s.Privacy.Noise),
			Rate: uint32(s.Privacy.Rate), Steps: s.Privacy.Steps, Divisor: s.Privacy.Divisor,
			Unit: s.Privacy.Unit, Corrupt: s.Privacy.Corrupt,
		},
		Target: Target{Accuracy: uint32(s.Target.Accuracy), Rounds: s.Target.Rounds, Patience: s.Target.Patience},
		Escrow: s.Escrow,
		Deadlines: Deadlines{
			Select: int64(s.Deadlines.Select), Train: int64(s.Deadlines.Train), Attest: int64(s.Deadlines.Attest),
			Aggregate: int64(s.Deadlines.Aggregate), Evaluate: int64(s.Deadlines.Evaluate),
		},
		Overlap:  s.Overlap,
		Retries:  s.Retries,
		Retain:   int64(s.Retain),
		Audit:    s.Audit,
		Governed: s.Governed,
		Line:     s.Line,
	}
}

// ToSpec is the task file in plain types.
func (m *TaskSpec) ToSpec() spec.TaskSpec {
	return spec.TaskSpec{
		Version:     m.Version,
		Name:        m.Name,
		Model:       m.Model.ToSpec(),
		Data:        m.Data.toSpec(),
		Training:    m.Training.toSpec(),
		Aggregation: m.Aggregation.toSpec(),
		Selection: spec.Selection{
			Rule: m.Selection.Rule, Trainers: m.Selection.Trainers, MinTrainers: m.Selection.MinTrainers,
			Aggregators: m.Selection.Aggregators, Evaluators: m.Selection.Evaluators,
			Patience:    spec.PPM(m.Selection.Patience),
			MinAccuracy: spec.PPM(m.Selection.MinAccuracy), MinStake: m.Selection.MinStake,
			Resources: m.Selection.Resources.ToSpec(), Owners: m.Selection.Owners, Capability: m.Selection.Capability,
		},
		Privacy: spec.Privacy{
			Mode: m.Privacy.Mode, Kind: m.Privacy.Kind, Clip: spec.PPM(m.Privacy.Clip), Noise: spec.PPM(m.Privacy.Noise),
			Rate: spec.PPM(m.Privacy.Rate), Steps: m.Privacy.Steps, Divisor: m.Privacy.Divisor,
			Unit: m.Privacy.Unit, Corrupt: m.Privacy.Corrupt,
		},
		Target: spec.Target{Accuracy: spec.PPM(m.Target.Accuracy), Rounds: m.Target.Rounds, Patience: m.Target.Patience},
		Escrow: m.Escrow,
		Deadlines: spec.Deadlines{
			Select: spec.Duration(m.Deadlines.Select), Train: spec.Duration(m.Deadlines.Train), Attest: spec.Duration(m.Deadlines.Attest),
			Aggregate: spec.Duration(m.Deadlines.Aggregate), Evaluate: spec.Duration(m.Deadlines.Evaluate),
		},
		Overlap:  m.Overlap,
		Retries:  m.Retries,
		Retain:   spec.Duration(m.Retain),
		Audit:    m.Audit,
		Governed: m.Governed,
		Line:     m.Line,
	}
}

func trainingFromSpec(t spec.Training) Training {
	return Training{
		Optimiser: t.Optimiser, Batch: t.Batch,
		Epochs: t.Epochs, Rate: uint32(t.Rate),
		Momentum: uint32(t.Momentum), WeightDecay: uint32(t.WeightDecay),
		Proximal: uint32(t.Proximal), Clip: uint32(t.Clip), Arithmetic: t.Arithmetic,
		Schedule: scheduleFromSpec(t.Schedule),
	}
}

func (m *Training) toSpec() spec.Training {
	return spec.Training{
		Optimiser: m.Optimiser, Batch: m.Batch,
		Epochs: m.Epochs, Rate: spec.PPM(m.Rate),
		Momentum: spec.PPM(m.Momentum), WeightDecay: spec.PPM(m.WeightDecay),
		Proximal: spec.PPM(m.Proximal), Clip: spec.PPM(m.Clip), Arithmetic: m.Arithmetic,
		Schedule: m.Schedule.toSpec(),
	}
}

func scheduleFromSpec(s spec.Schedule) *Schedule {
	if s == (spec.Schedule{}) {
		return nil
	}
	return &Schedule{Kind: s.Kind, Warmup: s.Warmup, Every: s.Every, Factor: uint32(s.Factor)}
}

func (m *Schedule) toSpec() spec.Schedule {
	if m == nil {
		return spec.Schedule{}
	}
	return spec.Schedule{Kind: m.Kind, Warmup: m.Warmup, Every: m.Every, Factor: spec.PPM(m.Factor)}
}

func aggregationFromSpec(a spec.Aggregation) Aggregation {
	return Aggregation{
		Rule: a.Rule, ScaleBits: a.ScaleBits, MaxWeight: a.MaxWeight,
		Optimiser: a.Optimiser, Rate: uint32(a.Rate),
		Momentum: uint32(a.Momentum), Tau: uint32(a.Tau),
	}
}

func (m *Aggregation) toSpec() spec.Aggregation {
	return spec.Aggregation{
		Rule: m.Rule, ScaleBits: m.ScaleBits, MaxWeight: m.MaxWeight,
		Optimiser: m.Optimiser, Rate: spec.PPM(m.Rate),
		Momentum: spec.PPM(m.Momentum), Tau: spec.PPM(m.Tau),
	}
}
