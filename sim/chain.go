package sim

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// Chain keeps nodes, money, tasks and their rounds in memory and executes the effects
// that package round returns. It decides nothing itself, and it checks neither
// signatures nor fees. It is not safe for concurrent use.
type Chain struct {
	// EffectLog has one line per effect so far, with its height in front.
	EffectLog []string
	// Listen, unless it is nil, is called with every effect before it is executed.
	Listen func(s round.State, e round.Effect)
	// Rules are the rules for deposits: the default ones, except that any stake is enough.
	Rules spec.StakeRules

	id       string
	height   int64
	clock    round.Clock
	nodes    []spec.Node       // node i+1 at index i
	balances map[string]uint64 // uthing, by account
	escrow   uint64            // uthing that open tasks have not spent
	tasks    []round.State     // task i+1 at index i
	rounds   map[key]spec.Round
	parts    map[key]engagement // by task and node
	burned   uint64             // uthing slashed so far
	funded   uint64             // uthing that accounts were given by Fund
	datasets []owned            // data set i+1 at index i
	undo     []func()           // reverts the changes since the last input, to be called last to first
}

// Validators is the one account that stands for all block validators.
const Validators = "validators"

// key names a round of a task, or a node in a task.
type key struct{ task, of uint64 }

// NewChain is a chain at height 1 without nodes, accounts and tasks.
func NewChain(id string) *Chain {
	rules := round.DefaultStakeRules()
	for i := range rules.Bounds {
		rules.Bounds[i].Min = 1
	}
	return &Chain{
		Rules: rules,
		id:    id, height: 1, clock: round.Clock{}.Tick(0),
		balances: map[string]uint64{}, rounds: map[key]spec.Round{}, parts: map[key]engagement{},
	}
}

// Height is the height of the next block.
func (c *Chain) Height() int64 { return c.height }

// Time is network time at the next block.
func (c *Chain) Time() spec.Time { return c.clock.Time }

// BeginBlock sets the time of the next block, in milliseconds since 1970, and moves
// network time forward.
func (c *Chain) BeginBlock(at int64) { c.clock = c.clock.Tick(at) }

func (c *Chain) now() round.Moment { return round.Moment{Height: c.height, Time: c.clock.Time} }

// Fund gives an account money.
func (c *Chain) Fund(account string, uthing uint64) {
	c.balances[account] += uthing
	c.funded += uthing
}

// Balance is what an account can spend, in uthing.
func (c *Chain) Balance(account string) uint64 { return c.balances[account] }

// Escrow is what is locked for all tasks together, in uthing.
func (c *Chain) Escrow() uint64 { return c.escrow }

// Register locks a stake out of the owner's balance and creates a node with the next id.
// The node is active if the stake is large enough.
func (c *Chain) Register(owner string, profile spec.Profile, stake uint64) (uint64, error) {
	if err := profile.Validate(); err != nil {
		return 0, err
	}
	if slices.ContainsFunc(c.nodes, func(n spec.Node) bool { return n.Owner == owner && n.State != spec.NodeExited }) {
		return 0, fmt.Errorf("%s has a node already", owner)
	}
	deposit, err := round.NewDeposit(stake, c.Rules.ForRoles(profile.Roles))
	if err != nil {
		return 0, err
	}
	if c.balances[owner] < stake {
		return 0, fmt.Errorf("stake of %d uthing: want no more than the balance of %s, %d", stake, owner, c.balances[owner])
	}
	c.balances[owner] -= stake
	n := spec.Node{
		ID: uint64(len(c.nodes)) + 1, Owner: owner, Profile: profile, Registered: c.height,
		Deposit: deposit, Standing: round.NewStanding(),
	}
	c.nodes = append(c.nodes, n)
	return n.ID, nil
}

