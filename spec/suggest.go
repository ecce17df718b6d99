package spec

// Suggest is a task for rows that d describes, with settings that suit most tables, as
// bench/tables has found them. The kind is one of [ModelKinds] whose layers need no image;
// empty: softmax, or linear where the label is a number. Who takes part and what is paid
// are those of [DefaultTask].
func Suggest(kind string, d Data) TaskSpec {
	t := DefaultTask()
	t.Name, t.Data = d.Name, d
	t.Model = Model{Kind: kind, Inputs: uint32(d.Schema.Inputs()), Classes: uint32(max(1, len(d.Schema.Classes)))}
	if kind == "" && t.Model.Regression() {
		t.Model.Kind = ModelLinear
	} else if kind == "" {
		t.Model.Kind = ModelSoftmax
	}
	if t.Model.Kind == ModelMLP {
		t.Model.Hidden = []uint32{suggestedWidth}
	}
	if t.Model.Regression() {
		t.Model.Loss = LossMSE
	}
	t.Training.Batch, t.Training.Epochs, t.Training.Rate, t.Training.Schedule.Kind = 32, 10, suggestedRate(t.Model), ScheduleCosine
	t.Target.Rounds = 30
	t.Escrow = uint64(t.Target.Rounds+1) * Thing
	return t
}

// suggestedWidth is that of the hidden layer of an mlp.
const suggestedWidth = 32

// suggestedRate is the learning rate of a model. That of a number is smaller than that of
// classes, whose gradients are bounded: a linear model diverges above about 1/inputs.
func suggestedRate(m Model) PPM {
	switch {
	case m.Kind == ModelLinear:
		return max(1, One/10/PPM(max(1, m.Inputs)))
	case m.Regression():
		return One / 50
	case m.Kind == ModelMLP:
		return One / 5
	}
	return One / 2
}
