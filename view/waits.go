package view

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/round"
	"github.com/althing-network/althing/spec"
)

// ReadWaitsFor says what a task waits for, in texts such as "evaluators: no node has rows of
// Digits; 10 have digits". A task that has closed waits for nothing.
func ReadWaitsFor(ctx context.Context, c *client.Client, t spec.Task) ([]string, error) {
	switch t.State {
	case spec.TaskWaiting:
		nodes, err := activeNodes(ctx, c)
		if err != nil {
			return nil, err
		}
		return orNextSelection(ctx, c, t, "participants", CommitteeWaitsFor(t, nodes))
	case spec.TaskPreparing:
		return preparationWaitsFor(ctx, c, t)
	case spec.TaskRunning:
		return runningWaitsFor(ctx, c, t)
	default:
		return nil, nil
	}
}

// ReadLacks says which nodes are missing for a task that failed because too few nodes could
// serve it, judged by the nodes that are active now. It is empty for every other task.
func ReadLacks(ctx context.Context, c *client.Client, t spec.Task) ([]string, error) {
	if t.State != spec.TaskFailed || t.Reason != round.ErrResources.Error() {
		return nil, nil
	}
	nodes, err := activeNodes(ctx, c)
	if err != nil {
		return nil, err
	}
	trainers, err := trainersWaitFor(ctx, c, t, nodes, nil)
	return append(CommitteeWaitsFor(t, nodes), trainers...), err
}

func activeNodes(ctx context.Context, c *client.Client) ([]spec.Node, error) {
	return ReadAll(func(page client.Page) ([]spec.Node, client.Page, error) { return c.Nodes(ctx, 0, true, page) })
}

// orNextSelection is what is missing. Where nothing is missing, it says when the chain selects
// nodes the next time.
func orNextSelection(ctx context.Context, c *client.Client, t spec.Task, whom string, missing []string) ([]string, error) {
	if len(missing) > 0 {
		return missing, nil
	}
	now, err := c.Time(ctx)
	if err != nil {
		return nil, err
	}
	if t.Due <= now {
		return []string{whom + ": the chain selects them at the next block"}, nil
	}
	return []string{fmt.Sprintf("%s: the chain selects them in %s", whom, WholeSeconds(t.Due-now))}, nil
}

// CommitteeWaitsFor says which aggregators and evaluators a waiting task lacks, judged by the
// active nodes. It is empty if there are enough.
func CommitteeWaitsFor(t spec.Task, nodes []spec.Node) (missing []string) {
	selection := t.Spec.Selection
	for _, wanted := range []struct {
		role  spec.Role
		count int
	}{{spec.Aggregator, int(selection.Aggregators)}, {spec.Evaluator, int(selection.Evaluators)}} {
		if text := newSupply(t, nodes, wanted.role).lacks(wanted.count); text != "" {
			missing = append(missing, text)
		}
	}
	if len(missing) > 0 {
		return missing
	}
	able := make(map[uint64]bool)
	for _, role := range []spec.Role{spec.Aggregator, spec.Evaluator} {
		for _, node := range newSupply(t, nodes, role).able {
			able[node.ID] = true
		}
	}
	if wanted := int(selection.Aggregators + selection.Evaluators); len(able) < wanted {
		return []string{fmt.Sprintf("aggregators and evaluators: %s can be one or the other, and the task needs %d together", Counted(len(able), "node"), wanted)}
	}
	return nil
}

// TrainersWaitsFor says which trainers a task lacks for its next round, judged by the active
// nodes and the rounds that are still being scored. It is empty if there are enough.
// Funding is nil unless the task is private.
func TrainersWaitsFor(t spec.Task, nodes []spec.Node, open []spec.Round, funding *Funding) []string {
	supply := trainerSupply(t, nodes, open)
	if funding != nil {
		supply.keepFunded(*funding)
	}
	if text := supply.lacks(int(t.Spec.Selection.MinTrainers)); text != "" {
		return []string{text}
	}
	return nil
}

// trainersWaitFor is [TrainersWaitsFor] with the funding of a private task read from the chain.
func trainersWaitFor(ctx context.Context, c *client.Client, t spec.Task, nodes []spec.Node, open []spec.Round) ([]string, error) {
	if !t.Spec.Private() {
		return TrainersWaitsFor(t, nodes, open, nil), nil
	}
	funding, err := readFunding(ctx, c, t, trainerSupply(t, nodes, open).able)
	return TrainersWaitsFor(t, nodes, open, &funding), err
}

