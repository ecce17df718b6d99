package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/chain/task"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

// size is how many nodes and open tasks a chain has.
type size struct{ Nodes, Tasks int }

// loadOptions are the values of the flags for loaded chains.
type loadOptions struct {
	name    string
	load    []size
	expired int
	blocks  int
	draw    string
	docs    string
	plot    string

	drawVotes string
}

func (o *loadOptions) flags(f *flag.FlagSet) (sizes *string) {
	f.StringVar(&o.name, "name", "now", "with --load: `name` of the chain in lines and pictures")
	f.IntVar(&o.expired, "expired", 0, "with --load: measure the first size again with this `number` of ended tasks in addition")
	f.IntVar(&o.blocks, "blocks", 60, "with --load: empty blocks to measure per chain")
	f.StringVar(&o.draw, "draw", "", "measure nothing, draw the output of --load --json in these `files`, separated by commas")
	f.StringVar(&o.drawVotes, "draw-votes", "", "measure nothing, draw the output of --votes --json in these `files`, separated by commas")
	f.StringVar(&o.docs, "docs", "", "with --draw or --draw-votes: `document` whose table is replaced")
	f.StringVar(&o.plot, "plot", "", "with --draw or --draw-votes: SVG `file` for the picture")
	return f.String("load", "", "measure empty blocks instead of messages, with these numbers of `nodes:tasks`, for example 100:10,10000:1000")
}

// parseSizes parses sizes such as 100:10,10000:1000.
func parseSizes(s string) (sizes []size, err error) {
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		nodes, tasks, _ := strings.Cut(part, ":")
		n, err := strconv.Atoi(nodes)
		t, err2 := strconv.Atoi(tasks)
		if err != nil || err2 != nil || t < 1 || n < 10*t {
			return nil, fmt.Errorf("--load %q: want nodes:tasks, with at least 1 task and 10 nodes per task", part)
		}
		sizes = append(sizes, size{n, t})
	}
	return sizes, nil
}

// lives lists what the open tasks of a loaded chain may do.
func lives() []string { return []string{lifeIdle, lifeWaiting, lifeAborting} }

const (
	lifeIdle     = "idle"     // a round is in the phase train, and its deadline is far
	lifeWaiting  = "waiting"  // no node has the stake that the tasks require
	lifeAborting = "aborting" // rounds abort, because trainers send nothing
)

// load is the processor time of empty blocks of a loaded chain, from FinalizeBlock to the end
// of Commit.
type load struct {
	Name    string `json:"name"`
	Nodes   int    `json:"nodes"`
	Tasks   int    `json:"tasks"`
	Expired int    `json:"expired"` // ended tasks, in addition to the open ones
	Life    string `json:"life"`
	Blocks  int    `json:"blocks"`
	Median  int64  `json:"median_us"`
	Mean    int64  `json:"mean_us"`
	Longest int64  `json:"longest_us"`
}

// measureLoads measures each size with each life. If there are ended tasks, it measures the
// first size again with idle tasks and these.
func measureLoads(ctx context.Context, o loadOptions, l line) (loads []load, err error) {
	for _, s := range o.load {
		for _, life := range lives() {
			l.show("%d nodes, %d tasks, %s", s.Nodes, s.Tasks, life)
			m, err := measureLoad(ctx, o, s, life, 0)
			if err != nil {
				return nil, fmt.Errorf("%d nodes, %d tasks, %s: %w", s.Nodes, s.Tasks, life, err)
			}
			loads = append(loads, m)
		}
	}
	if o.expired > 0 {
		s := o.load[0]
		l.show("%d nodes, %d tasks, %d that have ended", s.Nodes, s.Tasks, o.expired)
		m, err := measureLoad(ctx, o, s, lifeIdle, o.expired)
		if err != nil {
			return nil, fmt.Errorf("%d tasks that have ended: %w", o.expired, err)
		}
		loads = append(loads, m)
	}
	return loads, nil
}

const (
	pause        = time.Second // network time between two blocks of a loaded chain
	spreadBlocks = 10          // blocks over which messages are spread, so that tasks are not all due in one block
)

// warmupBlocks is how many blocks pass before the measured ones. After them, the growing
// pauses between retries of waiting and aborting tasks have grown.
const warmupBlocks = 120

// measureLoad starts a chain, creates its tasks, and measures empty blocks.
func measureLoad(ctx context.Context, o loadOptions, s size, life string, expired int) (load, error) {
	m, err := newLoaded(s)
	if err != nil {
		return load{}, err
	}
	if err := m.begin(s.Tasks, life); err != nil {
		return load{}, err
	}
	if expired > 0 {
		if err := m.expire(expired); err != nil {
			return load{}, err
		}
	}
	for range warmupBlocks {
		if _, err := m.block(); err != nil {
			return load{}, err
		}
	}
	var took []int64
	var all int64
	for range o.blocks {
		if err := ctx.Err(); err != nil {
			return load{}, err
		}
		_, micros, err := m.timed()
		if err != nil {
			return load{}, err
		}
		took = append(took, micros)
		all += micros
	}
	slices.Sort(took)
	return load{
		Name: o.name, Nodes: s.Nodes, Tasks: s.Tasks, Expired: expired, Life: life, Blocks: len(took),
		Median: took[(len(took)-1)/2], Mean: all / int64(len(took)), Longest: took[len(took)-1],
	}, nil
}

