package demo

import (
	"context"
	"errors"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/view"
)

// follower follows one task from its creation to its end, as its consumer can through the RPC
// addresses of the validators.
type follower struct {
	*Folder
	narrator Narrator
	began    time.Time

	chain      *client.Client
	account    string // address of the consumer
	names      map[uint64]string
	governance *governance // of a governed network, once its task runs
	cancelled  bool        // whether the task of a governed network was cancelled, after all effects were seen
}

// Run starts the network, creates the task or finds the one that was created, and follows it
// to its end. When ctx ends, the nodes stop and the error is the cause of that; [Open] and Run go
// on later.
func (f *Folder) Run(ctx context.Context, narrator Narrator) (s Summary, err error) {
	began := time.Now()
	if err := narrator.Begins(f); err != nil {
		return s, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	nodes, err := StartNodes(ctx, f.local, stop)
	if err != nil {
		return s, causeOr(ctx, err)
	}
	follow := follower{Folder: f, narrator: narrator, began: began}
	s, err = follow.run(ctx)
	if err != nil {
		err = causeOr(ctx, err)
	}
	stop(nil)
	if failed := nodes.Wait(); failed != nil {
		err = errors.Join(err, failed)
	}
	if err != nil {
		return s, err
	}
	return s, narrator.Summary(s)
}

// causeOr is why ctx has ended: a node failed, or somebody stopped the demo. Where ctx has not
// ended, it is err.
func causeOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (f *follower) run(ctx context.Context) (Summary, error) {
	if err := f.connect(ctx); err != nil {
		return Summary{}, err
	}
	id, err := f.submit(ctx)
	if err != nil {
		return Summary{}, err
	}
	task, err := f.follow(ctx, id)
	if err != nil {
		return Summary{}, err
	}
	return f.summarise(ctx, task)
}

// connect waits until every node but the guest is registered and active.
func (f *follower) connect(ctx context.Context) error {
	all := len(f.local.Residents) - 1
	lastHeight, lastBlock := int64(0), time.Now()
	for {
		if f.chain == nil {
			if chain, err := client.Dial(ctx, f.local.RPC()...); err == nil {
				f.chain = chain
			}
		}
		registered := 0
		if f.chain != nil {
			if height, err := f.chain.Height(ctx); err == nil && height > lastHeight {
				lastHeight, lastBlock = height, time.Now()
			}
			nodes, _, err := f.chain.Nodes(ctx, 0, true, client.Page{Limit: 1000})
			if err == nil && len(nodes) >= all && f.dataRegistered(nodes) {
				f.names = map[uint64]string{}
				for _, node := range nodes {
					f.names[node.ID] = node.Profile.Name
				}
				return nil
			}
			registered = len(nodes)
		}
		f.narrator.Registering(registered, all, time.Since(lastBlock))
		if err := client.Sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// dataRegistered reports whether the data sets are registered that a private task needs.
func (f *follower) dataRegistered(nodes []spec.Node) bool {
	registered := 0
	for _, n := range nodes {
		if h, _ := n.Profile.Holding(f.task.Data.Name); h.Dataset > 0 {
			registered++
		}
	}
	return !f.task.Private() || registered >= f.record.Trainers
}

// submit creates the task, or finds the one that was created before the demo was stopped.
func (f *follower) submit(ctx context.Context) (uint64, error) {
	key, err := daemon.LoadKey(f.local.Home(Consumer))
	if err != nil {
		return 0, err
	}
	account, err := f.chain.Account(ctx, key)
	if err != nil {
		return 0, err
	}
	f.account = account.Address()
	if f.record.Supply > 0 {
		tasks, _, err := f.chain.Tasks(ctx, "", f.account, client.Page{Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(tasks) > 0 {
			return tasks[0].ID, nil
		}
	}
	supply, err := f.chain.Supply(ctx)
	if err != nil {
		return 0, err
	}
	f.record.Supply = supply.Total
	if err := f.save(); err != nil {
		return 0, err
	}
	receipt, err := account.Send(ctx, client.CreateTask{Spec: f.task})
	if err != nil {
		return 0, err
	}
	return receipt.Created()
}

// follow tells of a task until it is closed.
func (f *follower) follow(ctx context.Context, id uint64) (spec.Task, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heights := f.chain.Heights(ctx)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	t := narration{follower: f, opened: time.Now(), origins: view.Origins{}, earlier: f.resumed}
	lastBlock := time.Now()
	for {
		task, err := f.chain.Task(ctx, id)
		if err != nil {
			return task, err
		}
		if err := t.narrate(ctx, task); err != nil {
			return task, err
		}
		if task.State.Final() {
			return task, nil
		}
		if err := f.govern(ctx, task, t.settled); err != nil {
			return task, err
		}
		for block := false; !block; {
			select {
			case _, more := <-heights:
				if !more {
					return task, ctx.Err()
				}
				lastBlock, block = time.Now(), true
			case <-second.C:
				t.readWaits(ctx, task)
				f.narrator.Progress(Progress{task, t.newest, time.Since(lastBlock), t.waits})
			}
		}
	}
}

// narration is what the narrator knows of a task so far.
type narration struct {
	*follower
	selected bool
	newest   spec.Round
	last     spec.Round // the last one that was told of as ended
	settled  spec.Round // the newest that has settled
	opened   time.Time  // when the round after last began, or was first seen
	origins  view.Origins
	earlier  bool // what has ended, ended before the demo was resumed

	waits     []string  // what the task waits for
	idleSince time.Time // since when no round runs; zero while one runs
}

// readWaits reads what a task waits for, once no round has run for some seconds.
func (t *narration) readWaits(ctx context.Context, task spec.Task) {
	const idle = 3 * time.Second // between two rounds of a task that goes on are some blocks
	switch {
	case t.newest.Number > 0 && !t.newest.Phase.Final():
		t.waits, t.idleSince = nil, time.Time{}
	case t.idleSince.IsZero():
		t.idleSince = time.Now()
	case time.Since(t.idleSince) >= idle:
		if waits, err := view.ReadWaitsFor(ctx, t.chain, task); err == nil { // otherwise what was read before still stands
			t.waits = waits
		}
	}
}

// narrate tells what is new in a task.
func (t *narration) narrate(ctx context.Context, task spec.Task) error {
	ended := true
	for number := t.last.Number + 1; number <= task.Round; number++ {
		r, err := t.chain.Round(ctx, task.ID, number)
		if err != nil {
			return err
		}
		if !t.selected {
			if err := t.narrator.Selected(task, r, t.names); err != nil {
				return err
			}
			t.selected = true
		}
		if ended = ended && r.Phase.Final(); ended {
			if err := t.narrateEnd(ctx, task, r); err != nil {
				return err
			}
		}
		t.newest = r
	}
	t.earlier = false
	if t.newest.Number > 0 && !t.newest.Phase.Final() {
		t.waits, t.idleSince = nil, time.Time{}
	}
	t.narrator.Progress(Progress{Task: task, Round: t.newest, Waits: t.waits})
	return nil
}

// narrateEnd tells of a round that has ended.
func (t *narration) narrateEnd(ctx context.Context, task spec.Task, r spec.Round) (err error) {
	e := t.event(r, max(t.last.Closed, r.Opened), time.Since(t.opened))
	if e.earlier = t.earlier; e.earlier {
		e.Seconds = 0
	}
	if !e.earlier { // the ledger says what is spent now, not what was spent then
		if e.Spent, err = view.ReadSpent(ctx, t.chain, task.Spec, r); err != nil {
			return err
		}
	}
	if err := t.narrator.Round(e); err != nil {
		return err
	}
	t.origins.Add(r)
	t.last, t.opened = r, time.Now()
	if r.Phase == spec.PhaseSettled {
		t.settled = r
	}
	return nil
}

// govern lets the holders vote once the network has learned something. It cancels the task
// when the effects of all votes were seen.
func (f *follower) govern(ctx context.Context, task spec.Task, settled spec.Round) (err error) {
	if !f.record.Governed || settled.Number == 0 || f.cancelled {
		return nil
	}
	if f.governance == nil {
		if f.governance, err = f.startVotes(ctx, task); err != nil || f.governance == nil {
			return err
		}
	}
	if f.cancelled, err = f.governance.step(ctx, task, settled); err != nil || !f.cancelled {
		return err
	}
	_, err = f.governance.send(ctx, Consumer, client.Say{Task: task.ID, Input: round.Cancel{}})
	return err
}

// event is a round that has ended, as the chain has it; how long the trainers took is in their
// journals. Of a round that overlapped with the one before, the blocks count from the height at
// which that one ended.
func (f *follower) event(r spec.Round, from int64, took time.Duration) RoundEvent {
	e := RoundEvent{EndedRound: view.EndedRoundOf(r), Seconds: seconds(took), names: f.names}
	e.Blocks = r.Closed - from
	for _, t := range r.Trainers {
		if t.Height > 0 {
			e.TrainBlocks = max(e.TrainBlocks, t.Height-max(from, r.Opened)-1)
		}
		if took, err := daemon.TrainingTime(f.local.Home(f.names[t.Node]), r.Task, r.Number); err == nil {
			e.TrainSeconds = max(e.TrainSeconds, seconds(took))
		}
	}
	return e
}
