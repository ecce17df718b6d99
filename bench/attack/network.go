package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/althing-network/althing/bench/process"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
)

// The nodes of a network. The last aggregator and the last four trainers may be hostile.
const (
	validators  = 4
	aggregators = 4
	evaluators  = 1
	trainers    = 10
	hostile     = 4 // of the trainers
)

// network is a network that trains and is attacked. Each home folder is a process.
type network struct {
	*target
	program string
	scheme  string // of blob interfaces: https, or, in older versions, http
	running *process.Group
	fences  []*fence
	act     acts         // what hostile nodes do now
	pids    atomic.Value // []int, processes of hostile trainers
}

// startNetwork creates a network, starts it and gives it a task of 1000 rounds.
func startNetwork(ctx context.Context, program, folder string, commit time.Duration, a attack, before bool) (n *network, err error) {
	n = &network{program: program, scheme: "https", running: process.New(folder)}
	if before {
		n.scheme = "http"
	}
	net := filepath.Join(folder, "net")
	if err := n.running.Call(ctx, "localnet", program, "localnet", net, "--port", "0",
		"--validators", fmt.Sprint(validators), "--aggregators", fmt.Sprint(aggregators),
		"--evaluators", fmt.Sprint(evaluators), "--trainers", fmt.Sprint(trainers),
		"--rounds", "1000", "--target", "0", "--commit-timeout", commit.String()); err != nil {
		return nil, err
	}
	if n.target, err = newTarget(ctx, net); err != nil {
		return nil, err
	}
	if err := n.setMinTrainers(trainers - hostile); err != nil {
		return n, err
	}
	if err := n.fenceIn(ctx); err != nil {
		return n, err
	}
	if err := n.start(ctx, a.files); err != nil {
		return n, err
	}
	if err := n.submit(ctx); err != nil {
		return n, err
	}
	for _, h := range n.of("trainer")[:a.keys] {
		n.running.End(h.Name)
	}
	if a.always != nil {
		a.always(&n.act)
		n.cut()
	}
	return n, nil
}

