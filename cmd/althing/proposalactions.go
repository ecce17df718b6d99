package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// actions are the rows of a table about what a proposal does, with every value in full.
// Owners says of nodes who they are, where that is known.
func actions(t table, list []spec.Action, owners map[uint64]string) {
	for i, a := range list {
		t.row(fmt.Sprintf("action %d", i+1), title(a))
		for _, line := range details(a, owners) {
			t.row("", line)
		}
	}
}

// title is what an action does in one line.
func title(a spec.Action) string {
	switch {
	case a.UpdateModel != nil:
		return fmt.Sprintf("update_model of task %d", a.UpdateModel.Task)
	case a.AddParticipant != nil:
		return fmt.Sprintf("add_participant: node %d is granted a stake of %s", a.AddParticipant.Node, money(uint64(a.AddParticipant.Grant)))
	case a.RemoveParticipant != nil:
		return fmt.Sprintf("remove_participant: node %d, for %q", a.RemoveParticipant.Node, clean(a.RemoveParticipant.Reason))
	case a.UpdateParams != nil:
		return "update_params of " + a.UpdateParams.Module
	case a.Mint != nil:
		return fmt.Sprintf("mint: %s for %s", money(uint64(a.Mint.Amount)), clean(a.Mint.To))
	case a.Cancel != nil:
		return fmt.Sprintf("cancel: proposal %d leaves the timelock", a.Cancel.Proposal)
	case a.Unknown != "":
		return "a message that this program does not know: " + clean(a.Unknown)
	}
	return "text: " + clean(a.Text)
}

// details are the values of an action.
func details(a spec.Action, owners map[uint64]string) (lines []string) {
	for _, node := range nodesOf(a) {
		if who := owners[node]; who != "" {
			lines = append(lines, clean(who))
		}
	}
	switch {
	case a.UpdateModel != nil:
		u := a.UpdateModel
		lines = append(lines, "base     "+u.Base)
		if u.Model != "" {
			lines = append(lines, "model    "+u.Model)
		}
		if u.Holder > 0 {
			lines = append(lines, fmt.Sprintf("holder   node %d", u.Holder))
		}
		lines = append(lines, fmt.Sprintf("updates  %d until now", u.Updates))
		for _, s := range u.Settings {
			lines = append(lines, setting(s, spec.Hyperparameters()))
		}
	case a.UpdateParams != nil:
		stay := 0
		for _, s := range a.UpdateParams.Settings {
			if s.Before == s.Value {
				stay++
				continue
			}
			lines = append(lines, setting(s, spec.Parameters(a.UpdateParams.Module)))
		}
		if stay > 0 {
			lines = append(lines, fmt.Sprintf("%s as now", counted(uint32(stay), "value")))
		}
	}
	return lines
}

// setting is a value before and after, with its unit: "jail_seconds 600 (10m) -> 3600 (1h)",
// or the value alone where nobody has looked what it was.
func setting(s spec.Setting, of []spec.Parameter) string {
	p, _ := spec.ParameterNamed(of, s.Name)
	if s.Before == "" {
		return fmt.Sprintf("%s %s", clean(s.Name), valued(p, s.Value))
	}
	return fmt.Sprintf("%s %s -> %s", clean(s.Name), valued(p, s.Before), valued(p, s.Value))
}

// valued is a value with its unit.
func valued(p spec.Parameter, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case value == "":
		return "?"
	case p.Unit == spec.UnitThing:
		return value + " THING"
	case p.Unit == spec.UnitSeconds && err == nil && n < 1<<40:
		return fmt.Sprintf("%s (%s)", value, spec.Duration(n)*spec.Second)
	case p.Unit == spec.UnitTime && err == nil && n > 0:
		return fmt.Sprintf("%s (%s)", value, date(n))
	}
	return clean(value)
}

// nodesOf are the nodes that an action is about.
func nodesOf(a spec.Action) []uint64 {
	switch {
	case a.AddParticipant != nil:
		return []uint64{a.AddParticipant.Node}
	case a.RemoveParticipant != nil:
		return []uint64{a.RemoveParticipant.Node}
	}
	return nil
}

// kinds lists what the actions of a proposal do, each kind once.
func kinds(list []spec.Action) string {
	var names []string
	seen := map[string]bool{}
	for _, a := range list {
		if kind := a.Kind(); !seen[kind] {
			seen[kind] = true
			names = append(names, kind)
		}
	}
	return strings.Join(names, ", ")
}
