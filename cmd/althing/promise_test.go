package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/privacy/account"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// TestPromise: what a task promises is said with its unit, its adjacency, against whom, on
// what it rests, and with the accountant that counted it, never above the ledger.
func TestPromise(t *testing.T) {
	for name, c := range map[string]struct {
		mode, kind string
		unit       cost.Unit
		accountant account.Accountant
		mechanism  string
	}{
		"local":   {spec.PrivacyLocal, spec.KindGaussian, cost.Client, account.Exact, "times the clip, an L2 norm of 0.1"},
		"laplace": {spec.PrivacyLocal, spec.KindLaplace, cost.Client, account.PLD, "times the clip, an L1 norm of 0.1"},
		"example": {spec.PrivacyExample, spec.KindGaussian, cost.Example, account.PLD, "in each of 4 steps per round"},
		"central": {spec.PrivacyCentral, spec.KindGaussian, cost.Example, account.RDP, "in shares: 9 of them make up the whole noise"},
	} {
		n := demo.Network{
			Validators: 1, Trainers: 10, Aggregators: 4, Evaluators: 2, Model: spec.ModelSoftmax, Seed: 1, Rounds: 20, Alpha: 1, Commit: time.Second,
			Privacy: demo.Privacy{Mode: c.mode, Mechanism: c.kind, Epsilon: "8"},
		}
		_, asked, err := n.Write(filepath.Join(t.TempDir(), "net"), 0)
		if err != nil {
			t.Fatal(err)
		}
		p := view.PromiseOf(asked)
		if p == nil || p.Epsilon == nil {
			t.Fatalf("%s: promised %+v", name, p)
		}
		ledger, err := p.Ledger.Float64()
		if err != nil || ledger > 8 || ledger < 7.9 || *p.Epsilon > ledger || *p.Epsilon < ledger/2 {
			t.Errorf("%s: epsilon %v by %s, %s by the ledger (%v)", name, *p.Epsilon, p.Accountant, p.Ledger, err)
		}
		if p.Unit != c.unit || p.Adjacency != cost.ZeroOut || p.Accountant != c.accountant || p.Delta != "0.00001" {
			t.Errorf("%s: promised %+v", name, p)
		}
		out := rulesText(t, asked)
		for _, word := range append(p.Assumed, c.mechanism, p.HoldsAgainst, view.EpsilonText(*p.Epsilon)+" at delta 0.00001 by "+string(p.Accountant), p.Sampling) {
			if !strings.Contains(out, word) {
				t.Errorf("%s: %q is missing in\n%s", name, word, out)
			}
		}
	}
	if p := view.PromiseOf(spec.DefaultTask()); p != nil {
		t.Errorf("a task without privacy promises %+v", p)
	}
}

