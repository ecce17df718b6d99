package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	rpc "github.com/cometbft/cometbft/rpc/client/http"

	"github.com/althing-network/althing/bench/process"
	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/daemon"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// network is a running network of ours.
type network struct {
	system  system
	folder  string // of its home folders
	running *process.Group
	rpc     []string
	chain   *client.Client
	steps   *steps
}

// sampleOurs lets a network of ours train for a number of rounds.
func (b *bench) sampleOurs(ctx context.Context, s system, folder string, all int, said func(n int)) (r sample, err error) {
	n := network{system: s, folder: filepath.Join(folder, "net"), running: process.New(folder)}
	if err := b.writeNetwork(ctx, s, n.folder, all); err != nil {
		return r, err
	}
	ctx, end := context.WithCancel(ctx)
	proxies, err := n.addProxies(ctx)
	defer func() {
		n.running.Stop()
		end()
		for _, p := range proxies {
			p.wait()
		}
	}()
	if err != nil {
		return r, err
	}
	if err := n.start(ctx, b); err != nil {
		return r, err
	}
	id, err := n.submit(ctx, b)
	if err != nil {
		return r, err
	}
	if err := n.follow(ctx, id, &r, said); err != nil {
		return r, err
	}
	return r, n.read(ctx, id, all, &r)
}

// writeNetwork lets the program create a network like the demo's.
func (b *bench) writeNetwork(ctx context.Context, s system, folder string, rounds int) error {
	writing := process.New(filepath.Dir(folder))
	return writing.Call(ctx, "localnet", b.program, "localnet", folder, "--port", "0",
		"--validators", fmt.Sprint(s.Validators), "--aggregators", fmt.Sprint(s.Aggregators),
		"--evaluators", fmt.Sprint(s.Evaluators), "--trainers", fmt.Sprint(trainers),
		"--rounds", fmt.Sprint(rounds), "--target", "0", "--commit-timeout", s.Pause.String())
}

// addProxies puts a delaying proxy in front of every validator, for the other validators, if
// the system has a round-trip time.
func (n *network) addProxies(ctx context.Context) (proxies []*proxy, err error) {
	configs := make([]daemon.ValidatorConfig, n.system.Validators)
	instead := map[string]string{} // address of the proxy by P2P address of a validator
	for i := range configs {
		if configs[i], err = daemon.LoadValidator(n.validator(i)); err != nil {
			return proxies, err
		}
		n.rpc = append(n.rpc, "http://"+configs[i].RPC)
		if n.system.RTT == 0 {
			continue
		}
		p, err := newProxy(ctx, configs[i].P2P, n.system.RTT/2)
		if err != nil {
			return proxies, err
		}
		proxies = append(proxies, p)
		instead[configs[i].P2P] = p.address()
	}
	for i, c := range configs {
		if n.system.RTT == 0 {
			continue
		}
		for j, peer := range c.Peers {
			id, address, _ := strings.Cut(peer, "@")
			c.Peers[j] = id + "@" + instead[address]
		}
		if err := daemon.SaveValidator(n.validator(i), c); err != nil {
			return proxies, err
		}
	}
	return proxies, nil
}

func (n *network) validator(i int) string {
	return filepath.Join(n.folder, daemon.Localnet{}.Validator(i))
}

// start starts the network and waits until all nodes are registered.
func (n *network) start(ctx context.Context, b *bench) error {
	names, err := homes(n.folder)
	if err != nil {
		return err
	}
	if n.system.Apart {
		for _, name := range names {
			if err := n.running.Start(name, b.program, "start", "--home", filepath.Join(n.folder, name)); err != nil {
				return err
			}
		}
	} else {
		program, args := b.self, []string{"--host", n.folder}
		if n.system.Traced {
			program, args = traced(n.running.Folder(), program, args...)
		}
		if err := n.running.Start("network", program, args...); err != nil {
			return err
		}
	}
	want := len(names) - n.system.Validators
	return n.until(ctx, time.Minute, func() (bool, error) {
		if n.chain == nil {
			chain, err := client.Dial(ctx, n.rpc...)
			if err != nil {
				return false, nil // not yet
			}
			n.chain = chain
		}
		nodes, _, err := n.chain.Nodes(ctx, 0, true, client.Page{Limit: 1000})
		return err == nil && len(nodes) >= want, nil
	})
}

