package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/spec"
)

// actionRows are the rows about what a proposal does, with every value in full. Owners says
// who owns which node, where that is known.
func (p *Part) actionRows(actions []spec.Action, owners map[uint64]string) {
	for i, a := range actions {
		p.Row(fmt.Sprintf("action %d", i+1), ActionTitle(a))
		if owner := owners[nodeOf(a)]; owner != "" {
			p.Row("", owner)
		}
		for _, line := range actionDetails(a) {
			p.Row("", line)
		}
	}
}

// ActionTitle is what an action does, in one line.
func ActionTitle(a spec.Action) string {
	switch {
	case a.UpdateModel != nil:
		return fmt.Sprintf("update_model of task %d", a.UpdateModel.Task)
	case a.AddParticipant != nil:
		return fmt.Sprintf("add_participant: node %d is granted a stake of %s", a.AddParticipant.Node, spec.Money(uint64(a.AddParticipant.Grant)))
	case a.RemoveParticipant != nil:
		return fmt.Sprintf("remove_participant: node %d, for %q", a.RemoveParticipant.Node, a.RemoveParticipant.Reason)
	case a.UpdateParams != nil:
		return "update_params of " + a.UpdateParams.Module
	case a.Mint != nil:
		return fmt.Sprintf("mint: %s for %s", spec.Money(uint64(a.Mint.Amount)), a.Mint.To)
	case a.Cancel != nil:
		return fmt.Sprintf("cancel: proposal %d leaves the timelock", a.Cancel.Proposal)
	case a.Unknown != "":
		return "a message that this program does not know: " + a.Unknown
	}
	return "text: " + a.Text
}

// actionDetails are the values of an action, one for each line.
func actionDetails(a spec.Action) (lines []string) {
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
		lines = append(lines, fmt.Sprintf("updates  %d so far", u.Updates))
		for _, s := range u.Settings {
			lines = append(lines, settingText(s, spec.Hyperparameters()))
		}
	case a.UpdateParams != nil:
		unchanged := 0
		for _, s := range a.UpdateParams.Settings {
			if s.Before == s.Value {
				unchanged++
				continue
			}
			lines = append(lines, settingText(s, spec.Parameters(a.UpdateParams.Module)))
		}
		if unchanged > 0 {
			lines = append(lines, Counted(unchanged, "value")+" unchanged")
		}
	}
	return lines
}

// settingText is a value before and after, with its unit: "jail_seconds 600 (10m) -> 3600
// (1h)". If the value before is not known, it is the new value alone.
func settingText(s spec.Setting, known []spec.Parameter) string {
	p, _ := spec.ParameterNamed(known, s.Name)
	if s.Before == "" {
		return fmt.Sprintf("%s %s", s.Name, withUnit(p, s.Value))
	}
	return fmt.Sprintf("%s %s -> %s", s.Name, withUnit(p, s.Before), withUnit(p, s.Value))
}

// withUnit is the value of a parameter with its unit.
func withUnit(p spec.Parameter, value string) string {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case value == "":
		return "?"
	case p.Unit == spec.UnitThing:
		return value + " THING"
	case p.Unit == spec.UnitSeconds && err == nil && n < 1<<40:
		return fmt.Sprintf("%s (%s)", value, spec.Duration(n)*spec.Second)
	case p.Unit == spec.UnitTime && err == nil && n > 0:
		return fmt.Sprintf("%s (%s)", value, Date(n))
	}
	return value
}

// nodeOf is the node that an action is about, 0 where it is about none.
func nodeOf(a spec.Action) uint64 {
	switch {
	case a.AddParticipant != nil:
		return a.AddParticipant.Node
	case a.RemoveParticipant != nil:
		return a.RemoveParticipant.Node
	}
	return 0
}

// actionKinds lists the kinds of actions, each once.
func actionKinds(actions []spec.Action) string {
	var kinds []string
	for _, a := range actions {
		if kind := a.Kind(); !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return strings.Join(kinds, ", ")
}
