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
	committee      = 4 // number of aggregators, and of evaluators
	minTrainers    = 3
	maxTasks       = 1000
	initialBalance = 100 * maxTasks * chain.Thing // of each account: a task costs an account at most 75 THING
)

// measurement is a network with its nodes, and the costs of their messages so far. After the
// first error, which is kept in err, all methods do nothing.
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

// request is the measured task. Its rounds select at most maxTrainers trainers, or slightly
// fewer, because 30% of them are backups: 10 of 10, 255 of 256, 2048 of 2048.
func request(maxTrainers int) spec.TaskSpec {
	t := spec.DefaultTask()
	t.Overlap = false // so that only one round has a phase at a time
	t.Name = "digits"
	t.Model = spec.Model{Kind: spec.ModelMLP, Inputs: 64, Hidden: []uint32{32}, Classes: 10}
	t.Data = spec.Data{Name: "digits"}
	t.Training.Rate = 100_000
	t.Selection.Trainers = uint32(maxTrainers * int(spec.One) / int(spec.Backup))
	t.Selection.MinTrainers = t.Selection.Trainers // so that a round waits for a few trainers
	t.Selection.Aggregators, t.Selection.Evaluators = committee, committee
	t.Target = spec.Target{Rounds: 3}
	t.Escrow = 100 * chain.Thing
	return t
}

// newMeasurement starts a network with as many trainers as a round selects.
func newMeasurement(maxTrainers int) (*measurement, error) {
	m := &measurement{request: request(maxTrainers), costs: map[string][]cost{}}
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
	if m.network, err = newNetwork(accounts, initialBalance); err != nil {
		return nil, err
	}
	m.together(m.trainers, paid, registration(spec.Trainer))
	m.together(m.aggregators, paid, registration(spec.Aggregator))
	m.together(m.evaluators, paid, registration(spec.Evaluator))
	return m, m.err
}

// registration is the message with which a node with a role registers.
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

// rows are the medians of all kinds of cost.
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

// alone measures one message: it runs empty blocks and then a block with only this message,
// and records the difference to the last empty block.
func (m *measurement) alone(kind string, a account, fee uint64, msg sdk.Msg) {
	if m.err != nil {
		return
	}
	if err := m.single(kind, a, fee, msg); err != nil {
		m.err = fmt.Errorf("%s by node %d: %w", kind, a.node, err)
	}
}

func (m *measurement) single(kind string, a account, fee uint64, msg sdk.Msg) error {
	if _, err := m.block(); err != nil { // this block distributes the fees of the block before
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

// together runs one block with a message of each account, and records nothing.
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

// idleBlocks is how many empty blocks pass before nodes answer in a phase. After most nodes
// have answered, the grace for the others is half of the time that those took, and the
// measured messages need some blocks.
const idleBlocks = 20

// idle runs some empty blocks.
func (m *measurement) idle() {
	for range idleBlocks {
		m.together(nil, owed, nil)
	}
}

// maxEmptyBlocks is after how many empty blocks end gives up.
const maxEmptyBlocks = 1000

// end runs empty blocks until a condition is true at the end of one, and records the
// difference between that block and the one before.
func (m *measurement) end(kind string, happened func() bool) {
	var before cost
	for i := range maxEmptyBlocks {
		if m.err != nil {
			return
		}
		var c cost
		c, m.err = m.block()
		switch {
		case m.err != nil || !happened():
			before = c
		case i < 2: // the first block distributes the fees of the block before
			m.err = fmt.Errorf("%s: happened before there was an empty block to compare with", kind)
		default:
			m.add(kind, c.less(before))
			return
		}
	}
	m.err = fmt.Errorf("%s: not within %d blocks", kind, maxEmptyBlocks)
}

// newest is the newest task.
func (m *measurement) newest() taskpb.Task {
	var res taskpb.QueryTaskResponse
	if m.err == nil {
		m.err = m.ask("/althing.task.v1.Query/Task", &taskpb.QueryTask{Id: m.tasks}, &res)
	}
	return res.Task
}

// phase is the phase of a round of the newest task.
func (m *measurement) phase(round uint64) taskpb.Phase {
	var res taskpb.QueryRoundResponse
	if m.err == nil {
		m.err = m.ask("/althing.task.v1.Query/Round", &taskpb.QueryRound{Task: m.tasks, Number: round}, &res)
	}
	return res.Round.Phase
}
