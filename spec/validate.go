package spec

import (
	"cmp"
	"fmt"
)

// Bounds of a task: the most that one task may ask of a network.
const (
	MaxTrainers   = 2048      // asked per round, backups included
	MaxCommittee  = 31        // aggregators, and as many evaluators
	MaxParameters = 64 << 20  // weights of a model, four bytes each
	MaxWidth      = 1 << 20   // values of a layer
	MaxDepth      = 16        // hidden layers of an mlp
	MaxLayers     = 64        // layers of any kind
	MaxKernel     = 64        // side of a convolution or a pool, in pixels
	MaxPatches    = 16 << 20  // values under all positions of a kernel in one image
	MaxPadded     = 16 << 20  // inputs of all layers with padding for one row, padding included
	MaxValues     = 4 << 20   // outputs of all layers for one row
	MaxBatch      = 256 << 20 // outputs of all layers for one batch: a trainer holds them, and a gradient for each
	MaxWork       = 4 << 30   // multiplications of one forward pass of one row: about a second on one core
	MaxStep       = 1 << 40   // multiplications of one forward pass of one batch: a trainer stops only between two batches
	MaxRounds     = 100_000   // rounds of a task
	MaxRetries    = 16        // aborted rounds in a row
	MaxPatience   = 2 * One   // multiples of the median time that trainers took
	MaxSamples    = 1 << 30   // rows that one trainer may claim
	MaxOwners     = 128       // owners that a task admits by name
	// MinDuration is the shortest deadline or period of a task, a second, and MaxDuration the
	// longest, a year.
	MinDuration = Second
	MaxDuration = 365 * 24 * Hour
	// MaxEscrow is the whole supply, in uthing.
	MaxEscrow = Cap
)

// FieldError says what is wrong with one field of a task file.
type FieldError struct {
	Field string // as in the file, "model.hidden"; empty where the error is about the whole file
	Given string // what the file says there, quoted if it is text; empty where Why says it
	Why   string // what is wrong, or what is wanted
	Line  int    // in the file; 0 where there is no file
	kind  string // of file: taskFile, proposalFile or schemaFile; empty: taskFile
}

// taskFile is the kind of file that errors name by default.
const taskFile = "task"

// Error names the line, the field, what was given and what is wrong with it.
func (e *FieldError) Error() string {
	place := cmp.Or(e.kind, taskFile)
	if e.Line > 0 {
		place = fmt.Sprintf("%s file line %d", place, e.Line)
	}
	if e.Field != "" {
		place += ": " + e.Field
	}
	if e.Given != "" {
		place += " " + e.Given
	}
	return place + ": " + e.Why
}

// check is one rule for a field: whether the field breaks it, and what to say then.
type check struct {
	field string
	wrong bool
	why   string
}

// first is the error of the first rule that a task file breaks.
func first(checks ...check) error { return firstOf(taskFile, checks...) }

