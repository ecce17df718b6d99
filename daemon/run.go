package daemon

import (
	"context"
	"log/slog"
	"slices"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Run does what the node's roles ask for until ctx ends.
func (p *Participant) Run(ctx context.Context) error {
	p.log.Info("node is up", slog.Any("roles", p.config.Roles), slog.String("endpoint", p.config.endpoint()))
	w := worker{
		agenda: role.Agenda{Machines: p.machines()}, tools: p.tools, done: make(chan outcome),
		stops: map[string]context.CancelFunc{},
	}
	w.report = func(key string, err error) { p.log.Warn("work failed", slog.String("work", key), slog.Any("err", err)) }
	defer func() {
		if p.server != nil {
			_ = p.server.Close()
		}
	}()
	defer w.wait()
	heights := p.account.Heights(ctx)
	var now int64
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-w.done:
			w.ended(o, now)
			if o.event != nil {
				w.handle(ctx, o.event, now)
			}
			continue
		case height, ok := <-heights:
			if !ok {
				return nil
			}
			now = height
			p.chain.forget()
			if now%pruneEvery == int64(p.node.ID)%pruneEvery {
				if err := p.prune(ctx); err != nil && ctx.Err() == nil {
					p.log.Warn("pruning failed", slog.Any("err", err))
				}
			}
		case <-p.uploads:
		}
		saw, err := p.look(ctx)
		if err != nil {
			if ctx.Err() == nil {
				p.log.Warn("chain does not answer", slog.Any("err", err))
			}
			continue
		}
		w.handle(ctx, saw, now)
	}
}

// look reads what concerns the node on the chain and in its store.
func (p *Participant) look(ctx context.Context) (role.Saw, error) {
	tasks, now, err := p.tasks(ctx)
	if err != nil {
		return role.Saw{}, err
	}
	saw := role.Saw{Now: now}
	for _, t := range tasks {
		for _, d := range role.Duties(t.Task, t.Rounds) {
			d.Held = p.held(ctx, d.Round)
			saw.Duties = append(saw.Duties, d)
		}
	}
	return saw, nil
}

// tasks lists the open tasks in which the node has a part, and as a consumer the
// tasks of its account, and says what network time it is.
func (p *Participant) tasks(ctx context.Context) (duties []client.Duty, now spec.Time, err error) {
	duties, now, err = p.account.Duties(ctx, p.node.ID)
	if err != nil || !p.config.Roles.Has(spec.Consumer) {
		return duties, now, err
	}
	for page := (client.Page{Limit: 100}); ; {
		own, next, err := p.account.Tasks(ctx, "", p.account.Address(), page)
		if err != nil {
			return nil, 0, err
		}
		for _, t := range own {
			if !slices.ContainsFunc(duties, func(d client.Duty) bool { return d.Task.ID == t.ID }) {
				duties = append(duties, client.Duty{Task: t})
			}
		}
		if page = next; !page.More() {
			return duties, now, nil
		}
	}
}

// held lists the trainers of a round whose update is in the store.
func (p *Participant) held(ctx context.Context, r spec.Round) (nodes []uint64) {
	if r.Phase != spec.PhaseAttest || r.Aggregator(p.node.ID) < 0 {
		return nil
	}
	return p.tools.Held(ctx, r)
}
