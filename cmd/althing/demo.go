package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/spec"
)

var errNoHome = errors.New("no home folder: --home is missing")

// demo runs a whole network in one process, for one task.
func (s *session) demo() *cobra.Command {
	var n network
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole network on this machine and let it train one model",
		Long: `Starts block validators and nodes in every role, each with a home folder, a key
and an address of its own. A consumer pays for a task, the network trains,
judges and pays, the consumer gets the model.

Exit code 0: the target was reached. 3: it was not.`,
		Example: "  althing demo\n  althing demo --model softmax --target 0.94\n  althing demo --liar 1 --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.runDemo(cmd.Context(), n)
		},
	}
	n.flags(c.Flags())
	return c
}

func (s *session) runDemo(ctx context.Context, n network) (err error) {
	began := time.Now()
	if err := n.validate(); err != nil {
		return err
	}
	parts, err := n.split()
	if err != nil {
		return err
	}
	task, err := n.task(parts.name, parts.trainers[0])
	if err != nil {
		return err
	}
	dir := s.home
	if dir == "" {
		if dir, err = os.MkdirTemp("", "althing-demo-"); err != nil {
			return err
		}
	}
	local := n.localnet(dir, 0, parts)
	if err := local.Write(); err != nil {
		return err
	}
	file, err := yaml.Marshal(task)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "task.yaml"), file, 0o600); err != nil {
		return err
	}
	face := s.face(n, dir)
	ctx, stop := context.WithCancel(ctx)
	running, err := launch(ctx, local, dir)
	if err != nil {
		stop()
		return err
	}
	defer func() {
		stop()
		err = errors.Join(err, running.wait())
	}()
	show := demonstration{network: n, local: local, parts: parts, task: task, began: began, face: face}
	summary, err := show.run(ctx)
	if err != nil {
		return err
	}
	face.summary(summary)
	if !summary.TargetReached {
		return exit(3)
	}
	return nil
}

// running is a network in this process; its daemons share nothing but it.
type running struct {
	validators []*daemon.Validator
	group      sync.WaitGroup
	failed     chan error
	logs       io.Closer
}

// launch starts every home folder but the guest's.
func launch(ctx context.Context, local daemon.Localnet, dir string) (*running, error) {
	logs, err := os.Create(filepath.Join(dir, "log.txt"))
	if err != nil {
		return nil, err
	}
	r := &running{logs: logs, failed: make(chan error, len(local.Residents))}
	for i := range local.Validators {
		v, err := daemon.StartValidator(ctx, local.Home(local.Validator(i)))
		if err != nil {
			return nil, errors.Join(err, r.wait())
		}
		r.validators = append(r.validators, v)
	}
	log := slog.New(slog.NewTextHandler(logs, nil))
	for _, resident := range local.Residents {
		if resident.Config.Name == guest {
			continue
		}
		r.group.Go(func() {
			if err := daemon.Start(ctx, local.Home(resident.Config.Name), log); err != nil && ctx.Err() == nil {
				r.failed <- fmt.Errorf("%s: %w", resident.Config.Name, err)
			}
		})
	}
	return r, nil
}

// wait lets the nodes end, then the validators.
func (r *running) wait() error {
	r.group.Wait()
	var err error
	for _, v := range r.validators {
		err = errors.Join(err, v.Stop())
	}
	return errors.Join(err, r.logs.Close())
}

// demonstration is one task from its creation to its end, as a consumer sees it
// through an RPC address.
type demonstration struct {
	network network
	local   daemon.Localnet
	parts   rows
	task    spec.TaskSpec
	began   time.Time
	face    face

	chain *client.Client
	names map[uint64]string
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
func (d *demonstration) connect(ctx context.Context) (err error) {
	for {
		if d.chain == nil {
			d.chain, err = client.Dial(ctx, d.local.RPC()...)
		}
		if d.chain != nil {
			nodes, _, err := d.chain.Nodes(ctx, 0, true, client.Page{Limit: 1000})
			if err == nil && len(nodes) >= len(d.local.Residents)-1 {
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

func (d *demonstration) submit(ctx context.Context) (uint64, error) {
	key, err := daemon.LoadKey(d.local.Home(customer))
	if err != nil {
		return 0, err
	}
	account, err := d.chain.Account(ctx, key)
	if err != nil {
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
	shown := uint64(0)
	opened := time.Now()
	for {
		task, err := d.chain.Task(ctx, id)
		if err != nil {
			return task, err
		}
		for number := shown + 1; number <= task.Round; number++ {
			round, err := d.chain.Round(ctx, id, number)
			if err != nil {
				return task, err
			}
			if number == 1 && shown == 0 {
				d.face.selected(task, d.names)
			}
			d.face.progress(task, round)
			if !round.Phase.Final() {
				break
			}
			d.face.round(d.event(round, time.Since(opened)))
			shown, opened = number, time.Now()
		}
		if task.State.Final() {
			return task, nil
		}
		if err := sleep(ctx, 60*time.Millisecond); err != nil {
			return task, err
		}
	}
}

// event is a finished round, as the chain tells it; how long the trainers took
// stands in their journals.
func (d *demonstration) event(r spec.Round, took time.Duration) roundEvent {
	e := roundEvent{
		Event: "round", Task: r.Task, Round: r.Number, Phase: r.Phase, Reason: r.Reason,
		Accuracy: ratio(r.Score), Federated: ratio(r.FederatedScore()), Trainers: len(r.Trainers), Survivors: r.Survivors(),
		Height: r.Closed, Blocks: r.Closed - r.Opened, Seconds: seconds(took),
	}
	for _, t := range r.Trainers {
		if t.Height > 0 {
			e.TrainBlocks = max(e.TrainBlocks, t.Height-r.Opened-1)
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