// supply is how many nodes can serve a task in a role, and what keeps the others from it.
type supply struct {
	task      spec.Task
	role      spec.Role
	nodes     int // that have the role
	able      []spec.Node
	busy      int
	obstacles map[round.Obstacle]int
	holdings  map[string]int // names of data sets that nodes with the role have
	unfunded  []unfunded     // of a private task
}

func newSupply(t spec.Task, nodes []spec.Node, role spec.Role) supply {
	return supplyBeside(t, nodes, role, nil, nil)
}

// trainerSupply is the supply of trainers. No evaluator of a task trains for it. A node that
// serves the task already needs no second bond, and a trainer whose round is being scored has
// a free slot.
func trainerSupply(t spec.Task, nodes []spec.Node, open []spec.Round) supply {
	others := slices.DeleteFunc(slices.Clone(nodes), func(n spec.Node) bool {
		return slices.ContainsFunc(t.Evaluators, func(m spec.Member) bool { return m.Node == n.ID })
	})
	bonded, freed := map[uint64]bool{}, map[uint64]uint32{}
	for _, m := range t.Aggregators {
		bonded[m.Node] = true
	}
	for _, r := range open {
		for _, c := range r.Trainers {
			bonded[c.Node] = true
			freed[c.Node]++
		}
	}
	return supplyBeside(t, others, spec.Trainer, bonded, freed)
}

// supplyBeside is the supply of a role, given what nodes do for the task already: bonded are
// the nodes whose bond the task holds, freed is how many of their busy slots count as free.
func supplyBeside(t spec.Task, nodes []spec.Node, role spec.Role, bonded map[uint64]bool, freed map[uint64]uint32) supply {
	s := supply{task: t, role: role, obstacles: map[round.Obstacle]int{}, holdings: map[string]int{}}
	for i := range nodes {
		n := &nodes[i]
		if !n.Profile.Roles.Has(role) {
			continue
		}
		s.nodes++
		for _, h := range n.Profile.Holdings {
			s.holdings[h.Name]++
		}
		obstacle := round.ObstacleTo(&t, n, role, bonded[n.ID])
		switch {
		case obstacle != round.NoObstacle:
			s.obstacles[obstacle]++
		case n.Busy >= n.Profile.Slots+freed[n.ID]:
			s.busy++
		default:
			s.able = append(s.able, *n)
		}
	}
	return s
}

// lacks says why the task does not get the wanted number of nodes in the role; it is empty if
// there are enough.
func (s supply) lacks(wanted int) string {
	who := s.role.String() + "s"
	data := s.task.Spec.Data.Name
	switch {
	case len(s.able) >= wanted:
		return ""
	case s.nodes < wanted && len(s.able) == s.nodes:
		return fmt.Sprintf("%s: %d of %d are registered", who, s.nodes, wanted)
	case s.nodes > 0 && s.obstacles[round.ObstacleDataset] == s.nodes:
		return fmt.Sprintf("%s: no node has rows of %s%s", who, data, s.otherHoldings())
	}
	var reasons []string
	say := func(count int, what string) {
		if count > 0 {
			reasons = append(reasons, fmt.Sprintf("%d %s", count, what))
		}
	}
	say(s.busy, "without a free slot")
	say(s.obstacles[round.ObstacleDataset], "without rows of "+data)
	say(s.obstacles[round.ObstacleRows], "with too few rows")
	say(s.obstacles[round.ObstacleRegistered], "with a registered data set, which serves private tasks only")
	say(s.obstacles[round.ObstacleStake], "with less free stake than the bond of "+spec.Money(s.task.Bond()))
	say(s.obstacles[round.ObstacleResources], "with too little memory, storage or other resources")
	say(s.obstacles[round.ObstaclePolicy], "whose policy refuses the task")
	say(s.obstacles[round.ObstacleCapability], "without the capability "+s.task.Spec.Selection.Capability)
	say(s.obstacles[round.ObstacleAccuracy], "whose models were not accurate enough")
	for _, why := range unfundedReasons() {
		say(s.countUnfunded(why), string(why))
	}
	text := fmt.Sprintf("%s: %d of %d can serve the task", who, len(s.able), wanted)
	if len(reasons) > 0 {
		text += "; not: " + strings.Join(reasons, ", ")
	}
	return text
}

