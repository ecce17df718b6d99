package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/spec"
)

// Node is a registered node.
type Node struct {
	spec.Node
	// WaitsFor says what keeps the node from training on its registered data sets.
	WaitsFor []string `json:"waits_for,omitempty"`
}

// ReadNode reads what is shown of a node beside its record.
func ReadNode(ctx context.Context, c *client.Client, n spec.Node) (v Node, err error) {
	v.Node = n
	v.WaitsFor, err = rowsWaitFor(ctx, c, n)
	return v, err
}

// Page shows the node: its money, what it offers, what it serves, and its reputation.
func (v Node) Page() Page {
	var p Part
	profile := v.Profile
	p.Row("node", fmt.Sprintf("%d %s", v.ID, profile.Name))
	p.Row("state", Cell{depositText(v.Deposit), nodeTone(v.State)})
	p.Row("owner", v.Owner)
	p.Row("registered", fmt.Sprintf("at height %d", v.Registered))
	if v.State == spec.NodeExited {
		return of(p)
	}
	p.Row("roles", rolesText(profile.Roles))
	p.Row("stake", spec.Money(v.Stake))
	if v.Granted > 0 {
		p.Row("granted", spec.Money(v.Granted)+" of it by a vote: it cannot vote, and is burned when the node exits")
	}
	p.Row("bonded", Dash(v.Bonded == 0, spec.Money(v.Bonded)+", which its tasks hold"))
	for i, u := range v.Unbonding {
		p.Row(firstRow(i, "unbonding"), fmt.Sprintf("%d: %s, with the owner at %s", u.Number, spec.Money(u.Amount), Date(u.Due)))
	}
	p.Row("busy", fmt.Sprintf("%d of %s", v.Busy, Counted(profile.Slots, "slot")))
	p.Row("endpoint", Dash(profile.Endpoint == "", profile.Endpoint))
	p.Row("transport key", fmt.Sprintf("%x", profile.TransportKey))
	p.Row("resources", resourcesText(profile.Resources))
	for i, c := range profile.Capabilities {
		text := c.Kind
		if c.Needs != (spec.Resources{}) {
			text += ", which needs " + resourcesText(c.Needs)
		}
		p.Row(firstRow(i, "capabilities"), text)
	}
	p.Row("data", holdingsText(profile))
	for i, what := range v.WaitsFor {
		p.Row(firstRow(i, "waits for"), Cell{what, Bad})
	}
	for i, line := range policyLines(profile) {
		p.Row(firstRow(i, "policy"), line)
	}
	for i, line := range v.accuracyLines() {
		p.Row(firstRow(i, "accuracy"), line)
	}
	p.Row("reputation", v.Reputation)
	if len(v.History) > 0 {
		p.Row("history", sparkline(v.History)+"  the newest changes, from 0 to 1")
	}
	for _, c := range slices.Backward(v.History) {
		p.Row("", changeText(c))
	}
	return of(p)
}

// accuracyLines say how good the models of the node are, by its own claim and as measured.
func (v Node) accuracyLines() (lines []string) {
	if v.Profile.Claimed > 0 {
		lines = append(lines, fmt.Sprintf("%s, by its own claim", v.Profile.Claimed))
	}
	for _, m := range v.Measured {
		lines = append(lines, fmt.Sprintf("%s, measured on %s in %s", m.Accuracy, m.Kind, Counted(m.Tasks, "task")))
	}
	if len(lines) == 0 {
		return []string{"-"}
	}
	return lines
}

// depositText is the state of a node, and what follows from it.
func depositText(d spec.Deposit) string {
	switch d.State {
	case spec.NodeActive:
		return "active: may be selected"
	case spec.NodePending:
		if d.Stake == 0 {
			return "pending: applies, and is not selected before its owner adds a stake or a vote grants one"
		}
		return "pending, on leave or with too small a stake: not selected"
	case spec.NodeJailed:
		return "jailed for a fault: not selected, and may be unjailed from " + Date(d.JailedUntil) + " on"
	case spec.NodeUnbonding:
		if d.Removed {
			return "unbonding: a vote has removed it, and its owner's stake is on its way back"
		}
		return "unbonding: not selected, because its whole stake is on its way back"
	case spec.NodeExited:
		return "exited: it has left the network"
	}
	return string(d.State)
}

