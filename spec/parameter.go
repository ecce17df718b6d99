package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Unit is how people write a number of the chain's that a vote may change.
type Unit string

// The units of parameters.
const (
	UnitCount   Unit = "count"   // a whole number
	UnitPart    Unit = "part"    // a decimal that the chain keeps as a [PPM]
	UnitThing   Unit = "THING"   // a decimal that the chain keeps in uthing
	UnitSeconds Unit = "seconds" // a whole number of them
	UnitTime    Unit = "time"    // milliseconds since 1970
	UnitAccount Unit = "account" // an address, or none
)

// Parameter is a number of the chain's state that a vote may change.
type Parameter struct {
	Name string
	Unit Unit
}

// Parse reads what people write. It is the number on the chain, 0 for an account.
func (p Parameter) Parse(value string) (uint64, error) {
	switch p.Unit {
	case UnitPart:
		part, err := ParsePPM(value)
		return uint64(part), err
	case UnitThing:
		return ParseThing(value)
	case UnitAccount:
		if value != "" && value != NoAccount && !readable(value, maxAccount) {
			return 0, fmt.Errorf("%.64q is no account: want an address, or %s", value, NoAccount)
		}
		return 0, nil
	default:
		text := strings.ReplaceAll(value, "_", "")
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil || text != strconv.FormatUint(n, 10) {
			return 0, fmt.Errorf("%.64q is not a whole number", value)
		}
		return n, nil
	}
}

// Text is a number on the chain as people write it.
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

// NoAccount is how people write that a parameter names no account.
const NoAccount = "none"

// Module is a part of the chain whose rules a vote may change.
type Module struct {
	Name       string
	Parameters []Parameter
}

// Modules lists them, each with its parameters in the order of the record on the chain.
// What is not in it no vote changes.
func Modules() []Module {
	return []Module{
		{"dao", []Parameter{
			{"warmup_seconds", UnitSeconds},
			{"late_seconds", UnitSeconds},
			{"max_open", UnitCount},
			{"high_threshold", UnitPart},
			{"voting_seconds", UnitSeconds},
			{"deposit_seconds", UnitSeconds},
			{"min_deposit", UnitThing},
			{"initial_deposit", UnitPart},
			{"quorum", UnitPart},
			{"threshold", UnitPart},
			{"veto", UnitPart},
		}},
		{"fee", []Parameter{{"min_gas_price", UnitCount}}},
		{"node", []Parameter{
			{"min_stake", UnitThing},
			{"max_stake", UnitThing},
			{"max_bond", UnitThing},
			{"unbonding_seconds", UnitSeconds},
			{"timelock_seconds", UnitSeconds},
			{"jail_seconds", UnitSeconds},
			{"max_slash", UnitPart},
		}},
		{"task", []Parameter{
			{"trainers", UnitPart},
			{"evaluators", UnitPart},
			{"aggregators", UnitPart},
			{"validators", UnitPart},
			{"min_pay", UnitThing},
			{"no_reveal", UnitPart},
			{"wrong_aggregate", UnitPart},
			{"equivocation", UnitPart},
			{"min_bond", UnitThing},
		}},
		{"timelock", []Parameter{
			{"delay_seconds", UnitSeconds}, {"grace_seconds", UnitSeconds}, {"guardian", UnitAccount}, {"guardian_until", UnitTime},
		}},
	}
}

// Hyperparameters lists what of a governed task a vote may change, by the names of a task
// file. Privacy, audit, access, selection and pay are none of them.
func Hyperparameters() []Parameter {
	return []Parameter{
		{"training.batch", UnitCount},
		{"training.epochs", UnitCount},
		{"training.rate", UnitPart},
		{"training.momentum", UnitPart},
		{"training.weight_decay", UnitPart},
		{"training.proximal", UnitPart},
		{"aggregation.rate", UnitPart},
		{"aggregation.momentum", UnitPart},
		{"aggregation.tau", UnitPart},
	}
}

// Parameters lists those of a module, none where there is no such module.
func Parameters(module string) []Parameter {
	for _, m := range Modules() {
		if m.Name == module {
			return m.Parameters
		}
	}
	return nil
}

// ParameterNamed finds one of a list by its name.
func ParameterNamed(list []Parameter, name string) (Parameter, bool) {
	i := slices.IndexFunc(list, func(p Parameter) bool { return p.Name == name })
	if i < 0 {
		return Parameter{}, false
	}
	return list[i], true
}

// namesOf lists the names for an error.
func namesOf(list []Parameter) string {
	names := make([]string, len(list))
	for i, p := range list {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
