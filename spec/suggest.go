package spec

// SuggestTask is a task for rows with the schema of d. Its training settings suit most tables;
// bench/tables has found them. The kind of model is one of [ModelKinds] that needs no image;
// if it is empty, it is softmax, or linear if the label is a number. Participants and pay are
// those of [DefaultTask].
func SuggestTask(kind string, d Data) TaskSpec {
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

// suggestedWidth is the width of the hidden layer of an mlp.
const suggestedWidth = 32

// suggestedRate is the learning rate of a model. For a label that is a number it is smaller
// than for classes, because only the gradients of classes are bounded: a linear model
// diverges above a rate of about 1/inputs.
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
