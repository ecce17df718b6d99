package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/althing-network/althing/spec"
)

// A node that lost reputation is shown with the reason; one that did not is not
// shown with an empty one.
func TestNodeShowsItsLastDemerit(t *testing.T) {
	shown := func(n spec.Node, json bool) string {
		t.Helper()
		var out bytes.Buffer
		if err := (&session{out: &out, json: json}).showNode(n); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	n := spec.Node{ID: 3}
	for _, json := range []bool{false, true} {
		if got := shown(n, json); strings.Contains(got, "demerit") || strings.Contains(got, "blame") {
			t.Errorf("json %v: a node without a demerit is shown with one:\n%s", json, got)
		}
	}
	n.Blame = spec.Demerit{Task: 7, Round: 2, Height: 90, Reason: "update withheld"}
	for json, want := range map[bool]string{
		false: "update withheld: task 7, round 2, height 90\n",
		true:  `"blame":{"task":7,"round":2,"height":90,"reason":"update withheld"}`,
	} {
		if got := shown(n, json); !strings.Contains(got, want) {
			t.Errorf("json %v: want %q in\n%s", json, want, got)
		}
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
		"at least 0.02 THING a round for its part":       func() { n.Profile.Policy.MinPay = 20_000 },
		"at least 30s for training":                      func() { n.Profile.Policy.MinDeadline = 30 * spec.Second },
		"only tasks of ann, bob":                         func() { n.Profile.Policy.Owners = []string{"ann", "bob"} },
		"only tasks for digits":                          func() { n.Profile.Policy.Datasets = []string{"digits"} },
		"images, which needs 2 cores, 0 MiB memory, 1 G": func() { n.Profile.Capabilities[0].Needs = spec.Resources{CPU: 2, GPU: 1} },
	} {
		n.Profile = spec.Profile{Capabilities: []spec.Capability{{Kind: "images"}}}
		change()
		var out bytes.Buffer
		if err := (&session{out: &out}).showNode(n); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in\n%s", want, &out)
		}
	}
}
