package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/althing-network/althing/spec"
)

func (s *session) showNode(n spec.Node) error {
	if s.json {
		return s.line(n)
	}
	t, p := s.table(), n.Profile
	t.row("node", fmt.Sprintf("%d %s", n.ID, p.Name))
	t.row("state", state(n.Deposit))
	t.row("owner", n.Owner)
	t.row("registered", fmt.Sprintf("at height %d", n.Registered))
	if n.State == spec.NodeExited {
		return t.flush()
	}
	t.row("roles", p.Roles)
	t.row("stake", money(n.Stake))
	if n.Granted > 0 {
		t.row("granted", money(n.Granted)+" of it by a vote: without a vote, and burned when the node exits")
	}
	t.row("bonded", unless(n.Bonded == 0, money(n.Bonded)+", which its tasks hold"))
	for i, u := range n.Unbonding {
		t.row(first(i, "unbonding"), fmt.Sprintf("%d: %s, with the owner at %s", u.Number, money(u.Amount), date(u.Due)))
	}
	t.row("busy", fmt.Sprintf("%d of %d slots", n.Busy, p.Slots))
	t.row("endpoint", unless(p.Endpoint == "", p.Endpoint))
	t.row("transport key", fmt.Sprintf("%x", p.TransportKey))
	t.row("resources", resources(p.Resources))
	for i, c := range p.Capabilities {
		t.row(first(i, "capabilities"), capability(c))
	}
	t.row("data", holdings(p))
	for i, entry := range policy(p.Policy) {
		t.row(first(i, "policy"), entry)
	}
	t.row("accuracy", fmt.Sprintf("%s, claimed by itself", p.Claimed))
	for _, m := range n.Measured {
		t.row("", fmt.Sprintf("%s, measured on %s in %d tasks", m.Accuracy, m.Kind, m.Tasks))
	}
	t.row("reputation", n.Reputation)
	if len(n.History) > 0 {
		t.row("history", bars(n.History)+"  the newest changes, of 0 to 1")
	}
	for _, c := range slices.Backward(n.History) {
		t.row("", changed(c))
	}
	return t.flush()
}

// state is where a node is, and what follows from that.
func state(d spec.Deposit) string {
	switch d.State {
	case spec.NodeActive:
		return "active: may be selected"
	case spec.NodePending:
		if d.Stake == 0 {
			return "pending: applies, and is not selected before its owner adds a stake or a vote grants one"
		}
		return "pending, on leave or with too small a stake: not selected"
	case spec.NodeJailed:
		return "jailed for a fault: not selected, and may be unjailed from " + date(d.JailedUntil) + " on"
	case spec.NodeUnbonding:
		if d.Removed {
			return "unbonding: a vote has removed it, and its owner's stake is on its way back"
		}
		return "unbonding: not selected, for its whole stake is on its way back"
	case spec.NodeExited:
		return "exited: it is no more"
	}
	return string(d.State)
}

// first is a name in the first row that it is for, and empty in the others.
func first(row int, name string) string {
	if row > 0 {
		return ""
	}
	return name
}

// date is a block time in milliseconds since 1970.
func date(unixMilli int64) string {
	return time.UnixMilli(unixMilli).UTC().Format(time.DateTime) + " UTC"
}

// bars draws how a reputation went, the newest change last.
func bars(history []spec.Change) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	line := make([]rune, len(history))
	for i, c := range history {
		line[i] = levels[min(int(c.Reputation)*len(levels)/int(spec.One), len(levels)-1)]
	}
	return string(line)
}

// changed is when and for what a reputation changed.
func changed(c spec.Change) string {
	sign, at := "+", fmt.Sprintf("round %d", c.Round)
	if c.Demerit {
		sign = "-"
	}
	if c.Round == 0 {
		at = "before round 1"
	}
	return fmt.Sprintf("%s to %s at height %d, task %d, %s: %s", sign, c.Reputation, c.Height, c.Task, at, c.Reason)
}