// until tests a condition every 100 ms, see [process.Group.Until].
func (n *network) until(ctx context.Context, timeout time.Duration, condition func() (bool, error)) error {
	return n.running.Until(ctx, 100*time.Millisecond, timeout, condition)
}

// submit lets the consumer create the task.
func (n *network) submit(ctx context.Context, b *bench) (uint64, error) {
	if err := n.running.Call(ctx, "create", b.program, "task", "create", filepath.Join(n.folder, "task.yaml"),
		"--home", filepath.Join(n.folder, "consumer-1"), "--json"); err != nil {
		return 0, err
	}
	var created struct {
		Task uint64 `json:"task"`
	}
	said := n.running.Tail("create")
	if err := json.NewDecoder(strings.NewReader(said)).Decode(&created); err != nil || created.Task == 0 {
		return 0, fmt.Errorf("task create prints %q: want JSON with the number of the task", said)
	}
	return created.Task, nil
}

// follow waits for the end of the task, and records steps of consensus and memory meanwhile.
func (n *network) follow(ctx context.Context, id uint64, r *sample, said func(n int)) (err error) {
	if n.steps, err = listen(ctx, n.rpc[0]); err != nil {
		return err
	}
	defer n.steps.stop()
	m := meter{running: n.running}
	for shown, done := uint64(0), false; !done; {
		err := n.until(ctx, 2*time.Minute, func() (bool, error) {
			task, err := n.chain.Task(ctx, id)
			if errors.Is(err, round.ErrTaskNotFound) {
				return false, nil // this validator lags a block behind
			}
			if err != nil {
				return false, fmt.Errorf("task %d: %w", id, err)
			}
			done = task.State.Final()
			if task.Round > warmup {
				m.measure()
			}
			if task.Round == shown && !done {
				return false, nil
			}
			shown = task.Round
			return true, nil
		})
		if err != nil {
			return err
		}
		said(int(shown))
	}
	r.Resident, r.Processes = m.peak, m.processes
	return nil
}

// read reads the records of the rounds from a validator.
func (n *network) read(ctx context.Context, id uint64, all int, r *sample) error {
	var rounds []spec.Round
	for page := (client.Page{Limit: 20}); ; {
		part, next, err := n.chain.Rounds(ctx, id, page)
		if err != nil {
			return err
		}
		rounds = append(rounds, part...)
		if page = next; !page.More() {
			break
		}
	}
	for _, r := range rounds {
		if r.Phase != spec.PhaseSettled {
			return fmt.Errorf("round %d is %s (%s): want settled", r.Number, r.Phase, r.Reason)
		}
	}
	if len(rounds) != all {
		return fmt.Errorf("%d rounds are settled: want %d", len(rounds), all)
	}
	settled, err := n.times(ctx, rounds)
	if err != nil {
		return err
	}
	r.Rounds = intervals(settled)
	r.Accuracy = float64(rounds[len(rounds)-1].Score) / float64(spec.One)
	if n.system.Traced {
		calls, took, err := countSyncs(n.running.Folder(), settled[warmup-1], settled[all-1])
		counted := float64(all - warmup)
		r.Syncs = &syncs{Calls: digits(float64(calls)/counted, 0), Ms: digits(milliseconds(took)/counted, 1)}
		return err
	}
	r.Budget = n.budget(rounds[warmup-1:])
	return nil
}

// times are the times of the blocks in which rounds were settled.
func (n *network) times(ctx context.Context, rounds []spec.Round) (times []time.Time, err error) {
	remote, err := rpc.New(n.rpc[0], "/websocket")
	if err != nil {
		return nil, err
	}
	for _, r := range rounds {
		block, err := remote.Header(ctx, &r.Closed)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", r.Closed, err)
		}
		times = append(times, block.Header.Time)
	}
	return times, nil
}

// intervals are the times between the ends of consecutive rounds, after the warm-up.
func intervals(ends []time.Time) (all []time.Duration) {
	for i := warmup; i < len(ends); i++ {
		all = append(all, ends[i].Sub(ends[i-1]))
	}
	return all
}

// readTask reads the task file of a network.
func readTask(folder string) (t spec.TaskSpec, err error) {
	b, err := os.ReadFile(filepath.Join(folder, "task.yaml"))
	if err != nil {
		return t, err
	}
	if t, err = parseTask(b); err != nil {
		return t, fmt.Errorf("task file: %w", err)
	}
	return t, t.Validate()
}
