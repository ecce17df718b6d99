package spec

import (
	"cmp"
	"fmt"
)

// Bounds of a task: what one task may ask of a network at most.
const (
	MaxTrainers   = 2048
	MaxCommittee  = 31        // aggregators or evaluators
	MaxParameters = 64 << 20  // of a model, four bytes each
	MaxWidth      = 1 << 20   // of a layer
	MaxDepth      = 16        // hidden layers of an mlp
	MaxLayers     = 64        // of any kind
	MaxKernel     = 64        // pixels a side of a convolution or a pool
	MaxPatches    = 16 << 20  // values under all places of a kernel in one image
	MaxPadded     = 16 << 20  // values that go into all layers with padding for one row, and the padding
	MaxValues     = 4 << 20   // that all layers put out for one row
	MaxBatch      = 256 << 20 // values that they put out for one batch: a trainer holds them, and a gradient for each
	MaxWork       = 4 << 30   // products for one row on its way forward: about a second on one core
	MaxStep       = 1 << 40   // products for one batch: a trainer stops between two batches only
	MaxRounds     = 100_000   // of a task
	MaxRetries    = 16        // aborted rounds in a row
	MaxPatience   = 2 * One   // medians of what trainers took
	MaxSamples    = 1 << 30   // rows one trainer may claim
	MaxOwners     = 128       // that a task admits by name
	// MinDuration is the shortest and MaxDuration the longest deadline or stretch of time
	// of a task: a second and a year.
	MinDuration = Second
	MaxDuration = 365 * 24 * Hour
	// MaxEscrow is the whole supply, in uthing.
	MaxEscrow = Cap
)

// FieldError is what is wrong with one field of a task file.
type FieldError struct {
	Field string // as in the file, "model.hidden"; empty where it is about the whole file
	Why   string
	Line  int    // in the file, 0 where there is none
	of    string // what the file is of, empty: taskFile
}

// taskFile is what errors call what they are about, unless it is something else.
const taskFile = "task"

// Error names the line, the field and what is wrong with it.
func (e *FieldError) Error() string {
	place := cmp.Or(e.of, taskFile)
	if e.Line > 0 {
		place = fmt.Sprintf("%s file line %d", place, e.Line)
	}
	if e.Field != "" {
		place += ": " + e.Field
	}
	return place + ": " + e.Why
}

type check struct {
	field string
	wrong bool
	why   string
}

func first(checks ...check) error { return firstOf(taskFile, checks...) }

// firstOf is the first thing that is wrong with what errors call so.
func firstOf(of string, checks ...check) error {
	for _, c := range checks {
		if c.wrong {
			return &FieldError{of: of, Field: c.field, Why: c.why}
		}
	}
	return nil
}

// Validate reports the first field that is missing, out of bounds or
// contradicts another, as a [*FieldError]. It changes nothing.
func (t TaskSpec) Validate() error {
	if err := first(
		check{"version", t.Version != 1, "want 1"},
		check{"name", t.Name == "", "missing: give the task a name"},
		check{"name", !printable(t.Name), fmt.Sprintf("want 1 to %d bytes of printable text", maxName)},
	); err != nil {
		return err
	}
	for _, part := range []interface{ validate() error }{
		t.Model, t.Data, t.Training, t.Aggregation, t.Selection, t.Privacy, t.Target, t.Deadlines,
	} {
		if err := part.validate(); err != nil {
			return err
		}
	}
	if err := t.Data.Fit(t.Model); err != nil {
		return err
	}
	if err := t.promises(); err != nil {
		return err
	}
	stages, err := t.Model.stages()
	if err != nil {
		return err
	}
	values, products := putOut(stages), work(stages) // at least one of each
	return first(
		check{"model.classes", t.Data.Schema.IsZero() && t.Model.Classes == 1, "one output predicts a number: write data.schema with a label without classes"},
		check{"training.batch", uint64(t.Training.Batch)*values > MaxBatch, fmt.Sprintf("the model's layers put out %d values a row: want at most %d rows", values, MaxBatch/values)},
		check{"training.batch", uint64(t.Training.Batch)*products > MaxStep, fmt.Sprintf("a row takes %d products: want at most %d rows", products, MaxStep/products)},
		check{"target.rounds", t.Data.Learns() && t.Model.Init.IsZero() && t.Target.Rounds < 2, "1: want at least 2, for the first only measures the rows, as their bounds are not stated"},
		check{"training.schedule.warmup", t.Training.Schedule.Warmup >= t.Target.Rounds, fmt.Sprintf("want less than target.rounds, which is %d: the whole rate comes behind the warm-up", t.Target.Rounds)},
		check{"escrow", t.Escrow == 0, "missing: want the reward in uthing, above zero"},
		check{"escrow", t.Escrow > MaxEscrow, "more than there is: want at most 1000000000 THING"},
		check{"escrow", t.PerRound() < uint64(t.Selection.Asked()), "too small: each trainer, backups included, must earn at least 1 uthing a round"},
		check{"retries", t.Retries > MaxRetries, fmt.Sprintf("want at most %d", MaxRetries)},
		check{"retain", !bounded(t.Retain), outside(t.Retain)},
		check{"line", t.Line != "" && !printable(t.Line), fmt.Sprintf("want at most %d bytes of printable text", maxName)},
		check{"audit", !known(Audits(), t.Audit), "want " + choice(Audits())},
		check{"audit", t.Model.Private() && t.Audit == AuditPublic, "public, but the model is for members: from model 0, which everyone can make, and the updates of each round follows every version"},
	)
}

