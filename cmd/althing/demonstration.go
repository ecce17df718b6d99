package main

import (
	"context"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// demonstration is one task from its creation to its end, as a consumer sees it
// through an RPC address.
type demonstration struct {
	network network
	local   daemon.Localnet
	task    spec.TaskSpec
	began   time.Time
	face    face

	chain   *client.Client
	account string // of the consumer
	names   map[uint64]string
	had     client.Supply // before the task was created
	votes   *votes        // of a governed network, once its task runs
	ending  bool          // all that was voted for shows: the task is cancelled
}

func (d *demonstration) run(ctx context.Context) (summary, error) {
	if err := d.connect(ctx); err != nil {
		return summary{}, err
	}
	id, err := d.submit(ctx)
	if err != nil {
		return summary{}, err
	}
	task, err := d.follow(ctx, id)
	if err != nil {
		return summary{}, err
	}
	return d.summarise(ctx, task)
}

// connect waits until every node is registered and active.
func (d *demonstration) connect(ctx context.Context) error {
	for {
		if d.chain == nil {
			if chain, err := client.Dial(ctx, d.local.RPC()...); err == nil {
				d.chain = chain
			}
		}
		if d.chain != nil {
			nodes, _, err := d.chain.Nodes(ctx, 0, true, client.Page{Limit: 1000})
			if err == nil && len(nodes) >= len(d.local.Residents)-1 && d.owned(nodes) {
				d.names = map[uint64]string{}
				for _, node := range nodes {
					d.names[node.ID] = node.Profile.Name
				}
				return nil
			}
			d.face.waiting(len(nodes), len(d.local.Residents)-1)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// owned reports whether all rows are registered that a private task needs.
func (d *demonstration) owned(nodes []spec.Node) bool {
	held := 0
	for _, n := range nodes {
		if h, _ := n.Profile.Holding(d.task.Data.Name); h.Dataset > 0 {
			held++
		}
	}
	return !d.task.Private() || held >= d.network.trainers
}

func (d *demonstration) submit(ctx context.Context) (uint64, error) {
	key, err := daemon.LoadKey(d.local.Home(customer))
	if err != nil {
		return 0, err
	}
	account, err := d.chain.Account(ctx, key)
	if err != nil {
		return 0, err
	}
	d.account = account.Address()
	if d.had, err = d.chain.Supply(ctx); err != nil {
		return 0, err
	}
	receipt, err := account.Send(ctx, client.CreateTask{Spec: d.task})
	if err != nil {
		return 0, err
	}
	return receipt.Created()
}

// follow shows a task until it is closed.
func (d *demonstration) follow(ctx context.Context, id uint64) (spec.Task, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heights := d.chain.Heights(ctx)
	introduced, last := false, spec.Round{} // that was shown last
	var settled spec.Round                  // the newest that has
	opened, made := time.Now(), origins{}
	for {
		task, err := d.chain.Task(ctx, id)
		if err != nil {
			return task, err
		}
		ended := true
		for number := last.Number + 1; number <= task.Round; number++ {
			r, err := d.chain.Round(ctx, id, number)
			if err != nil {
				return task, err
			}
			if !introduced {
				d.face.selected(task, r, d.names)
				introduced = true
			}
			if number == task.Round {
				d.face.progress(task, r)
			}
			if ended = ended && r.Phase.Final(); ended {
				e := d.event(r, made.of(task, r.Base), max(last.Closed, r.Opened), time.Since(opened))
				if e.promised, err = spentBy(ctx, d.chain, task.Spec, r); err != nil {
					return task, err
				}
				d.face.round(e)
				made.add(r)
				last, opened = r, time.Now()
				if r.Phase == spec.PhaseSettled {
					settled = r
				}
			}
		}
		if task.State.Final() {
			return task, nil
		}
		if err := d.govern(ctx, task, settled); err != nil {
			return task, err
		}
		if _, more := <-heights; !more {
			return task, ctx.Err()
		}
	}
}

// govern lets the holders decide once the network has learned something, and ends the task
// when everything that they have decided shows.
func (d *demonstration) govern(ctx context.Context, task spec.Task, settled spec.Round) (err error) {
	if !d.network.govern || settled.Number == 0 || d.ending {
		return nil
	}
	if d.votes == nil {
		if d.votes, err = d.begin(ctx, task); err != nil || d.votes == nil {
			return err
		}
	}
	if d.ending, err = d.votes.step(ctx, task, settled); err != nil || !d.ending {
		return err
	}
	_, err = d.votes.send(ctx, customer, client.Say{Task: task.ID, Input: round.Cancel{}})
	return err
}

// event is a finished round, as the chain tells it; how long the trainers took
// stands in their journals. A round that overlapped with the one before counts from
// the height at which that one ended. Base says where the model comes from with which it
// began.
func (d *demonstration) event(r spec.Round, base string, from int64, took time.Duration) roundEvent {
	e := roundEvent{
		Event: "round", Task: r.Task, Round: r.Number, Phase: r.Phase, Measures: r.Measures, Reason: r.Reason,
		Accuracy: number(r.Score, r.Scored), Holdout: holdout(r), BaseFederated: federated(r), Base: r.Base, Model: r.Next, base: base, Trainers: len(r.Trainers), Survivors: r.Survivors(), LeftOut: leftOuts(r), Paid: r.Paid,
		names:  d.names,
		Height: r.Closed, Blocks: r.Closed - from, Seconds: seconds(took),
	}
	for _, t := range r.Trainers {
		if t.Height > 0 {
			e.TrainBlocks = max(e.TrainBlocks, t.Height-max(from, r.Opened)-1)
		}
		if took, err := daemon.TrainingTime(d.local.Home(d.names[t.Node]), r.Task, r.Number); err == nil {
			e.TrainSeconds = max(e.TrainSeconds, seconds(took))
		}
	}
	return e
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