// firstOf is [first] for a file of another kind.
func firstOf(kind string, checks ...check) error {
	for _, c := range checks {
		if c.wrong {
			return &FieldError{kind: kind, Field: c.field, Why: c.why}
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
	if err := t.validatePrivacy(); err != nil {
		return err
	}
	stages, err := t.Model.stages()
	if err != nil {
		return err
	}
	values, products := outputValues(stages), work(stages) // at least one of each
	return first(
		check{"model.classes", t.Data.Schema.IsZero() && t.Model.Classes == 1, "a model that predicts a number needs data.schema, with a label that has no classes"},
		check{"training.batch", uint64(t.Training.Batch)*values > MaxBatch, fmt.Sprintf("the model's layers put out %d values per row: want at most %d rows", values, MaxBatch/values)},
		check{"training.batch", uint64(t.Training.Batch)*products > MaxStep, fmt.Sprintf("one row takes %d multiplications: want at most %d rows", products, MaxStep/products)},
		check{"target.rounds", t.Data.MeasuresColumns() && t.Model.Init.IsZero() && t.Target.Rounds < 2, "want at least 2: data.schema does not state the bounds of every column, so the first round only measures them"},
		check{"training.schedule.warmup", t.Training.Schedule.Warmup >= t.Target.Rounds, fmt.Sprintf("want less than target.rounds, which is %d: the full rate is reached after the warm-up", t.Target.Rounds)},
		check{"escrow", t.Escrow == 0, "missing: want the reward in uthing, above zero"},
		check{"escrow", t.Escrow > MaxEscrow, fmt.Sprintf("more than can exist: want at most %d uthing", MaxEscrow)},
		check{"escrow", t.PerRound() < uint64(t.Selection.Asked()), fmt.Sprintf("too small: want at least %d uthing, which pay each trainer, backups included, 1 uthing per round", uint64(t.Selection.Asked())*(uint64(t.Target.Rounds)+1))},
		check{"retries", t.Retries > MaxRetries, fmt.Sprintf("want at most %d", MaxRetries)},
		check{"retain", !bounded(t.Retain), outOfBounds(t.Retain)},
		check{"line", t.Line != "" && !printable(t.Line), fmt.Sprintf("want at most %d bytes of printable text", maxName)},
		check{"audit", !known(Audits(), t.Audit), "want " + ChoiceOf(Audits())},
		check{"audit", t.Model.Private() && t.Audit == AuditPublic, fmt.Sprintf("the model is for members only, and anybody can compute its versions from model 0 and public updates: want %s or %s", AuditMembers, AuditAggregators)},
	)
}

func (d Data) validate() error {
	if err := d.validateRows(); err != nil {
		return err
	}
	return first(
		check{"data.name", d.Name == "", "missing: want the name of the data set that trainers must hold"},
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
		check{"selection.rule", !known(SelectionRules(), s.Rule), fmt.Sprintf("unknown rule %q: want %s", s.Rule, ChoiceOf(SelectionRules()))},
		check{"selection.trainers", s.Trainers == 0 || s.Asked() > MaxTrainers, fmt.Sprintf("want 1 to %d, backups included", MaxTrainers)},
		check{"selection.min_trainers", s.MinTrainers == 0, "missing: want at least 1"},
		check{"selection.min_trainers", s.MinTrainers > s.Trainers, fmt.Sprintf("more than selection.trainers, which is %d", s.Trainers)},
		check{"selection.aggregators", s.Aggregators == 0 || s.Aggregators > MaxCommittee, fmt.Sprintf("want 1 to %d", MaxCommittee)},
		check{"selection.aggregators", s.Aggregators%3 != 1, "want 3f+1, of which f may be faulty: 1, 4, 7, ..."},
		check{"selection.evaluators", s.Evaluators == 0 || s.Evaluators > MaxCommittee, fmt.Sprintf("want 1 to %d", MaxCommittee)},
		check{"selection.patience", s.Patience > MaxPatience, fmt.Sprintf("want at most %s, in multiples of the median time that trainers took", MaxPatience)},
		check{"selection.capability", s.Capability != "" && !printable(s.Capability), fmt.Sprintf("%.64q: want at most %d bytes of printable text", s.Capability, maxName)},
		check{"selection.min_accuracy", s.MinAccuracy > One, "want at most 1"},
		check{"selection.min_stake", s.MinStake > MaxEscrow, fmt.Sprintf("more than can exist: want at most %d uthing", MaxEscrow)},
	)
}

// validateOwners wants a sorted list without repetitions. It does not check that each entry
// is the address of an account: the chain does.
func (s Selection) validateOwners() error {
	const field = "selection.owners"
	if len(s.Owners) > MaxOwners {
		return &FieldError{Field: field, Why: fmt.Sprintf("%d owners: want at most %d", len(s.Owners), MaxOwners)}
	}
	for i, owner := range s.Owners {
		switch {
		case !printable(owner):
			return &FieldError{Field: field, Why: fmt.Sprintf("%.64q: want the address of an account, 1 to %d bytes of printable text", owner, maxName)}
		case i > 0 && owner == s.Owners[i-1]:
			return &FieldError{Field: field, Why: fmt.Sprintf("%s is listed twice", owner)}
		case i > 0 && owner < s.Owners[i-1]:
			return &FieldError{Field: field, Why: fmt.Sprintf("%s comes after %s: want the addresses in alphabetical order", owner, s.Owners[i-1])}
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
			return &FieldError{Field: "deadlines." + c.field, Why: outOfBounds(c.long)}
		}
	}
	return nil
}

func bounded(d Duration) bool { return d >= MinDuration && d <= MaxDuration }

func outOfBounds(d Duration) string {
	return fmt.Sprintf("%s: want %s to %s", d, MinDuration, MaxDuration)
}
