package daemon_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/sim"
	"github.com/althing-network/althing/spec"
)

// outcome is the result of a round, which must be the same in a network and in the simulator.
type outcome struct {
	Round, Base, Next string
	Score             spec.PPM
	Survivors         int
	Paid              uint64
	Trainers          map[uint64]uint64 // pay in uthing, by node
}

func outcomeOf(r spec.Round) outcome {
	o := outcome{
		Round: fmt.Sprint(r.Number), Base: r.Base.String(), Next: r.Next.String(), Score: r.Score,
		Survivors: r.Survivors(), Paid: r.Paid, Trainers: map[uint64]uint64{},
	}
	for _, c := range r.Trainers {
		o.Trainers[c.Node] = c.Paid
	}
	return o
}

// everybody returns a task over the digits in which every round waits for all trainers.
func everybody(trainers, rounds uint32) spec.TaskSpec {
	task := sim.DigitsTask(rounds)
	task.Selection.Trainers, task.Selection.MinTrainers = trainers, trainers
	task.Deadlines = spec.Deadlines{Select: spec.Hour, Train: spec.Hour, Attest: spec.Hour, Aggregate: spec.Hour, Evaluate: spec.Hour}
	return task
}

// TestSimulatorIsTheNetwork runs one task in a network of four validators and eleven nodes, which
// communicate over sockets, and in the simulator. Every round has the same model, score and pay.
// Both have the same rows, and the same names of chain, task and nodes, because the order in which
// rows are read depends on these names.
func TestSimulatorIsTheNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a whole network")
	}
	const trainers, rounds = 3, 3
	task := everybody(trainers, rounds)
	n, err := sim.Digits(sim.Config{}, trainers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open("consumer", task); err != nil {
		t.Fatal(err)
	}
	closed := func() bool {
		got, err := n.Task(1)
		return err == nil && got.State.Final()
	}
	if err := n.Until(t.Context(), 1000, closed); err != nil {
		t.Fatal(err)
	}
	var want []outcome
	for number := uint64(1); number <= rounds; number++ {
		r, err := n.Round(1, number)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, outcomeOf(r))
		if r.Phase != spec.PhaseSettled || r.Survivors() != trainers || r.Paid == 0 {
			t.Fatalf("simulated round %d is %s with %d survivors, who were paid %d", number, r.Phase, r.Survivors(), r.Paid)
		}
	}
	if diff := cmp.Diff(want, network(t, n, task, nil, func() {})); diff != "" {
		t.Errorf("rounds (-simulator +network):\n%s", diff)
	}
}

// network runs a task on a chain of four validators with the nodes of a simulated network, and
// returns the outcomes of its rounds. Logs returns the log of a node; nil: nothing is logged. The
// network runs until the task is closed and the function until has returned.
func network(t *testing.T, n *sim.Network, task spec.TaskSpec, logs func(node uint64) slog.Handler, until func()) (got []outcome) {
	t.Helper()
	local := daemon.Localnet{Dir: t.TempDir(), Chain: "althing-sim", Validators: 4, Commit: 50 * time.Millisecond, Residents: residents(n)}
	if err := local.Write(); err != nil {
		t.Fatal(err)
	}
	var homes []string
	for i := range local.Validators {
		homes = append(homes, local.Home(local.Validator(i)))
	}
	validators := startAll(t, homes)
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer func() {
		stop()
		group.Wait()
		stopAll(t, validators)
	}()
	for _, node := range n.Nodes { // one after the other, so that each gets its id
		log := slog.DiscardHandler
		if logs != nil {
			log = logs(node.ID)
		}
		p, err := daemon.OpenParticipant(ctx, local.Home(node.Profile().Name), slog.New(log))
		if err != nil {
			t.Fatal(err)
		}
		p.TrainWith(node.Tools.Trainer)
		group.Go(func() { _ = p.Run(ctx) }) // the error at the end of ctx means nothing
	}
	c, err := client.Dial(ctx, local.RPC()...)
	if err != nil {
		t.Fatal(err)
	}
	open(t, c, local.Home("consumer"), task)
	for range c.Heights(ctx) {
		if broken, height, err := c.Violations(ctx); err != nil || len(broken) > 0 {
			t.Errorf("height %d: %v, and these invariants do not hold: %v", height, err, broken)
		}
		if now, err := c.Task(ctx, 1); err != nil || now.State.Final() {
			break
		}
	}
	settled, _, err := c.Rounds(ctx, 1, client.Page{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range settled {
		got = append(got, outcomeOf(r))
	}
	until()
	return got
}
