package taskpb

import (
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/spec"
)

// TaskSpecFromSpec is the wire form of a task file.
func TaskSpecFromSpec(s spec.TaskSpec) TaskSpec {
	return TaskSpec{
		Version: s.Version,
		Name:    s.Name,
		Model:   ModelFromSpec(s.Model),
		Data:    Data{Name: s.Data.Name, MinSamples: s.Data.MinSamples},
		Training: Training{
			Optimiser: s.Training.Optimiser, Batch: s.Training.Batch,
			Epochs: s.Training.Epochs, Rate: uint32(s.Training.Rate),
			Momentum: uint32(s.Training.Momentum), WeightDecay: uint32(s.Training.WeightDecay),
			Proximal: uint32(s.Training.Proximal), Clip: uint32(s.Training.Clip), Arithmetic: s.Training.Arithmetic,
		},
		Aggregation: Aggregation{
			Rule: s.Aggregation.Rule, ScaleBits: s.Aggregation.ScaleBits, MaxWeight: s.Aggregation.MaxWeight,
			Optimiser: s.Aggregation.Optimiser, Rate: uint32(s.Aggregation.Rate),
			Momentum: uint32(s.Aggregation.Momentum), Tau: uint32(s.Aggregation.Tau),
		},
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
		Target: Target{Accuracy: uint32(s.Target.Accuracy), Rounds: s.Target.Rounds},
		Escrow: s.Escrow,
		Deadlines: Deadlines{
			Select: int64(s.Deadlines.Select), Train: int64(s.Deadlines.Train), Attest: int64(s.Deadlines.Attest),
			Aggregate: int64(s.Deadlines.Aggregate), Evaluate: int64(s.Deadlines.Evaluate),
		},
		Overlap: s.Overlap,
		Retries: s.Retries,
		Retain:  int64(s.Retain),
		Audit:   s.Audit,
	}
}

// ToSpec is the task file in plain types.
func (m *TaskSpec) ToSpec() spec.TaskSpec {
	return spec.TaskSpec{
		Version: m.Version,
		Name:    m.Name,
		Model:   m.Model.ToSpec(),
		Data:    spec.Data{Name: m.Data.Name, MinSamples: m.Data.MinSamples},
		Training: spec.Training{
			Optimiser: m.Training.Optimiser, Batch: m.Training.Batch,
			Epochs: m.Training.Epochs, Rate: spec.PPM(m.Training.Rate),
			Momentum: spec.PPM(m.Training.Momentum), WeightDecay: spec.PPM(m.Training.WeightDecay),
			Proximal: spec.PPM(m.Training.Proximal), Clip: spec.PPM(m.Training.Clip), Arithmetic: m.Training.Arithmetic,
		},
		Aggregation: spec.Aggregation{
			Rule: m.Aggregation.Rule, ScaleBits: m.Aggregation.ScaleBits, MaxWeight: m.Aggregation.MaxWeight,
			Optimiser: m.Aggregation.Optimiser, Rate: spec.PPM(m.Aggregation.Rate),
			Momentum: spec.PPM(m.Aggregation.Momentum), Tau: spec.PPM(m.Aggregation.Tau),
		},
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
		Target: spec.Target{Accuracy: spec.PPM(m.Target.Accuracy), Rounds: m.Target.Rounds},
		Escrow: m.Escrow,
		Deadlines: spec.Deadlines{
			Select: spec.Duration(m.Deadlines.Select), Train: spec.Duration(m.Deadlines.Train), Attest: spec.Duration(m.Deadlines.Attest),
			Aggregate: spec.Duration(m.Deadlines.Aggregate), Evaluate: spec.Duration(m.Deadlines.Evaluate),
		},
		Overlap: m.Overlap,
		Retries: m.Retries,
		Retain:  spec.Duration(m.Retain),
		Audit:   m.Audit,
	}
}
