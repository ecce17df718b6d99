package daemon_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestPrivateTaskOnARealNetwork: two owners register their rows and let their nodes train on them.
// A task in the mode local is charged in the chain's ledger and in the owners' own ledgers. A task
// without noise does not select these nodes.
func TestPrivateTaskOnARealNetwork(t *testing.T) {
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 2
	rows := func(i int) data.Table { return table.View([]int{4 * i, 4*i + 1, 4*i + 2, 4*i + 3}) }
	resident := func(name string, roles spec.Role, i int) daemon.Resident {
		r := daemon.Resident{Config: daemon.NodeConfig{Name: name, Roles: roles, Stake: chain.Thing, Slots: 2, Policy: spec.Policy{SoleAggregator: true}}, Funds: 10 * chain.Thing, Serves: roles.Has(spec.Aggregator)}
		if i > 0 {
			r.Rows, r.Config.Data = rows(i), daemon.Rows{Name: "digits", File: "rows.csv", Classes: 10}
		}
		return r
	}
	names := []string{"clinic-1", "clinic-2"}
	local := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-private", Validators: 1, Commit: 20 * time.Millisecond, Residents: []daemon.Resident{
		resident(names[0], spec.DataProvider|spec.Trainer, 1), resident(names[1], spec.DataProvider|spec.Trainer, 2),
		resident("judge", spec.Evaluator, 3), resident("adder", spec.Aggregator, 0), resident("consumer", spec.Consumer, 0),
	}}
	if err := local.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{local.Home(local.Validator(0))})
	c := dial(t, validators[0])
	reach(t, c, 2)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer func() {
		stop()
		group.Wait()
		stopAll(t, validators)
	}()
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 3 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	for i, name := range names { // opened once, so that the nodes are registered and may register data
		home := local.Home(name)
		if _, err := daemon.OpenParticipant(ctx, home, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		own, err := mirror.Open(home)
		if err != nil {
			t.Fatal(err)
		}
		set, err := own.Register(ownRows(t, home), limit)
		if err != nil {
			t.Fatal(err)
		}
		own.Close()
		account := accountOf(t, c, home)
		for _, m := range []client.Message{
			client.RegisterDataset{Description: spec.Description{Name: "digits", Commitment: set.Commitment, Key: own.Key(), Features: 64, Classes: 10}, Limit: limit},
			client.Grant{Dataset: uint64(i) + 1, Node: uint64(i) + 1},
		} {
			if _, err := account.Send(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range append(names, "judge", "adder") {
		p, err := daemon.OpenParticipant(ctx, local.Home(name), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() { _ = p.Run(ctx) })
	}
	task := sim.DigitsTask(rounds)
	task.Selection.Trainers, task.Selection.MinTrainers, task.Selection.Aggregators, task.Selection.Evaluators = 2, 2, 1, 1
	task.Aggregation.Rule, task.Overlap = spec.RuleMean, false
	task.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	open(t, c, local.Home("consumer"), task)
	ended := settled(t, c, 1)
	if ended.State != spec.TaskSpent || ended.Accepted != rounds {
		t.Fatalf("the task is %s (%s) after %d rounds", ended.State, ended.Reason, ended.Accepted)
	}
	var ran []spec.Round
	for number := uint64(1); number <= rounds; number++ {
		r, err := c.Round(ctx, 1, number)
		if err != nil {
			t.Fatal(err)
		}
		ran = append(ran, r)
		for i, own := range r.Trainers {
			if own.Dataset != uint64(i)+1 || own.Samples != 0 || own.Correct != 0 || !own.Survivor {
				t.Errorf("round %d: %+v", number, own)
			}
		}
	}
	charged, err := daemon.VerifyCharges(ctx, c, ended, ran)
	if err != nil || len(charged) != 2 || len(charged[0].Rounds) != rounds || charged[1].Spent.Epsilon != rounds*cost.OneEpsilon {
		t.Errorf("recomputed from the chain: %+v is charged (%v)", charged, err)
	}
	for i, name := range names {
		b, err := c.Book(ctx, uint64(i)+1)
		if err != nil || b.Spent.Epsilon != rounds*cost.OneEpsilon || b.Left() != cost.OneEpsilon {
			t.Errorf("data set %d has spent %+v, %s is left (%v)", i+1, b.Spent, b.Left(), err)
		}
		own, err := mirror.Open(local.Home(name))
		if err != nil {
			t.Fatal(err)
		}
		if known := own.Datasets(); len(known) != 1 || known[0].Book.Spent != b.Spent || !known[0].ChainOnly.Zero() {
			t.Errorf("%s's own ledger has %+v", name, known)
		}
		own.Close()
	}
	task.Privacy, task.Deadlines.Select = spec.Privacy{Mode: spec.PrivacyNone}, spec.Second
	open(t, c, local.Home("consumer"), task)
	if ended := settled(t, c, 2); ended.State != spec.TaskFailed || ended.Accepted != 0 {
		t.Errorf("the task without noise is %s (%s) after %d rounds", ended.State, ended.Reason, ended.Accepted)
	}
}

func accountOf(t *testing.T, c *client.Client, home string) *client.Account {
	t.Helper()
	key, err := daemon.LoadKey(home)
	if err != nil {
		t.Fatal(err)
	}
	account, err := c.Account(t.Context(), key)
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", home, err))
	}
	return account
}

// settled waits for the end of a task.
func settled(t *testing.T, c *client.Client, id uint64) spec.Task {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	for range c.Heights(ctx) {
		if task, err := c.Task(ctx, id); err != nil || task.State.Final() {
			return task
		}
	}
	t.Fatalf("task %d does not end in a minute", id)
	return spec.Task{}
}