// TestChargesOnARealNetwork: whoever can reach the chain recomputes what a private task
// charged, and the card of its model says it; its updates stay with the aggregators.
func TestChargesOnARealNetwork(t *testing.T) {
	local := startNetwork(t, demo.Network{
		Validators: 1, Trainers: 3, Aggregators: 4, Evaluators: 2, Rounds: 2, Alpha: 1, Model: spec.ModelSoftmax, Seed: 1, Commit: 100 * time.Millisecond,
		Privacy: demo.Privacy{Mode: spec.PrivacyCentral, Mechanism: spec.KindGaussian, Epsilon: "8"},
		Given:   func(flag string) bool { return flag == "rounds" },
	})
	at := []string{"--rpc", local.RPC()[0]}
	call := func(want int, args ...string) (string, string) {
		t.Helper()
		return runCommand(t, want, args...)
	}
	c, err := client.Dial(t.Context(), local.RPC()...)
	if err != nil {
		t.Fatal(err)
	}
	for { // until all rows are registered
		sets, _, err := c.Datasets(t.Context(), "", "digits", client.Page{Limit: 10})
		if err == nil && len(sets) == 3 {
			break
		}
		if err := client.Sleep(t.Context(), 50*time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	var id string
	for { // until the grants are there as well
		var out, stderr bytes.Buffer
		if run(t.Context(), []string{"task", "create", filepath.Join(local.Dir, "task.yaml"), "--home", local.Home(demo.Consumer)}, &out, &stderr) == 0 {
			id = strings.TrimSpace(out.String())
			break
		}
		if !strings.Contains(stderr.String(), "owners") || client.Sleep(t.Context(), 100*time.Millisecond) != nil {
			t.Fatal(stderr.String())
		}
	}
	call(0, append(at, "round", "watch", id)...)
	out, stderr := call(0, append(at, "round", "verify", id, "--charges", "--json")...)
	lines := strings.Split(out, "\n")
	if len(lines) != 3 || !strings.Contains(stderr, "every book has been charged what its rounds say") {
		t.Fatalf("%d data sets were charged: %s%s", len(lines), out, stderr)
	}
	for _, line := range lines {
		var found view.Charge
		if err := json.Unmarshal([]byte(line), &found); err != nil || found.Event != "charged" || len(found.Rounds) != 2 || found.Epsilon == nil || found.Ledger != found.Spent {
			t.Errorf("%s (%v)", line, err)
		}
	}
	_, stderr = call(1, append(at, "round", "verify", id)...)
	if !strings.Contains(stderr, "audit: aggregators") || !strings.Contains(stderr, "round verify "+id+" --charges") {
		t.Errorf("a stranger who asks for updates is told %s", stderr)
	}
	one, _ := call(0, "round", "verify", id, "1", "--home", local.Home("aggregator-1"))
	if !strings.Contains(one, "DATA SET") || !strings.Contains(one, "by rdp") {
		t.Errorf("an aggregator finds %s", one)
	}
	shown, _ := call(0, append(at, "model", "show", id, "--json")...)
	var told view.TaskModel
	if err := json.Unmarshal([]byte(shown), &told); err != nil || told.Promise == nil || len(told.Charges) != 3 {
		t.Errorf("the card says %s (%v)", shown, err)
	}
	for _, word := range []string{"assumed: ", "unit example", "DATA SET"} {
		if card, _ := call(0, append(at, "model", "show", id)...); !strings.Contains(card, word) {
			t.Errorf("%q is missing in\n%s", word, card)
		}
	}
	if _, stderr := call(1, append(at, "round", "verify", id, "9", "--charges")...); !strings.Contains(stderr, "round 9") {
		t.Errorf("a round that is not there: %s", stderr)
	}
}

// TestNoMeaningfulPromise: where every bound that is known is above 20, or none is, the
// promise says so, whoever counted.
func TestNoMeaningfulPromise(t *testing.T) {
	asked := spec.DefaultTask()
	asked.Model = spec.Model{Kind: spec.ModelSoftmax, Inputs: 64, Classes: 10}
	asked.Target.Rounds = 30
	for _, kind := range []string{spec.KindGaussian, spec.KindLaplace} {
		for noise, meaningless := range map[spec.PPM]bool{1: true, 1000: true, 20 * spec.One: false} {
			asked.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: kind, Clip: 63 * spec.One, Noise: noise}
			p := view.PromiseOf(asked)
			if p == nil {
				t.Fatalf("%s, noise %s: no promise", kind, noise)
			}
			out := rulesText(t, asked)
			if (p.Label != "") != meaningless || strings.Contains(out, view.NoMeaningfulPrivacy) != meaningless {
				t.Errorf("%s, noise %s: label %q, want one %v\n%s", kind, noise, p.Label, meaningless, out)
			}
		}
	}
}

// rulesText is what is shown of a task file.
func rulesText(t *testing.T, asked spec.TaskSpec) string {
	t.Helper()
	v, err := view.TaskFileOf("task.yaml", asked)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&session{stdout: &out, out: &out}).show(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