// loaded is a chain with many nodes: 1 of 10 is an aggregator, 1 an evaluator, 8 are trainers.
type loaded struct {
	*network
	consumer account
	nodes    []account
}

func roleOf(node int) spec.Role {
	return []spec.Role{spec.Aggregator, spec.Evaluator, spec.Trainer}[min(node%10, 2)]
}

func newLoaded(s size) (*loaded, error) {
	accounts := []account{newAccount("validator", 0), newAccount("consumer", 1)}
	for i := range s.Nodes {
		a := newAccount(fmt.Sprint("node ", i), len(accounts))
		a.node = uint64(i + 1)
		accounts = append(accounts, a)
	}
	const each = 10_000 * chain.Thing // 10,000 accounts with it are still below the cap
	n, err := newNetwork(accounts, each)
	if err != nil {
		return nil, err
	}
	n.pause = pause
	m := &loaded{network: n, consumer: accounts[1], nodes: accounts[2:]}
	return m, m.sendAll(m.nodes, func(i int, a account) (uint64, sdk.Msg) {
		return paid, registration(roleOf(i))(a)
	})
}

// sendAll sends one message of each account, spread over some blocks.
func (m *loaded) sendAll(who []account, say func(int, account) (uint64, sdk.Msg)) error {
	for i := range spreadBlocks {
		var txs [][]byte
		for j := i * len(who) / spreadBlocks; j < (i+1)*len(who)/spreadBlocks; j++ {
			m.now = m.now.Add(time.Microsecond) // so that no two transactions of an account are the same
			fee, msg := say(j, who[j])
			tx, err := m.sign(who[j], fee, msg)
			if err != nil {
				return err
			}
			txs = append(txs, tx)
		}
		if _, err := m.block(txs...); err != nil {
			return err
		}
	}
	return nil
}

// hour is longer than any measurement.
const hour = 3600 * spec.Second

// begin creates tasks and, unless they are to wait, starts the first round of each.
func (m *loaded) begin(tasks int, life string) error {
	asked := request(3)
	asked.Selection.MinTrainers = 1
	asked.Selection.Aggregators, asked.Selection.Evaluators = 1, 1
	asked.Retries, asked.Escrow = spec.MaxRetries, chain.Thing
	asked.Deadlines.Select, asked.Deadlines.Train = hour, hour
	switch life {
	case lifeWaiting:
		asked.Selection.MinStake = 1000 * chain.Thing
	case lifeAborting:
		asked.Deadlines.Train = 10 * spec.Second
	}
	create := func(_ int, a account) (uint64, sdk.Msg) {
		return paid, &taskpb.MsgCreate{Owner: a.owner(), Spec: taskpb.TaskSpecFromSpec(asked)}
	}
	if err := m.sendAll(slices.Repeat([]account{m.consumer}, tasks), create); err != nil || life == lifeWaiting {
		return err
	}
	if err := m.emptyBlocks(); err != nil {
		return err
	}
	var who []account
	var what []uint64 // the task of each
	for id := uint64(1); id <= uint64(tasks); id++ {
		var res taskpb.QueryTaskResponse
		if err := m.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: id}, &res); err != nil {
			return err
		}
		for _, member := range slices.Concat(res.Task.Aggregators, res.Task.Evaluators) {
			who, what = append(who, m.nodes[member.Node-1]), append(what, id)
		}
	}
	if len(who) != 2*tasks {
		return fmt.Errorf("committees have %d members: want %d", len(who), 2*tasks)
	}
	ready := func(i int, a account) (uint64, sdk.Msg) {
		d := model(0)
		return owed, &taskpb.MsgReady{Owner: a.owner(), Task: what[i], Digest: d[:]}
	}
	if err := m.sendAll(who, ready); err != nil {
		return err
	}
	return m.emptyBlocks()
}

// emptyBlocks runs some empty blocks.
func (m *loaded) emptyBlocks() error {
	for range spreadBlocks {
		if _, err := m.block(); err != nil {
			return err
		}
	}
	return nil
}

// expire writes ended tasks directly into the store: the records, and their entries in the
// indexes by state and by owner. With messages this would take a day.
func (m *loaded) expire(tasks int) error {
	stores, err := m.stores()
	if err != nil {
		return err
	}
	store := m.app.CommitMultiStore().GetKVStore(stores[task.Name])
	number := func(prefix byte, rest ...[]byte) []byte { return append([]byte{prefix}, slices.Concat(rest...)...) }
	big := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	record := store.Get(number(1, big(1)))
	if record == nil {
		return fmt.Errorf("the store has no task 1 under the expected key")
	}
	cancelled := binary.BigEndian.AppendUint32(nil, uint32(taskpb.TASK_STATE_CANCELLED))
	owner := append([]byte(m.consumer.owner()), 0)
	const unused = 1 << 32 // ids
	for id := uint64(unused); id < unused+uint64(tasks); id++ {
		store.Set(number(1, big(id)), record)
		store.Set(number(4, cancelled, big(id)), []byte{})
		store.Set(number(5, owner, big(id)), []byte{})
	}
	return m.emptyBlocks()
}