// Create locks the escrow of a task out of its owner's balance and opens the task.
func (c *Chain) Create(owner string, asked spec.TaskSpec) (uint64, error) {
	if err := asked.Validate(); err != nil {
		return 0, fmt.Errorf("%w: %w", round.ErrSpec, err)
	}
	if err := spec.DefaultTariff().Pays(asked); err != nil {
		return 0, fmt.Errorf("%w: %w", round.ErrSpec, err)
	}
	if least := asked.Selection.MinStake; least > c.Rules.MaxBond {
		return 0, fmt.Errorf("%w: selection.min_stake is %d uthing: want at most %d", round.ErrSpec, least, c.Rules.MaxBond)
	}
	if from := asked.Model.Init.Task; from > 0 {
		earlier, err := c.Task(from)
		if err == nil {
			err = asked.StartsWith(earlier)
		}
		if err != nil {
			return 0, fmt.Errorf("%w: %w", round.ErrSpec, err)
		}
	}
	if c.balances[owner] < asked.Escrow {
		return 0, fmt.Errorf("%w: %s has %d uthing", round.ErrEscrow, owner, c.balances[owner])
	}
	id := uint64(len(c.tasks)) + 1
	opened := round.New(c.id, id, owner, asked, spec.DefaultTariff(), c.now())
	if err := round.Affordable(world{c}, opened.Task); err != nil {
		return 0, err
	}
	c.balances[owner] -= asked.Escrow
	c.escrow += asked.Escrow
	c.tasks = append(c.tasks, opened)
	return id, nil
}

// Check returns the error with which a task would refuse an input now, or nil.
func (c *Chain) Check(task uint64, in round.Input) error {
	s, err := c.state(task)
	if err == nil {
		_, _, err = s.Step(c.now(), in)
	}
	return err
}

// Say gives an input to a task. A refused input changes nothing.
func (c *Chain) Say(task uint64, in round.Input) error {
	s, err := c.state(task)
	if err != nil {
		return err
	}
	return c.apply(s, in)
}

// apply gives an input to a task, and reverts all changes if that fails.
func (c *Chain) apply(s round.State, in round.Input) error {
	logged := len(c.EffectLog)
	c.undo = c.undo[:0]
	err := round.Apply(world{c}, c.now(), s, in)
	if err != nil {
		for _, back := range slices.Backward(c.undo) {
			back()
		}
		c.EffectLog = c.EffectLog[:logged]
	}
	return err
}

// EndBlock runs every task that is due and begins the next block.
func (c *Chain) EndBlock() error {
	trainers := 0
	for _, waiting := range []bool{false, true} {
		for _, id := range c.due(waiting) {
			if trainers >= round.MaxTrainersPerBlock {
				break // the remaining tasks follow in the next block
			}
			s := c.tasks[id-1]
			for _, r := range s.OpenRounds() {
				trainers += int(r.Asked)
			}
			if err := c.apply(s, round.Tick{}); err != nil {
				return fmt.Errorf("task %d at height %d: %w", id, c.height, err)
			}
		}
	}
	c.payMatured()
	c.height++
	return nil
}

// due lists the tasks of one queue that are due, the longest overdue first.
func (c *Chain) due(waiting bool) (ids []uint64) {
	for _, s := range c.tasks {
		if s.Task.Due > 0 && s.Task.Due <= c.clock.Time && (s.Task.State == spec.TaskWaiting) == waiting {
			ids = append(ids, s.Task.ID)
		}
	}
	slices.SortStableFunc(ids, func(a, b uint64) int { return cmp.Compare(c.tasks[a-1].Task.Due, c.tasks[b-1].Task.Due) })
	return ids[:min(len(ids), round.MaxTasksPerBlock(waiting))]
}

// Task returns a task, or [round.ErrTaskNotFound].
func (c *Chain) Task(id uint64) (spec.Task, error) {
	s, err := c.state(id)
	return s.Task, err
}

// Round returns a round in its current state, or [round.ErrTaskNotFound] or
// [round.ErrRoundNotFound].
func (c *Chain) Round(task, number uint64) (spec.Round, error) {
	if _, err := c.state(task); err != nil {
		return spec.Round{}, err
	}
	r, ok := c.rounds[key{task, number}]
	if !ok {
		return r, fmt.Errorf("task %d round %d: %w", task, number, round.ErrRoundNotFound)
	}
	return r, nil
}

// Node returns a node in its current state; false if there is none.
func (c *Chain) Node(id uint64) (spec.Node, bool) {
	if id == 0 || id > uint64(len(c.nodes)) {
		return spec.Node{}, false
	}
	n := c.nodes[id-1]
	return n, n.ID == id
}

// Duties lists the open tasks in which a node has a part, in the order of their
// ids, each with the parts of its running rounds that [round.PartsFor] selects for the
// node.
func (c *Chain) Duties(node uint64) (duties []round.State) {
	for _, s := range c.tasks {
		if c.parts[key{s.Task.ID, node}].parts > 0 {
			aggregates := slices.ContainsFunc(s.Task.Aggregators, func(m spec.Member) bool { return m.Node == node })
			duties = append(duties, s.Only(round.PartsFor(node, aggregates)))
		}
	}
	return duties
}

