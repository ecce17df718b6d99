package view_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// A node is shown with what moves its money and its standing, and why; one of which
// there is nothing to say is not shown with empty rows.
func TestNodeShow(t *testing.T) {
	text := func(n spec.Node, asJSON bool) string {
		t.Helper()
		if !asJSON {
			return shown(t, view.Node{Node: n}.Page())
		}
		b, err := json.Marshal(view.Node{Node: n})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	n := spec.Node{ID: 3, Deposit: spec.Deposit{State: spec.NodeActive}}
	for _, asJSON := range []bool{false, true} {
		if got := text(n, asJSON); strings.Contains(got, "unbonding") || strings.Contains(got, "history") || strings.Contains(got, "jail") {
			t.Errorf("json %v: a newcomer is shown with a past:\n%s", asJSON, got)
		}
	}
	n.Deposit = spec.Deposit{
		State: spec.NodeJailed, Stake: 5_000_000, Bonded: 2_000_000, Unbondings: 2, JailedUntil: 1_800_000_000_000,
		Unbonding: []spec.Unbonding{{Number: 2, Amount: 1_500_000, Due: 1_900_000_000_000}},
	}
	n.History = []spec.Change{
		{Task: 7, Round: 1, Height: 80, Reputation: 287_500, Reason: "update survived"},
		{Task: 7, Round: 2, Height: 90, Reputation: 215_625, Demerit: true, Reason: "update withheld"},
		{Task: 8, Height: 99, Reputation: 1_000_000, Reason: "ready"},
	}
	for asJSON, want := range map[bool][]string{
		false: {
			"state          jailed for a fault: not selected, and may be unjailed from 2027-01-15 08:00:00 UTC on\n",
			"stake          5 THING\n",
			"bonded         2 THING, which its tasks hold\n",
			"unbonding      2: 1.5 THING, with the owner at 2030-03-17 17:46:40 UTC\n",
			"history        328  the newest changes, from 0 to 1\n" +
				"               + to 1 at height 99, task 8, before round 1: ready\n" +
				"               - to 0.215625 at height 90, task 7, round 2: update withheld\n",
		},
		true: {
			`"state":"jailed","stake_uthing":5000000,"bonded_uthing":2000000,"unbonding":[{"number":2,"amount_uthing":1500000,"since_unix_ms":0,"due_unix_ms":1900000000000}]`,
			`{"task":7,"round":2,"height":90,"reputation":0.215625,"demerit":true,"reason":"update withheld"}`,
		},
	} {
		for _, part := range want {
			if got := text(n, asJSON); !strings.Contains(got, part) {
				t.Errorf("json %v: want %q in\n%s", asJSON, part, got)
			}
		}
	}
	for _, c := range []struct {
		deposit spec.Deposit
		want    string
	}{
		{spec.Deposit{State: spec.NodePending}, "pending: applies, and is not selected before"},
		{spec.Deposit{State: spec.NodePending, Stake: 5}, "pending, on leave or with too small a stake"},
		{spec.Deposit{State: spec.NodeActive, Stake: 5_000_000, Granted: 2_000_000}, "granted        2 THING of it by a vote"},
		{spec.Deposit{State: spec.NodeUnbonding, Removed: true}, "unbonding: a vote has removed it"},
	} {
		if got := text(spec.Node{ID: 3, Deposit: c.deposit}, false); !strings.Contains(got, c.want) || strings.Contains(got, "granted") != (c.deposit.Granted > 0) {
			t.Errorf("want %q in\n%s", c.want, got)
		}
	}
	gone := spec.Node{ID: 4, Owner: "ann", Deposit: spec.Deposit{State: spec.NodeExited}}
	if got := text(gone, false); !strings.Contains(got, "state       exited: it has left the network\n") || strings.Contains(got, "stake") {
		t.Errorf("a node that has left:\n%s", got)
	}
}

// A node is shown with what it takes on and which tasks it serves, the careful default
// included.
func TestNodeShowsItsPolicyAndCapabilities(t *testing.T) {
	n := spec.Node{ID: 3}
	for want, change := range map[string]func(){
		"trains for no task with one aggregator":         func() {},
		"serves every task, also with one aggregator":    func() { n.Profile.Policy.SoleAggregator = true },
		"at least 4 aggregators":                         func() { n.Profile.Policy.MinAggregators = 4 },
		"at least 0.02 THING per round for its part":     func() { n.Profile.Policy.MinPay = 20_000 },
		"at least 30s for training":                      func() { n.Profile.Policy.MinDeadline = 30 * spec.Second },
		"only tasks of ann, bob":                         func() { n.Profile.Policy.Owners = []string{"ann", "bob"} },
		"only tasks for digits":                          func() { n.Profile.Policy.Datasets = []string{"digits"} },
		"images, which needs 2 cores, 0 MiB memory, 1 G": func() { n.Profile.Capabilities[0].Needs = spec.Resources{CPU: 2, GPU: 1} },
	} {
		n.Profile = spec.Profile{Roles: spec.Trainer, Capabilities: []spec.Capability{{Kind: "images"}}}
		change()
		if got := shown(t, view.Node{Node: n}.Page()); !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}
