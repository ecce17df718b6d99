package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Run performs the actions of the node's roles until ctx ends.
func (p *Participant) Run(ctx context.Context) error {
	w := worker{
		agenda: role.Agenda{Machines: p.machines()}, tools: p.tools, done: make(chan outcome),
		stops: map[string]context.CancelFunc{},
	}
	w.report = func(key string, err error) {
		level, what := slog.LevelWarn, "work failed"
		if errors.Is(err, errAlarm) {
			level, what = slog.LevelError, privacyError
		}
		p.log.Log(ctx, level, what, slog.String("work", key), slog.Any("err", err))
	}
	if err := p.alarm.Raised(); err != nil {
		p.log.Error(privacyError, slog.Any("err", err))
	}
	tell := reporter{log: p.log, observer: observer{node: p.node.ID, owner: p.account.Address(), self: []slog.Attr{
		slog.String("name", p.config.Name), slog.Uint64("id", p.node.ID), slog.Any("roles", p.config.Roles), slog.String("endpoint", p.config.endpoint()),
	}}}
	tell.notes = tell.observer.registered(p.node)
	defer func() {
		tell.flush(ctx)
		p.log.Info("node has stopped", slog.Any("why", context.Cause(ctx)))
	}()
	defer func() {
		if p.server != nil {
			_ = p.server.Close()
		}
	}()
	defer w.wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	heights := p.account.Heights(ctx)
	var now int64
	prunes := pruneSchedule{next: int64(p.node.ID) % pruneInterval} // spreads nodes over the interval
	var chain chainView                                             // at the newest height at which the chain answered
	var unreported bool                                             // the view has not been reported yet
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-w.done:
			w.ended(o, now)
			if o.event != nil {
				w.handle(ctx, o.event, now)
			}
			if n, ok := workNote(o.event, o.took); ok && o.err == nil {
				tell.addWork(n)
			}
			continue
		case <-tell.flushDue():
			tell.flush(ctx)
			continue
		case height, ok := <-heights:
			if !ok {
				return nil
			}
			now = height
			p.chain.newHeight()
			seen, err := p.readChain(ctx)
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, spec.ErrCommunication) { // watchChain logs a chain that does not answer
					p.log.Warn("chain refused a query", slog.Any("err", err))
				}
				continue
			}
			chain, unreported = seen, true
			p.directory.see(chain.tasks)
			if err := p.twin.look(ctx, p.account.Client, chain.tasks, now); err != nil {
				p.log.Error("node stops: another process uses its keys", slog.Any("err", err))
				return err
			}
			if err := p.endKeys(chain.tasks); err != nil {
				p.log.Warn("cannot delete former keys", slog.Any("err", err))
			}
			for _, t := range chain.tasks {
				if aggregates(t.Task, p.node.ID) { // an aggregator sees all parts of its rounds
					p.chain.put(t.Task, t.Rounds)
				}
			}
			if p.server != nil {
				p.nominees.load(ctx, p.store, p.chain, p.log)
			}
			if prunes.due(now, p.store.Fullest() > role.HighWatermark) {
				if err := p.prune(ctx, p.roleEvent(ctx, chain)); err != nil && ctx.Err() == nil {
					p.log.Warn("pruning failed", slog.Any("err", err))
				}
			}
		case <-p.uploads: // an upload changes the store, not the chain
		}
		w.handle(ctx, p.roleEvent(ctx, chain), now)
		if unreported {
			unreported = false
			tell.report(ctx, p.account.Client, chain)
		}
	}
}

// chainView is the part of the chain's state that concerns a node.
type chainView struct {
	tasks []client.Duty // open ones in which it has a part, and for a consumer those of its account
	time  spec.Time     // network time
}

// roleEvent combines the state of the chain and of the node's store for the machines.
func (p *Participant) roleEvent(ctx context.Context, chain chainView) role.Saw {
	saw := role.Saw{Now: chain.time}
	for _, t := range chain.tasks {
		for _, d := range role.Duties(t.Task, t.Rounds) {
			d.Stored = p.storedUpdates(ctx, t.Task, d.Round)
			saw.Duties = append(saw.Duties, d)
		}
	}
	return saw
}

// readChain reads from the chain what concerns the node.
func (p *Participant) readChain(ctx context.Context) (chainView, error) {
	tasks, now, err := p.account.Duties(ctx, p.node.ID)
	if err != nil || !p.config.Roles.Has(spec.Consumer) {
		return chainView{tasks, now}, err
	}
	for page := (client.Page{Limit: 100}); ; {
		own, next, err := p.account.Tasks(ctx, "", p.account.Address(), page)
		if err != nil {
			return chainView{}, err
		}
		for _, t := range own {
			if !slices.ContainsFunc(tasks, func(d client.Duty) bool { return d.Task.ID == t.ID }) {
				tasks = append(tasks, client.Duty{Task: t})
			}
		}
		if page = next; !page.More() {
			return chainView{tasks, now}, nil
		}
	}
}

// aggregates reports whether a node is one of a task's aggregators.
func aggregates(t spec.Task, node uint64) bool {
	return slices.ContainsFunc(t.Aggregators, func(m spec.Member) bool { return m.Node == node })
}

// storedUpdates lists the trainers of a round whose update is in the store.
func (p *Participant) storedUpdates(ctx context.Context, task spec.Task, r spec.Round) (nodes []uint64) {
	if r.Phase != spec.PhaseAttest || r.Aggregator(p.node.ID) < 0 {
		return nil
	}
	return p.tools.StoredUpdates(ctx, task, r)
}