// otherHoldings names the data sets that most of the nodes have instead.
func (s supply) otherHoldings() string {
	names := slices.SortedFunc(maps.Keys(s.holdings), func(a, b string) int {
		if s.holdings[a] != s.holdings[b] {
			return s.holdings[b] - s.holdings[a]
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, name := range names[:min(3, len(names))] {
		verb := "have"
		if s.holdings[name] == 1 {
			verb = "has"
		}
		parts = append(parts, fmt.Sprintf("%d %s %s", s.holdings[name], verb, name))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

// preparationWaitsFor names the members of a committee that have not said that they are
// ready.
func preparationWaitsFor(ctx context.Context, c *client.Client, t spec.Task) (missing []string, err error) {
	for _, part := range []struct {
		members []spec.Member
		lacks   string
	}{{t.Aggregators, "not attested the first model"}, {t.Evaluators, "not attested its hold-out"}} {
		var nodes []uint64
		for _, m := range part.members {
			if m.Ready.IsZero() {
				nodes = append(nodes, m.Node)
			}
		}
		if len(nodes) == 0 {
			continue
		}
		names, err := someNames(ctx, c, nodes)
		if err != nil {
			return nil, err
		}
		verb := " has "
		if len(nodes) > 1 {
			verb = " have "
		}
		missing = append(missing, names+verb+part.lacks)
	}
	return missing, nil
}

// runningWaitsFor says what the rounds of a task wait for, or the next round.
func runningWaitsFor(ctx context.Context, c *client.Client, t spec.Task) (missing []string, err error) {
	trains, open := false, []spec.Round{}
	for _, number := range []uint64{t.Scoring, t.Round} {
		if number == 0 {
			continue
		}
		r, err := c.Round(ctx, t.ID, number)
		if err != nil {
			return nil, err
		}
		if r.Phase.Final() {
			continue
		}
		trains, open = trains || number == t.Round, append(open, r)
		text, err := roundWaitsFor(ctx, c, r)
		if err != nil {
			return nil, err
		}
		missing = append(missing, text)
	}
	if trains || t.Cancelling {
		return missing, nil
	}
	nodes, err := activeNodes(ctx, c)
	if err != nil {
		return nil, err
	}
	trainers, err := trainersWaitFor(ctx, c, t, nodes, open)
	if err == nil {
		trainers, err = orNextSelection(ctx, c, t, "trainers", trainers)
	}
	return append(missing, trainers...), err
}

// roundWaitsFor says how many have answered in the phase of a round, and who has not.
func roundWaitsFor(ctx context.Context, c *client.Client, r spec.Round) (string, error) {
	done, all := Answered(r)
	text := fmt.Sprintf("round %d, %s: %d of %d have answered", r.Number, r.Phase, done, all)
	nodes := Unanswered(r)
	if len(nodes) == 0 {
		return text, nil
	}
	names, err := someNames(ctx, c, nodes)
	return text + "; not " + names, err
}

// Unanswered are the participants of a round that have not done what its running phase
// wants.
func Unanswered(r spec.Round) (nodes []uint64) {
	unless := func(height int64, node uint64) {
		if height == 0 {
			nodes = append(nodes, node)
		}
	}
	for _, t := range r.Trainers {
		if r.Phase == spec.PhaseTrain && t.Declined == "" {
			unless(t.Height, t.Node)
		}
	}
	for _, a := range r.Aggregates {
		switch r.Phase {
		case spec.PhaseAttest:
			unless(a.Attested, a.Node)
		case spec.PhaseAggregate:
			unless(a.Committed, a.Node)
		case spec.PhaseReveal:
			unless(a.Revealed, a.Node)
		default: // aggregators have nothing to answer
		}
	}
	for _, e := range r.Scores {
		switch r.Phase {
		case spec.PhaseScore:
			unless(e.Committed, e.Node)
		case spec.PhaseOpen:
			unless(e.Revealed, e.Node)
		default: // evaluators have nothing to answer
		}
	}
	return nodes
}

// someNames lists the names of nodes: of three at most, and how many more there are.
func someNames(ctx context.Context, c *client.Client, nodes []uint64) (string, error) {
	const limit = 3
	known, err := ReadNames(ctx, c, nodes[:min(limit, len(nodes))])
	if err != nil {
		return "", err
	}
	var names []string
	for _, node := range nodes[:min(limit, len(nodes))] {
		names = append(names, known[node])
	}
	text := Names(names, limit)
	if more := len(nodes) - limit; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text, nil
}