// nodeTone says whether a node may be selected.
func nodeTone(s spec.NodeState) Tone {
	switch s {
	case spec.NodeActive:
		return Good
	case spec.NodeJailed:
		return Bad
	default:
		return Neutral
	}
}

// rolesText lists the roles of a node.
func rolesText(r spec.Role) string { return strings.ReplaceAll(r.String(), ",", ", ") }

// resourcesText is what a machine has, or what a kind of work needs of it.
func resourcesText(r spec.Resources) string {
	return fmt.Sprintf("%s, %d MiB memory, %s, %d MiB storage, %d kbit/s", Counted(r.CPU, "core"), r.Memory, Counted(r.GPU, "GPU"), r.Storage, r.Bandwidth)
}

// holdingsText is the rows that a node has, or "-".
func holdingsText(p spec.Profile) string {
	var held []string
	for _, d := range p.Holdings {
		rows := Counted(d.Samples, "row")
		if d.Withheld() {
			rows = "a withheld number of rows"
		}
		held = append(held, rows+" of "+d.Name)
	}
	if len(held) == 0 {
		return "-"
	}
	return strings.Join(held, ", ")
}

// holdingsList is [holdingsText] for a narrow column: "471 digits".
func holdingsList(p spec.Profile) any {
	var held []string
	for _, d := range p.Holdings {
		if d.Withheld() {
			held = append(held, d.Name+" (number withheld)")
			continue
		}
		held = append(held, fmt.Sprintf("%d %s", d.Samples, d.Name))
	}
	return Dash(len(held) == 0, strings.Join(held, ", "))
}

// policyLines say which tasks a node serves, one condition in each line.
func policyLines(profile spec.Profile) (lines []string) {
	p := profile.Policy
	if !p.SoleAggregator && profile.Roles.Has(spec.Trainer) {
		lines = append(lines, "trains for no task with one aggregator")
	}
	if p.MinAggregators > 0 {
		lines = append(lines, "at least "+Counted(p.MinAggregators, "aggregator"))
	}
	if p.MinPay > 0 {
		lines = append(lines, fmt.Sprintf("at least %s per round for its part", spec.Money(p.MinPay)))
	}
	if p.MinDeadline > 0 {
		lines = append(lines, fmt.Sprintf("at least %s for training", p.MinDeadline))
	}
	if len(p.Owners) > 0 {
		lines = append(lines, "only tasks of "+strings.Join(p.Owners, ", "))
	}
	if len(p.Datasets) > 0 {
		lines = append(lines, "only tasks for "+strings.Join(p.Datasets, ", "))
	}
	switch {
	case len(lines) > 0:
		return lines
	case profile.Roles.Has(spec.Trainer):
		return []string{"serves every task, also with one aggregator"}
	}
	return []string{"serves every task"}
}

// sparkline draws how a reputation changed, the newest change last.
func sparkline(history []spec.Change) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, len(history))
	for i, c := range history {
		line[i] = levels[min(int(c.Reputation)*len(levels)/int(spec.One), len(levels)-1)]
	}
	return string(line)
}

// changeText is when and why a reputation changed.
func changeText(c spec.Change) string {
	sign, at := "+", fmt.Sprintf("round %d", c.Round)
	if c.Demerit {
		sign = "-"
	}
	if c.Round == 0 {
		at = "before round 1"
	}
	return fmt.Sprintf("%s to %s at height %d, task %d, %s: %s", sign, c.Reputation, c.Height, c.Task, at, c.Reason)
}

// Nodes is a list of nodes.
type Nodes []spec.Node

// Page lists the nodes. Stakes are in THING; BUSY has the slots that are taken, of all.
func (list Nodes) Page() Page {
	return of(Table([]string{"NODE", "NAME", "ROLES", "STATE", "REPUTATION", "STAKE", "BUSY", "ROWS"}, list, func(n spec.Node) []any {
		return []any{
			n.ID, n.Profile.Name, rolesText(n.Profile.Roles),
			Cell{string(n.State), nodeTone(n.State)},
			n.Reputation, Thing(n.Stake),
			fmt.Sprintf("%d/%d", n.Busy, n.Profile.Slots), holdingsList(n.Profile),
		}
	}))
}
