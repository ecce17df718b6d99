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

// Run does what the node's roles ask for until ctx ends.
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
	tell := teller{log: p.log, news: news{node: p.node.ID, owner: p.account.Address(), self: []slog.Attr{
		slog.String("name", p.config.Name), slog.Uint64("id", p.node.ID), slog.Any("roles", p.config.Roles), slog.String("endpoint", p.config.endpoint()),
	}}}
	tell.notes = tell.news.registered(p.node)
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
	prunes := pruning{next: int64(p.node.ID) % pruneInterval} // not all nodes at once
	var chain sight                                           // as of now, unless the chain did not answer
	var looked bool                                           // and nobody has told of it yet
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-w.done:
			w.ended(o, now)
			if o.event != nil {
				w.handle(ctx, o.event, now)
			}
			if n, ok := done(o.event, o.took); ok && o.err == nil {
				tell.later(n)
			}
			continue
		case <-tell.flushed():
			tell.flush(ctx)
			continue
		case height, ok := <-heights:
			if !ok {
				return nil
			}
			now = height
			p.chain.forget()
			seen, err := p.look(ctx)
			if err != nil {
				if ctx.Err() == nil && !errors.Is(err, spec.ErrCommunication) { // of a silent chain watchChain tells
					p.log.Warn("chain refuses a question", slog.Any("err", err))
				}
				continue
			}
			chain, looked = seen, true
			p.directory.see(chain.tasks)
			if err := p.twin.look(ctx, p.account.Client, chain.tasks, now); err != nil {
				p.log.Error("node stops", slog.Any("err", err))
				return err
			}
			if err := p.endKeys(chain.tasks); err != nil {
				p.log.Warn("former keys are not deleted", slog.Any("err", err))
			}
			for _, t := range chain.tasks {
				if aggregates(t.Task, p.node.ID) { // its rounds are whole
					p.chain.learn(t.Task, t.Rounds)
				}
			}
			if p.server != nil {
				p.nominees.take(ctx, p.store, p.chain, p.log)
			}
			if prunes.due(now, p.store.Fullest() > role.HighWatermark) {
				if err := p.prune(ctx, p.saw(ctx, chain)); err != nil && ctx.Err() == nil {
					p.log.Warn("pruning failed", slog.Any("err", err))
				}
			}
		case <-p.uploads: // an upload changes the store, not the chain
		}
		w.handle(ctx, p.saw(ctx, chain), now)
		if looked {
			looked = false
			tell.see(ctx, p.account.Client, chain)
		}
	}
}

// sight is what concerns a node on the chain.
type sight struct {
	tasks []client.Duty // open ones in which it has a part, and as a consumer those of its account
	time  spec.Time     // network time
}

// saw is what the machines are told of the chain and of the node's store.
func (p *Participant) saw(ctx context.Context, chain sight) role.Saw {
	saw := role.Saw{Now: chain.time}
	for _, t := range chain.tasks {
		for _, d := range role.Duties(t.Task, t.Rounds) {
			d.Held = p.held(ctx, t.Task, d.Round)
			saw.Duties = append(saw.Duties, d)
		}
	}
	return saw
}

// look asks the chain what concerns the node.
func (p *Participant) look(ctx context.Context) (sight, error) {
	tasks, now, err := p.account.Duties(ctx, p.node.ID)
	if err != nil || !p.config.Roles.Has(spec.Consumer) {
		return sight{tasks, now}, err
	}
	for page := (client.Page{Limit: 100}); ; {
		own, next, err := p.account.Tasks(ctx, "", p.account.Address(), page)
		if err != nil {
			return sight{}, err
		}
		for _, t := range own {
			if !slices.ContainsFunc(tasks, func(d client.Duty) bool { return d.Task.ID == t.ID }) {
				tasks = append(tasks, client.Duty{Task: t})
			}
		}
		if page = next; !page.More() {
			return sight{tasks, now}, nil
		}
	}
}

// aggregates reports whether a node is one of a task's aggregators.
func aggregates(t spec.Task, node uint64) bool {
	return slices.ContainsFunc(t.Aggregators, func(m spec.Member) bool { return m.Node == node })
}

// held lists the trainers of a round whose update is in the store.
func (p *Participant) held(ctx context.Context, task spec.Task, r spec.Round) (nodes []uint64) {
	if r.Phase != spec.PhaseAttest || r.Aggregator(p.node.ID) < 0 {
		return nil
	}
	return p.tools.Held(ctx, task, r)
}
