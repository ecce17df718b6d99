package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Unit is the unit in which people write a parameter.
type Unit string

// The units of parameters.
const (
	UnitCount   Unit = "count"   // a whole number
	UnitPart    Unit = "part"    // a decimal, which the chain stores as a [PPM]
	UnitThing   Unit = "THING"   // a decimal, which the chain stores in uthing
	UnitSeconds Unit = "seconds" // a whole number of seconds
	UnitTime    Unit = "time"    // milliseconds since 1970
	UnitAccount Unit = "account" // an address, or [NoAccount]
)

// Parameter is a value in the chain's state that a vote may change: a parameter of a module,
// or a hyper-parameter of a governed task.
type Parameter struct {
	Name  string // "stakes.trainer.min", or as in a task file, "training.rate"
	Unit  Unit
	field func(*TaskSpec) *uint32 // of a hyper-parameter: its field of a task file
}

// ValueIn is the value of a hyper-parameter in a task file, as the chain stores it.
func (p Parameter) ValueIn(t TaskSpec) uint64 { return uint64(*p.field(&t)) }

// Parse reads a value as people write it, and returns it as the chain stores it; for an
// account it returns 0.
func (p Parameter) Parse(value string) (uint64, error) {
	switch p.Unit {
	case UnitPart:
		part, err := ParsePPM(value)
		return uint64(part), err
	case UnitThing:
		return ParseThing(value)
	case UnitAccount:
		if value != "" && value != NoAccount && !readable(value, maxAccount) {
			return 0, fmt.Errorf("%.64q: want the address of an account, or %s", value, NoAccount)
		}
		return 0, nil
	default:
		text := strings.ReplaceAll(value, "_", "")
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || text != strconv.FormatUint(n, 10) {
			return 0, fmt.Errorf("%.64q: want a whole number", value)
		}
		return n, nil
	}
}

// Text is a stored value as people write it.
func (p Parameter) Text(n uint64) string {
	switch {
	case p.Unit == UnitThing:
		return Amount(n).String()
	case p.Unit == UnitPart && n <= uint64(^PPM(0)):
		return PPM(n).String()
	default:
		return strconv.FormatUint(n, 10)
	}
}

// NoAccount stands in a file for no account.
const NoAccount = "none"

// Module is a part of the chain whose parameters a vote may change.
type Module struct {
	Name       string
	Parameters []Parameter
}

// Modules lists the modules, each with its parameters in the order in which the chain stores
// them. No vote can change a parameter that is not listed.
func Modules() []Module {
	return []Module{
		{Name: "dao", Parameters: []Parameter{
			{Name: "warmup_seconds", Unit: UnitSeconds},
			{Name: "late_seconds", Unit: UnitSeconds},
			{Name: "max_open", Unit: UnitCount},
			{Name: "high_threshold", Unit: UnitPart},
			{Name: "voting_seconds", Unit: UnitSeconds},
			{Name: "deposit_seconds", Unit: UnitSeconds},
			{Name: "min_deposit", Unit: UnitThing},
			{Name: "initial_deposit", Unit: UnitPart},
			{Name: "quorum", Unit: UnitPart},
			{Name: "threshold", Unit: UnitPart},
			{Name: "veto", Unit: UnitPart},
		}},
		{Name: "fee", Parameters: []Parameter{{Name: "min_gas_price", Unit: UnitCount}}},
		{Name: "node", Parameters: []Parameter{
			{Name: "stakes.data_provider.min", Unit: UnitThing},
			{Name: "stakes.data_provider.max", Unit: UnitThing},
			{Name: "stakes.trainer.min", Unit: UnitThing},
			{Name: "stakes.trainer.max", Unit: UnitThing},
			{Name: "stakes.aggregator.min", Unit: UnitThing},
			{Name: "stakes.aggregator.max", Unit: UnitThing},
			{Name: "stakes.evaluator.min", Unit: UnitThing},
			{Name: "stakes.evaluator.max", Unit: UnitThing},
			{Name: "stakes.consumer.min", Unit: UnitThing},
			{Name: "stakes.consumer.max", Unit: UnitThing},
			{Name: "max_bond", Unit: UnitThing},
			{Name: "unbonding_seconds", Unit: UnitSeconds},
			{Name: "jail_seconds", Unit: UnitSeconds},
			{Name: "max_slash", Unit: UnitPart},
		}},
		{Name: "task", Parameters: []Parameter{
			{Name: "trainers", Unit: UnitPart},
			{Name: "evaluators", Unit: UnitPart},
			{Name: "aggregators", Unit: UnitPart},
			{Name: "validators", Unit: UnitPart},
			{Name: "min_pay", Unit: UnitThing},
			{Name: "no_reveal", Unit: UnitPart},
			{Name: "wrong_aggregate", Unit: UnitPart},
			{Name: "equivocation", Unit: UnitPart},
			{Name: "min_bond", Unit: UnitThing},
		}},
		{Name: "timelock", Parameters: []Parameter{
			{Name: "delay_seconds", Unit: UnitSeconds},
			{Name: "grace_seconds", Unit: UnitSeconds},
			{Name: "guardian", Unit: UnitAccount},
			{Name: "guardian_until", Unit: UnitTime},
		}},
	}
}

// Hyperparameters lists the fields of a task file that a vote may change in a governed task.
// It leaves out what participants and owners of rows were promised: privacy, audit, access,
// selection, pay and deadlines. It also leaves out what determines the encoding of updates
// and optimiser states of a running task, such as the optimisers and scale_bits.
func Hyperparameters() []Parameter {
	count := func(name string, field func(*TaskSpec) *uint32) Parameter {
		return Parameter{name, UnitCount, field}
	}
	part := func(name string, field func(*TaskSpec) *PPM) Parameter {
		return Parameter{name, UnitPart, func(t *TaskSpec) *uint32 { return (*uint32)(field(t)) }}
	}
	return []Parameter{
		count("training.batch", func(t *TaskSpec) *uint32 { return &t.Training.Batch }),
		count("training.epochs", func(t *TaskSpec) *uint32 { return &t.Training.Epochs }),
		part("training.rate", func(t *TaskSpec) *PPM { return &t.Training.Rate }),
		part("training.momentum", func(t *TaskSpec) *PPM { return &t.Training.Momentum }),
		part("training.weight_decay", func(t *TaskSpec) *PPM { return &t.Training.WeightDecay }),
		part("training.proximal", func(t *TaskSpec) *PPM { return &t.Training.Proximal }),
		part("aggregation.rate", func(t *TaskSpec) *PPM { return &t.Aggregation.Rate }),
		part("aggregation.momentum", func(t *TaskSpec) *PPM { return &t.Aggregation.Momentum }),
		part("aggregation.tau", func(t *TaskSpec) *PPM { return &t.Aggregation.Tau }),
	}
}

// Parameters lists the parameters of a module; none if there is no such module.
func Parameters(module string) []Parameter {
	for _, m := range Modules() {
		if m.Name == module {
			return m.Parameters
		}
	}
	return nil
}

// ParameterNamed finds a parameter in a list by its name.
func ParameterNamed(list []Parameter, name string) (Parameter, bool) {
	i := slices.IndexFunc(list, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return list[i], true
}

// namesOf lists the names of parameters for an error.
func namesOf(list []Parameter) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