func (d Data) validate() error {
	if err := d.rows(); err != nil {
		return err
	}
	return first(
		check{"data.name", d.Name == "", "missing: say which data trainers must hold"},
		check{"data.name", !printable(d.Name), fmt.Sprintf("want 1 to %d bytes of printable text", maxName)},
		check{"data.min_samples", d.MinSamples > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
		check{"data.min_holdout", d.MinHoldout > MaxSamples, fmt.Sprintf("want at most %d", MaxSamples)},
	)
}

func (s Selection) validate() error {
	if err := s.validateOwners(); err != nil {
		return err
	}
	return first(
		check{"selection.rule", !known(SelectionRules(), s.Rule), fmt.Sprintf("unknown rule %q: want %s", s.Rule, choice(SelectionRules()))},
		check{"selection.trainers", s.Trainers == 0 || s.Asked() > MaxTrainers, fmt.Sprintf("want 1 to %d, backups included", MaxTrainers)},
		check{"selection.min_trainers", s.MinTrainers == 0, "missing: want at least 1"},
		check{"selection.min_trainers", s.MinTrainers > s.Trainers, "more than selection.trainers"},
		check{"selection.aggregators", s.Aggregators == 0 || s.Aggregators > MaxCommittee, fmt.Sprintf("want 1 to %d", MaxCommittee)},
		check{"selection.aggregators", s.Aggregators%3 != 1, "want 3f+1 of them: 1, 4, 7, ..."},
		check{"selection.evaluators", s.Evaluators == 0 || s.Evaluators > MaxCommittee, fmt.Sprintf("want 1 to %d", MaxCommittee)},
		check{"selection.patience", s.Patience > MaxPatience, fmt.Sprintf("want at most %s medians", MaxPatience)},
		check{"selection.capability", s.Capability != "" && !printable(s.Capability), fmt.Sprintf("%.64q: want at most %d bytes of printable text", s.Capability, maxName)},
		check{"selection.min_accuracy", s.MinAccuracy > One, "want at most 1"},
		check{"selection.min_stake", s.MinStake > MaxEscrow, "more than there is"},
	)
}

// validateOwners looks at the list of owners. Whether each is an address is for whoever
// knows accounts.
func (s Selection) validateOwners() error {
	const field = "selection.owners"
	if len(s.Owners) > MaxOwners {
		return &FieldError{Field: field, Why: fmt.Sprintf("%d of them: want at most %d", len(s.Owners), MaxOwners)}
	}
	for i, owner := range s.Owners {
		switch {
		case !printable(owner):
			return &FieldError{Field: field, Why: fmt.Sprintf("%.64q is no account: want 1 to %d bytes of printable text", owner, maxName)}
		case i > 0 && owner == s.Owners[i-1]:
			return &FieldError{Field: field, Why: fmt.Sprintf("%s is named twice", owner)}
		case i > 0 && owner < s.Owners[i-1]:
			return &FieldError{Field: field, Why: fmt.Sprintf("%s stands behind %s: want them sorted", owner, s.Owners[i-1])}
		}
	}
	return nil
}

func (t Target) validate() error {
	return first(
		check{"target.accuracy", t.Accuracy > One, "want at most 1"},
		check{"target.rounds", t.Rounds == 0 || t.Rounds > MaxRounds, fmt.Sprintf("want 1 to %d", MaxRounds)},
		check{"target.patience", t.Patience > MaxRounds, fmt.Sprintf("want at most %d", MaxRounds)},
	)
}

func (d Deadlines) validate() error {
	for _, c := range []struct {
		field string
		long  Duration
	}{
		{"select", d.Select},
		{"train", d.Train},
		{"attest", d.Attest},
		{"aggregate", d.Aggregate},
		{"evaluate", d.Evaluate},
	} {
		if !bounded(c.long) {
			return &FieldError{Field: "deadlines." + c.field, Why: outside(c.long)}
		}
	}
	return nil
}

func bounded(d Duration) bool { return d >= MinDuration && d <= MaxDuration }

func outside(d Duration) string {
	return fmt.Sprintf("%s: want %s to %s", d, MinDuration, MaxDuration)
}