// setMinTrainers changes the task file so that the task goes on without the hostile trainers.
func (n *network) setMinTrainers(trainers int) error {
	path := filepath.Join(n.dir, "task.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	line := regexp.MustCompile(`(?m)^( +min_trainers: )\d+$`)
	if !line.Match(b) {
		return fmt.Errorf("%s: want a line with min_trainers", path)
	}
	return os.WriteFile(path, line.ReplaceAll(b, fmt.Appendf(nil, "${1}%d", trainers)), 0o600)
}

// fenceIn puts a fence in front of every aggregator.
func (n *network) fenceIn(ctx context.Context) error {
	isHostile := func(end net.Addr) bool {
		pids, _ := n.pids.Load().([]int)
		return owns(pids, end)
	}
	all := n.of("aggregator")
	for i, h := range all {
		f, err := newFence(ctx, h.Listen, i == len(all)-1, &n.act, isHostile)
		if err != nil {
			return err
		}
		n.fences = append(n.fences, f)
		if err := n.register(h.Name, f.address()); err != nil {
			return err
		}
	}
	return nil
}

// register sets the endpoint of a node to another address than it listens on.
func (n *network) register(name, address string) error {
	path := filepath.Join(n.home(name), "node.json")
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(b, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	config["endpoint"] = n.scheme + "://" + address
	if b, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// start starts a process for every home folder, and waits until all nodes are registered.
func (n *network) start(ctx context.Context, files int) error {
	for _, h := range n.homes {
		if strings.HasPrefix(h.Name, "guest-") {
			continue
		}
		command := []string{n.program, "start", "--home", n.home(h.Name)}
		if files > 0 {
			command = []string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, files), n.program, "start", "--home", n.home(h.Name)}
		}
		if err := n.running.Start(h.Name, command[0], command[1:]...); err != nil {
			return err
		}
	}
	var pids []int
	for _, h := range n.of("trainer")[trainers-hostile:] {
		pids = append(pids, n.running.PID(h.Name))
	}
	n.pids.Store(pids)
	const nodes = aggregators + evaluators + trainers + 1 // 1 is the consumer
	return n.running.Until(ctx, 100*time.Millisecond, 2*time.Minute, func() (bool, error) {
		var resp nodepb.QueryNodesResponse
		err := n.ask(ctx, 0, "/althing.node.v1.Query/Nodes", &nodepb.QueryNodes{Active: true, Pagination: &query.PageRequest{Limit: 100}}, &resp)
		return err == nil && len(resp.Nodes) >= nodes, nil
	})
}

// submit creates the task and waits for the end of its first round.
func (n *network) submit(ctx context.Context) error {
	if err := n.running.Call(ctx, "create", n.program, "task", "create", filepath.Join(n.dir, "task.yaml"),
		"--home", n.home("consumer-1"), "--json"); err != nil {
		return err
	}
	var created struct {
		Task uint64 `json:"task"`
	}
	said := n.running.Tail("create")
	if err := json.NewDecoder(strings.NewReader(said)).Decode(&created); err != nil || created.Task == 0 {
		return fmt.Errorf("task create prints %q: want JSON with the number of the task", said)
	}
	n.task = created.Task
	if err := os.WriteFile(filepath.Join(n.dir, taskNote), fmt.Append(nil, n.task), 0o600); err != nil {
		return err
	}
	return n.running.Until(ctx, 100*time.Millisecond, 2*time.Minute, func() (bool, error) {
		task, err := n.newest(ctx, 0)
		return err == nil && task.Round > 1, nil
	})
}

// cut closes the connections of hostile trainers to honest aggregators.
func (n *network) cut() {
	for _, f := range n.fences {
		f.cut()
	}
}

// stop ends all processes of the network and waits for them.
func (n *network) stop() { n.running.Stop() }

// attacking starts an attack, which the returned function stops.
func (n *network) attacking(a attack, self, folder string) (stop func(), err error) {
	if a.carryOut == nil {
		a.set(&n.act, true)
		n.cut()
		return func() { a.set(&n.act, false) }, nil
	}
	attacker := process.New(folder)
	const lowestPriority = "19"
	return attacker.Stop, attacker.Start("attack", "nice", "-n", lowestPriority, self, "--as", a.name, "--dir", n.dir)
}

// blocks are the times of all blocks so far, beginning with height 1.
func (n *network) blocks(ctx context.Context) (times []time.Time, err error) {
	status, err := n.validators[0].Status(ctx)
	if err != nil {
		return nil, err
	}
	for height := int64(1); height <= status.SyncInfo.LatestBlockHeight; height++ {
		block, err := n.validators[0].Header(ctx, &height)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", height, err)
		}
		times = append(times, block.Header.Time)
	}
	return times, nil
}

// rounds returns the block times at which rounds of the task were settled, and the number of
// rounds that ended otherwise.
func (n *network) rounds(ctx context.Context, blocks []time.Time) (times []time.Time, stopped int, err error) {
	for page := (&query.PageRequest{Limit: 20}); page != nil; {
		var resp taskpb.QueryRoundsResponse
		if err := n.ask(ctx, 0, "/althing.task.v1.Query/Rounds", &taskpb.QueryRounds{Task: n.task, Pagination: page}, &resp); err != nil {
			return nil, 0, err
		}
		for _, r := range resp.Rounds {
			switch {
			case r.Closed < 1 || r.Closed > int64(len(blocks)):
			case r.Phase == taskpb.PHASE_SETTLED:
				times = append(times, blocks[r.Closed-1])
			default:
				stopped++
			}
		}
		page = nil
		if resp.Pagination != nil && len(resp.Pagination.NextKey) > 0 {
			page = &query.PageRequest{Limit: 20, Key: resp.Pagination.NextKey}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times, stopped, nil
}
