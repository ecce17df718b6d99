package main

import (
	"crypto/ed25519"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/pb/nodepb"
	"github.com/althing-network/althing/pb/taskpb"
	"github.com/althing-network/althing/spec"
)

const (
	committee     = 4 // aggregators, and as many evaluators
	leastTrainers = 3
	maxTasks      = 1000
	fortune       = 100 * maxTasks * chain.Thing // of each account: a task costs nobody more than 75 THING
)

// measurement is a network with its nodes, and what their messages cost so far.
// The first error stays in err, and nothing is done after it.
type measurement struct {
	*network
	consumer    account
	trainers    []account
	aggregators []account
	evaluators  []account
	request     spec.TaskSpec
	tasks       uint64 // created so far; the newest has this id

	costs map[string][]cost
	kinds []string // the keys of costs, in the order in which they came
	err   error
}

// request is the task that is run again and again. A round of it selects as many
// trainers as a task that asks for a backup of 30% can, up to most: 10 of 10, 255
// of 256, 2048 of 2048.
func request(most int) spec.TaskSpec {
	t := spec.DefaultTask()
	t.Overlap = false // a phase of one round at a time is measured
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{32}, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = 100_000
	t.Selection.Trainers = uint32(most * int(spec.One) / int(spec.Backup))
	t.Selection.MinTrainers = t.Selection.Trainers // so that a few can hold up a round
	t.Selection.Aggregators, t.Selection.Evaluators = committee, committee
	t.Target = spec.Target{Rounds: 3}
	t.Escrow = 100 * chain.Thing
	return t
}

// newMeasurement begins a network in which as many trainers are registered as a
// round selects.
func newMeasurement(most int) (*measurement, error) {
	m := &measurement{request: request(most), costs: map[string][]cost{}}
	accounts := []account{newAccount("validator", 0), newAccount("consumer", 1)}
	m.consumer = accounts[1]
	enter := func(role string) account {
		a := newAccount(fmt.Sprintf("%s %d", role, len(accounts)), len(accounts))
		a.node = uint64(len(accounts) - 1) // ids begin with 1, behind validator and consumer
		accounts = append(accounts, a)
		return a
	}
	for range m.request.Selection.Asked() {
		m.trainers = append(m.trainers, enter("trainer"))
	}
	for range committee {
		m.aggregators = append(m.aggregators, enter("aggregator"))
	}
	for range committee {
		m.evaluators = append(m.evaluators, enter("evaluator"))
	}
	var err error
	if m.network, err = newNetwork(accounts, fortune); err != nil {
		return nil, err
	}
	m.together(m.trainers, paid, registration(spec.Trainer))
	m.together(m.aggregators, paid, registration(spec.Aggregator))
	m.together(m.evaluators, paid, registration(spec.Evaluator))
	return m, m.err
}

// registration is how a node with a role registers.
func registration(role spec.Role) func(account) sdk.Msg {
	return func(a account) sdk.Msg {
		p := spec.Profile{
			Name: fmt.Sprintf("node-%d", a.node), Roles: role, Slots: 1,
			TransportKey: a.transport().Public().(ed25519.PublicKey), SealingKey: make([]byte, spec.KeySize),
			Resources: spec.Resources{CPU: 2, Memory: 4096, Storage: 10_000, Bandwidth: 10_000},
			Holdings:  []spec.Holding{{Name: "digits", Samples: 100}}, Claimed: spec.One / 2,
			Policy: spec.Policy{SoleAggregator: true},
		}
		if role != spec.Trainer { // a trainer opens no port
			p.Endpoint = fmt.Sprintf("https://node-%d.example.org:8443", a.node)
		}
		return &nodepb.MsgRegister{Owner: a.owner(), Profile: nodepb.ProfileFromSpec(p), Stake: chain.Thing}
	}
}

// rows are the medians of all kinds.
func (m *measurement) rows() (rows []row) {
	for _, kind := range m.kinds {
		rows = append(rows, newRow(len(m.trainers), kind, m.costs[kind]))
	}
	return rows
}

func (m *measurement) add(kind string, c cost) {
	if m.costs[kind] == nil {
		m.kinds = append(m.kinds, kind)
	}
	m.costs[kind] = append(m.costs[kind], c)
}

// alone hands the chain empty blocks and then one with a single message, and notes
// what that one cost more than the last of them.
func (m *measurement) alone(kind string, a account, fee uint64, msg sdk.Msg) {
	if m.err != nil {
		return
	}
	if err := m.single(kind, a, fee, msg); err != nil {
		m.err = fmt.Errorf("%s by node %d: %w", kind, a.node, err)
	}
}

func (m *measurement) single(kind string, a account, fee uint64, msg sdk.Msg) error {
	if _, err := m.block(); err != nil { // it shares out the fees of the block before
		return err
	}
	empty, err := m.block()
	if err != nil {
		return err
	}
	tx, err := m.sign(a, fee, msg)
	if err != nil {
		return err
	}
	check, err := m.check(tx)
	if err != nil {
		return err
	}
	full, err := m.block(tx)
	if err != nil {
		return err
	}
	full.check = check
	m.add(kind, full.less(empty))
	return nil
}

// together hands the chain one block with a message of each account, and notes
// nothing.
func (m *measurement) together(accounts []account, fee uint64, say func(account) sdk.Msg) {
	if m.err != nil {
		return
	}
	var txs [][]byte
	for _, a := range accounts {
		tx, err := m.sign(a, fee, say(a))
		if err != nil {
			m.err = err
			return
		}
		txs = append(txs, tx)
	}
	_, m.err = m.block(txs...)
}

// unhurried is how many empty blocks pass before a phase is answered. A phase that
// most have answered gives the rest half the time that those took, and the
// measured messages need some blocks.
const unhurried = 20

// idle hands the chain some empty blocks.
func (m *measurement) idle() {
	for range unhurried {
		m.together(nil, owed, nil)
	}
}

// patience is how many empty blocks the end of one is waited for.
const patience = 1000

// end hands the chain empty blocks until something has happened at the end of one,
// and notes what that one cost more than the one before.
func (m *measurement) end(kind string, happened func() bool) {
	var before cost
	for i := range patience {
		if m.err != nil {
			return
		}
		var c cost
		c, m.err = m.block()
		switch {
		case m.err != nil || !happened():
			before = c
		case i < 2: // the first one shares out the fees of the block before
			m.err = fmt.Errorf("%s: happened before there was a block to compare it with", kind)
		default:
			m.add(kind, c.less(before))
			return
		}
	}
	m.err = fmt.Errorf("%s: not within %d blocks", kind, patience)
}

// now is the newest task.
func (m *measurement) now() taskpb.Task {
	var res taskpb.QueryTaskResponse
	if m.err == nil {
		m.err = m.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: m.tasks}, &res)
	}
	return res.Task
}

// phase is that of a round of the newest task.
func (m *measurement) phase(round uint64) taskpb.Phase {
	var res taskpb.QueryRoundResponse
	if m.err == nil {
		m.err = m.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: m.tasks, Number: round}, &res)
	}
	return res.Round.Phase
}
