package daemon_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
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

// TestGrantedTrainerOnARealNetwork: the node of another account, the carrier, trains on a
// hospital's rows. The hospital's own ledger charges and signs. The rows are not used before the
// hospital has granted its data set to the carrier. During the task the hospital replaces its
// key.
func TestGrantedTrainerOnARealNetwork(t *testing.T) {
	table, err := data.Digits()
	if err != nil {
		t.Fatal(err)
	}
	rows := func(i int) data.Table { return table.View([]int{4 * i, 4*i + 1, 4*i + 2, 4*i + 3}) }
	resident := func(name string, roles spec.Role, i int) daemon.Resident {
		r := daemon.Resident{Config: daemon.NodeConfig{Name: name, Roles: roles, Stake: chain.Thing, Slots: 2, Policy: spec.Policy{SoleAggregator: true}}, Funds: 10 * chain.Thing, Serves: roles.Has(spec.Aggregator)}
		if i > 0 {
			r.Rows, r.Config.Data = rows(i), daemon.Rows{Name: "digits", File: "rows.csv", Classes: 10}
		}
		return r
	}
	carrier := resident("carrier", spec.Trainer, 1)
	carrier.Config.Data.Owner = filepath.Join("..", "hospital")
	clinic := resident("clinic", spec.DataProvider|spec.Trainer, 2)
	clinic.Config.Data.Budget = &daemon.Budget{Epsilon: "3"}
	local := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-lent", Validators: 1, Commit: 20 * time.Millisecond, Residents: []daemon.Resident{
		resident("hospital", spec.DataProvider, 1), carrier, clinic,
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
	// start opens a home folder. It returns the node's log and its record on the chain.
	start := func(name string) (p *daemon.Participant, said *lines, node spec.Node) {
		t.Helper()
		said = &lines{}
		p, err := daemon.OpenParticipant(ctx, local.Home(name), slog.New(slog.NewTextHandler(said, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if node, err = c.NodeByOwner(ctx, accountOf(t, c, local.Home(name)).Address()); err != nil {
			t.Fatal(err)
		}
		return p, said, node
	}
	if _, said, node := start("carrier"); len(node.Profile.Holdings) != 0 || !said.has("has no data set of these rows") && !said.has("mirror.jsonl") {
		t.Errorf("before any registration the carrier holds %+v:\n%s", node.Profile.Holdings, said.text.String())
	}
	start("hospital")
	home := local.Home("hospital")
	hospital := accountOf(t, c, home)
	limit := cost.Limit{Unit: cost.Client, Adjacency: cost.ZeroOut, Epsilon: 3 * cost.OneEpsilon, Delta: cost.OneDelta / 100_000}
	id, err := daemon.RegisterData(ctx, hospital, home, rows(1), client.RegisterDataset{
		Description: spec.Description{Name: "digits", Features: 64, Classes: 10}, Limit: limit,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, said, node := start("carrier")
	if len(node.Profile.Holdings) != 0 || !said.has("althing data grant 1 1") {
		t.Errorf("before the grant the carrier, node %d, holds %+v:\n%s", node.ID, node.Profile.Holdings, said.text.String())
	}
	if _, err := hospital.Send(ctx, client.Grant{Dataset: id, Node: node.ID}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"carrier", "clinic", "judge", "adder"} {
		p, said, node := start(name)
		if name == "carrier" && !slices.Equal(node.Profile.Holdings, []spec.Holding{{Name: "digits", Samples: 4, Dataset: id}}) {
			t.Errorf("with the grant it holds %+v:\n%s", node.Profile.Holdings, said.text.String())
		}
		group.Go(func() { _ = p.Run(ctx) })
	}
	task := sim.DigitsTask(2)
	task.Selection.Trainers, task.Selection.MinTrainers, task.Selection.Aggregators, task.Selection.Evaluators = 2, 2, 1, 1
	task.Aggregation.Rule, task.Overlap = spec.RuleMean, false
	task.Privacy = spec.Privacy{Mode: spec.PrivacyLocal, Kind: spec.KindLaplace, Clip: spec.One, Noise: spec.One}
	open(t, c, local.Home("consumer"), task)
	before, err := c.Dataset(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	key, err := daemon.RenewKey(ctx, hospital, home, before)
	if err != nil {
		t.Fatal(err)
	}
	if now, err := c.Dataset(ctx, id); err != nil || now.Key != key || key == before.Key {
		t.Errorf("the key was %s; now it is %s on the chain and %s in the owner's ledger (%v)", before.Key.Short(), now.Key.Short(), key.Short(), err)
	}
	if ended := settled(t, c, 1); ended.State != spec.TaskSpent || ended.Accepted != 2 {
		t.Fatalf("the task is %s (%s) after %d rounds", ended.State, ended.Reason, ended.Accepted)
	}
	b, err := c.Book(ctx, id)
	if err != nil || b.Spent.Epsilon != 2*cost.OneEpsilon {
		t.Errorf("the hospital has spent %+v (%v)", b.Spent, err)
	}
	own, err := mirror.Open(home)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if known := own.Datasets(); len(known) != 1 || known[0].Book.Spent != b.Spent || !known[0].ChainOnly.Zero() {
		t.Errorf("its own ledger has %+v", known)
	}
}
