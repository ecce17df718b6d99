package main

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/demo"
	"github.com/althing-network/althing/spec"
)

// TestNetworkCarriedOn kills a whole network in the middle of a round, exports its chain at
// a height that all validators have, and has everybody carry it on under another chain
// id: the task ends as it would have, with what its nodes had hidden and uploaded before.
func TestNetworkCarriedOn(t *testing.T) {
	p := build(t)
	p.call("localnet", p.dir, "--port", "0", "--validators", "2", "--aggregators", "1", "--evaluators", "1", "--trainers", "3", "--model", "softmax", "--target", "0", "--rounds", "4")
	everybody := p.homes()
	p.start(everybody...)
	watchInvariants(t, p.dir)
	chain := p.dial("validator-1", "validator-2")
	p.until("all nodes are registered", func() (error, bool) {
		nodes, _, err := chain.Nodes(t.Context(), 0, true, client.Page{Limit: 100})
		return err, len(nodes) >= len(everybody)-2
	})
	p.call("task", "create", filepath.Join(p.dir, "task.yaml"), "--home", filepath.Join(p.dir, demo.Consumer))
	p.round(chain, 2, spec.PhaseAttest)
	height, err := chain.Height(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, supply := chain.Chain(), p.supply(chain)
	p.until("both validators have it", func() (error, bool) {
		h, err := p.dial("validator-2").Height(t.Context())
		return err, h > height
	})
	p.kill(everybody...)

	at := strconv.FormatInt(height, 10)
	genesis := p.call("chain", "export", "--home", filepath.Join(p.dir, "validator-1"), "--height", at)
	if again := p.call("chain", "export", "--home", filepath.Join(p.dir, "validator-2"), "--height", at); again != genesis {
		t.Fatal("two validators export one height differently")
	}
	file := filepath.Join(p.dir, "genesis.json")
	if err := os.WriteFile(file, []byte(genesis), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range everybody {
		p.call("chain", "import", file, "--home", filepath.Join(p.dir, name), "--chain-id", "althing-carried-on")
	}
	p.start(everybody...)
	chain = p.dial("validator-1", "validator-2")
	p.until("the task is closed", func() (error, bool) {
		state, err := chain.Task(t.Context(), 1)
		return err, err == nil && state.State.Final()
	})
	task, err := chain.Task(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if task.Chain != before || chain.Chain() == before || task.State != spec.TaskSpent || task.Accepted != 4 {
		t.Errorf("on %s, task of %s is %s (%s) after %d rounds", chain.Chain(), task.Chain, task.State, task.Reason, task.Accepted)
	}
	for number := uint64(1); number <= task.Round; number++ {
		if r, err := chain.Round(t.Context(), 1, number); err != nil || r.Phase != spec.PhaseSettled {
			t.Errorf("round %d is %s (%s), %v", number, r.Phase, r.Reason, err)
		}
	}
	if now := p.supply(chain); now != supply {
		t.Errorf("supply is %d uthing, was %d", now, supply)
	}
	p.call("round", "verify", "1", "2", "--home", filepath.Join(p.dir, "trainer-1"))
	p.inStep("validator-1", "validator-2")
}

// supply is how many coins there are.
func (p *processes) supply(chain *client.Client) uint64 {
	p.t.Helper()
	s, err := chain.Supply(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return s.Total
}
