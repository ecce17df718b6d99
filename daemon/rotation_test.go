package daemon_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// TestFormerKeysEndWithTheirRounds: a node that starts with new keys keeps the former ones until
// the rounds that ran at its start have ended.
func TestFormerKeysEndWithTheirRounds(t *testing.T) {
	began := time.Unix(1_700_000_000, 0)
	expired := daemon.Former(began)
	later := began.Add(time.Hour)
	for _, c := range []struct {
		now   time.Time
		tasks []client.Duty
		want  bool
	}{
		{later, []client.Duty{duty(7, spec.Round{Number: 1}, spec.Round{Number: 2}), duty(8, spec.Round{Number: 4})}, false},
		{later, []client.Duty{duty(7, spec.Round{Number: 2}, spec.Round{Number: 3})}, false},
		{later, []client.Duty{duty(7, spec.Round{Number: 3})}, true},
	} {
		if got := expired(c.now, c.tasks...); got != c.want {
			t.Errorf("with %+v: expired %v, want %v", c.tasks, got, c.want)
		}
	}
	expired = daemon.Former(began)
	if expired(began) || !expired(began.Add(time.Minute)) {
		t.Error("a node without a round: want its former keys kept for as long as peers cache them")
	}
}

// TestRunningRoundSurvivesRotation: an aggregator and a trainer get new keys during a round. No
// update and no commitment is lost, and the registry has the new keys. While a node runs, its keys
// cannot be replaced.
func TestRunningRoundSurvivesRotation(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	const trainers, rounds = 3, 12
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	l := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-keys", Validators: 1, Commit: 50 * time.Millisecond}
	l.Residents = residents(n)
	if err := l.Write(); err != nil {
		t.Fatal(err)
	}
	validators := startAll(t, []string{l.Home(l.Validator(0))})
	defer stopAll(t, validators)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	nodes := map[string]func(){} // functions that stop a node, by its name
	start := func(name string) {
		running, halt := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- daemon.Start(running, l.Home(name), slog.New(slog.DiscardHandler)) }()
		nodes[name] = func() {
			halt()
			if err := <-ended; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	defer func() {
		stop()
		for _, halt := range nodes {
			halt()
		}
	}()
	c := dial(t, validators[0])
	var rotating []spec.Node // the first aggregator and the first trainer
	for i, node := range n.Nodes {
		start(node.Profile().Name)
		for range c.Heights(ctx) {
			if registered, err := c.Node(ctx, uint64(i)+1); err == nil {
				if slices.Contains([]spec.Role{spec.Aggregator, spec.Trainer}, node.Profile().Roles) && (len(rotating) == 0 || rotating[len(rotating)-1].Profile.Roles != node.Profile().Roles) {
					rotating = append(rotating, registered)
				}
				break
			}
		}
	}
	if len(rotating) != 2 {
		t.Fatalf("found %d nodes to rotate, want 2", len(rotating))
	}
	open(t, c, l.Home("consumer"), everybody(trainers, rounds))
	for _, node := range rotating {
		home := l.Home(node.Profile.Name)
		for range c.Heights(ctx) {
			if now, err := c.Task(ctx, 1); err == nil && now.State == spec.TaskRunning {
				break
			}
		}
		if _, err := daemon.RotateKeys(ctx, home); !errors.Is(err, daemon.ErrInUse) {
			t.Errorf("keys of a node that runs: %v", err)
		}
		nodes[node.Profile.Name]()
		got, err := daemon.RotateKeys(ctx, home)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got.Profile.TransportKey, node.Profile.TransportKey) || bytes.Equal(got.Profile.SealingKey, node.Profile.SealingKey) {
			t.Errorf("%s has its old keys", node.Profile.Name)
		}
		for _, former := range []string{"transport.key.former", "sealing.key.former"} {
			if _, err := os.Stat(filepath.Join(home, former)); err != nil {
				t.Errorf("%s is lost before its round ends: %v", former, err)
			}
		}
		start(node.Profile.Name)
	}
	for range c.Heights(ctx) {
		if now, err := c.Task(ctx, 1); err != nil || now.State.Final() {
			break
		}
	}
	settled, _, err := c.Rounds(ctx, 1, client.Page{Limit: 100})
	if err != nil || len(settled) != rounds {
		t.Fatalf("%d rounds, %v", len(settled), err)
	}
	for _, r := range settled {
		if r.Phase != spec.PhaseSettled || r.Survivors() != trainers {
			t.Errorf("round %d is %s with %d survivors", r.Number, r.Phase, r.Survivors())
		}
		for _, a := range r.Aggregates {
			if a.Revealed > 0 && a.Digest != r.Next {
				t.Errorf("round %d: aggregator %d found %s, want %s", r.Number, a.Node, a.Digest, r.Next)
			}
		}
	}
}

// residents returns the nodes of a simulated network, and a consumer.
func residents(n *sim.Network) (all []daemon.Resident) {
	for _, node := range n.Nodes {
		r := daemon.Resident{Rows: node.Table, Funds: 10 * chain.Thing, Serves: node.Profile().Roles.Has(spec.Aggregator)}
		r.Config = daemon.NodeConfig{Name: node.Profile().Name, Roles: node.Profile().Roles, Stake: chain.Thing, Slots: 1}
		if r.Rows.Rows() > 0 {
			r.Config.Data = daemon.Rows{Name: node.Profile().Holdings[0].Name, File: "rows.csv", Classes: 10, Withhold: node.Tools.Withhold}
		}
		all = append(all, r)
	}
	return append(all, daemon.Resident{
		Config: daemon.NodeConfig{Name: "consumer", Roles: spec.Consumer, Stake: chain.Thing}, Funds: 100 * chain.Thing,
	})
}

// open creates a task that the account of a home folder pays for.
func open(t *testing.T, c *client.Client, home string, task spec.TaskSpec) {
	t.Helper()
	key, err := daemon.LoadKey(home)
	if err != nil {
		t.Fatal(err)
	}
	account, err := c.Account(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := account.Send(t.Context(), client.CreateTask{Spec: task}); err != nil {
		t.Fatal(err)
	}
}
