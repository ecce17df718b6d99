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

// size is how much is on a chain.
type size struct{ Nodes, Tasks int }

// loadOptions are what the flags say of a loaded chain.
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
	f.StringVar(&o.name, "name", "now", "`name` of the chain in lines and pictures, with --load")
	f.IntVar(&o.expired, "expired", 0, "measure the first size once more with so many `tasks` that have ended, with --load")
	f.IntVar(&o.blocks, "blocks", 60, "empty blocks to measure of each chain, with --load")
	f.StringVar(&o.draw, "draw", "", "only draw the lines in these `files`, separated by commas")
	f.StringVar(&o.drawVotes, "draw-votes", "", "the same of lines that --votes has printed, in these `files`")
	f.StringVar(&o.docs, "docs", "", "`document` whose table is written anew, with --draw or --draw-votes")
	f.StringVar(&o.plot, "plot", "", "SVG `file` for the picture, with --draw or --draw-votes")
	return f.String("load", "", "measure empty blocks instead of messages, with so many `nodes:tasks`, as in 100:10,10000:1000")
}

// parseSizes reads 100:10,10000:1000.
func parseSizes(s string) (sizes []size, err error) {
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		nodes, tasks, _ := strings.Cut(part, ":")
		n, err := strconv.Atoi(nodes)
		t, err2 := strconv.Atoi(tasks)
		if err != nil || err2 != nil || t < 1 || n < 10*t {
			return nil, fmt.Errorf("--load %q: want nodes:tasks, and 10 nodes for each task", part)
		}
		sizes = append(sizes, size{n, t})
	}
	return sizes, nil
}

// lives are what the open tasks of a loaded chain do.
func lives() []string { return []string{lifeIdle, lifeWaiting, lifeAborting} }

const (
	lifeIdle     = "idle"     // a round trains, and its deadline is far away
	lifeWaiting  = "waiting"  // no committee has the stake that they want
	lifeAborting = "aborting" // their trainers never speak
)

// load is what the empty blocks of a loaded chain cost in processor time, from
// FinalizeBlock to the end of Commit.
type load struct {
	Name    string `json:"name"`
	Nodes   int    `json:"nodes"`
	Tasks   int    `json:"tasks"`
	Expired int    `json:"expired"` // tasks that have ended, beside
	Life    string `json:"life"`
	Blocks  int    `json:"blocks"`
	Median  int64  `json:"median_us"`
	Mean    int64  `json:"mean_us"`
	Longest int64  `json:"longest_us"`
}

// measureLoads measures each size with each life, and the first size once more with idle
// tasks and so many tasks that have ended.
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

// pause is between two blocks of a loaded chain, and spreading over how many of them
// its tasks are created, so that they are not all due in the same block.
const (
	pause     = time.Second
	spreading = 10
)

// settling is how many blocks pass before any is measured: pauses of tasks that ask in
// vain, or abort, have grown by then.
const settling = 120

// measureLoad begins a chain, brings its tasks to life, and lets empty blocks pass.
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
	for range settling {
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

// loaded is a chain with many nodes: of ten, one aggregates, one evaluates, eight train.
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
	const each = 10_000 * chain.Thing // so that the accounts of 10,000 nodes stay below the cap
	n, err := newNetwork(accounts, each)
	if err != nil {
		return nil, err
	}
	n.pause = pause
	m := &loaded{network: n, consumer: accounts[1], nodes: accounts[2:]}
	return m, m.all(m.nodes, func(i int, a account) (uint64, sdk.Msg) {
		return paid, registration(roleOf(i))(a)
	})
}

// all lets accounts say something each, in a few blocks.
func (m *loaded) all(who []account, say func(int, account) (uint64, sdk.Msg)) error {
	for i := range spreading {
		var txs [][]byte
		for j := i * len(who) / spreading; j < (i+1)*len(who)/spreading; j++ {
			m.now = m.now.Add(time.Microsecond) // no two transactions of an account are alike
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

// hour is longer than anything that is measured.
const hour = 3600 * spec.Second

// begin creates tasks and, unless they wait, brings each to its first round.
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
	if err := m.all(slices.Repeat([]account{m.consumer}, tasks), create); err != nil || life == lifeWaiting {
		return err
	}
	if err := m.rest(); err != nil {
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
		return fmt.Errorf("%d members of committees, want %d", len(who), 2*tasks)
	}
	ready := func(i int, a account) (uint64, sdk.Msg) {
		d := model(0)
		return owed, &taskpb.MsgReady{Owner: a.owner(), Task: what[i], Digest: d[:]}
	}
	if err := m.all(who, ready); err != nil {
		return err
	}
	return m.rest()
}

// rest hands the chain some empty blocks.
func (m *loaded) rest() error {
	for range spreading {
		if _, err := m.block(); err != nil {
			return err
		}
	}
	return nil
}

// expire writes tasks that have ended, as they lie in the store: the record, and where it
// is found by state and by owner. Messages that lead there would take a day.
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
		return fmt.Errorf("task 1 is not where it was")
	}
	cancelled := binary.BigEndian.AppendUint32(nil, uint32(taskpb.TASK_STATE_CANCELLED))
	owner := append([]byte(m.consumer.owner()), 0)
	const unused = 1 << 32 // ids
	for id := uint64(unused); id < unused+uint64(tasks); id++ {
		store.Set(number(1, big(id)), record)
		store.Set(number(4, cancelled, big(id)), []byte{})
		store.Set(number(5, owner, big(id)), []byte{})
	}
	return m.rest()
}