// Committed returns which trainer has sent a commitment in the round of a task that is
// in the phase train; 0 if none has, or if no round is in that phase.
func (c *Chain) Committed(task uint64, commitment spec.Digest) (uint64, error) {
	s, err := c.state(task)
	if err != nil || s.Round.Phase != spec.PhaseTrain {
		return 0, err
	}
	return s.Round.Committer(commitment), nil
}

func (c *Chain) state(id uint64) (round.State, error) {
	if id == 0 || id > uint64(len(c.tasks)) {
		return round.State{}, fmt.Errorf("task %d: %w", id, round.ErrTaskNotFound)
	}
	return c.tasks[id-1], nil
}

// world is the chain as package round sees it.
type world struct{ *Chain }

var _ round.World = world{}

// Save implements [round.World].
func (w world) Save(before, after round.State) error {
	id := after.Task.ID
	w.undo = append(w.undo, func() { w.tasks[id-1] = before })
	w.tasks[id-1] = after
	for _, r := range []spec.Round{after.Round, after.Scoring} {
		if r.Number == 0 {
			continue
		}
		at := key{id, r.Number}
		old, known := w.rounds[at]
		w.undo = append(w.undo, func() {
			if delete(w.rounds, at); known {
				w.rounds[at] = old
			}
		})
		w.rounds[at] = r
	}
	return nil
}

// Roster implements [round.World].
func (w world) Roster() (*round.Roster, error) { return round.NewRoster(w.nodes...), nil }

// Pay implements [round.World].
func (w world) Pay(node, uthing uint64) error {
	n, ok := w.Node(node)
	if !ok {
		return fmt.Errorf("cannot pay node %d: there is no such node", node)
	}
	return w.Refund(n.Owner, uthing)
}

// Refund implements [round.World].
func (w world) Refund(owner string, uthing uint64) error {
	if w.escrow < uthing {
		return fmt.Errorf("the escrow holds %d uthing: cannot pay %d", w.escrow, uthing)
	}
	w.undo = append(w.undo, func() {
		w.escrow += uthing
		w.balances[owner] -= uthing
	})
	w.escrow -= uthing
	w.balances[owner] += uthing
	return nil
}

// PayValidators implements [round.World].
func (w world) PayValidators(uthing uint64) error { return w.Refund(Validators, uthing) }

// Excuse implements [round.World].
func (w world) Excuse(node uint64, c spec.Change) error {
	return w.changeStanding(node, func(s spec.Standing) (spec.Standing, error) { return round.Excused(s, c), nil })
}

// Praise implements [round.World].
func (w world) Praise(node uint64, c spec.Change) error {
	return w.changeStanding(node, func(s spec.Standing) (spec.Standing, error) { return round.Praise(s, c), nil })
}

// Blame implements [round.World].
func (w world) Blame(node uint64, c spec.Change) error {
	return w.changeStanding(node, func(s spec.Standing) (spec.Standing, error) { return round.Blame(s, c), nil })
}

// Measure implements [round.World].
func (w world) Measure(node uint64, kind string, accuracy spec.PPM) error {
	return w.changeStanding(node, func(s spec.Standing) (spec.Standing, error) { return round.Measured(s, kind, accuracy), nil })
}

// changeStanding changes a node's standing. A node that has exited has none.
func (w world) changeStanding(node uint64, change func(spec.Standing) (spec.Standing, error)) error {
	n, ok := w.Node(node)
	if !ok {
		return fmt.Errorf("there is no node %d", node)
	}
	if n.State == spec.NodeExited {
		return nil
	}
	next, err := change(n.Standing)
	if err != nil {
		return fmt.Errorf("node %d: %w", node, err)
	}
	w.changeNode(node, func(n *spec.Node) { n.Standing = next })
	return nil
}

// Tell implements [round.World].
func (w world) Tell(s round.State, e round.Effect) error {
	w.EffectLog = append(w.EffectLog, fmt.Sprintf("%d: task %d round %d: %s", w.height, s.Task.ID, round.NumberOf(e), e))
	if w.Listen != nil {
		w.Listen(s, e)
	}
	return nil
}
