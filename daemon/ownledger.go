package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/mirror"
	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/privacy/terms"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// syncOwnLedger updates the owner's own ledger from the chain, and returns the id of the owner's
// data set with the node's rows, 0 if there is none. An error of package mirror means that
// the node must not use its rows: the chain has a data set of the owner that the ledger does
// not know, or another history than before, or the rows are not the registered ones any
// more.
func (p *Participant) syncOwnLedger(ctx context.Context, home string, rows data.Table) (uint64, error) {
	sets, err := ownDatasets(ctx, p.account)
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join(home, mirror.File)); errors.Is(err, os.ErrNotExist) && len(sets) == 0 {
		return 0, nil // an owner without a data set needs no ledger
	}
	own, err := mirror.Open(home)
	if err != nil {
		return 0, err
	}
	defer own.Close()
	known := make(map[spec.Digest]mirror.Dataset)
	for _, d := range own.Datasets() {
		known[d.Commitment] = d
	}
	var held uint64
	var changed error
	for _, d := range sets {
		if err := p.catchUp(ctx, own, d, known[d.Commitment].ChainRows); err != nil {
			return 0, fmt.Errorf("data set %d: %w", d.ID, err)
		}
		if rows.Rows() == 0 || d.Name != p.config.Data.Name {
			continue
		}
		switch err := own.Verify(d.Commitment, rows); {
		case err == nil && !own.Signs(d.Key):
			return 0, unsigned(d)
		case err == nil:
			held = d.ID
		case errors.Is(err, mirror.ErrChanged):
			changed = err
		default:
			return 0, err
		}
	}
	if held > 0 {
		changed = nil
	}
	return held, changed
}

// charge updates the owner's own ledger from the chain, then charges a round of a private
// task to it. It is [role.Tools.Charge]: if the ledger refuses, nothing leaves the node.
func (p *Participant) charge(ctx context.Context, home string, task spec.Task, r spec.Round) error {
	i := r.Trainer(p.node.ID)
	if i < 0 {
		return fmt.Errorf("node %d does not train in it: %w", p.node.ID, role.ErrFinal)
	}
	d, err := p.account.Dataset(ctx, r.Trainers[i].Dataset)
	if err != nil {
		return err
	}
	own, err := mirror.Open(home)
	if err != nil {
		return err
	}
	defer own.Close()
	if err := p.spend(ctx, own, d, task, r.Number); err != nil {
		if _, refused := errors.AsType[*client.Refusal](err); refused || errors.Is(err, spec.ErrCommunication) {
			return err // the chain refused a query or did not answer: retried
		}
		return fmt.Errorf("the owner's own ledger refuses: %w: %w", err, role.ErrFinal)
	}
	return nil
}

// sign has the owner of the rows sign the node's commitment in a charged round of a private
// task. It is [role.Tools.Sign].
func (p *Participant) sign(home string, task spec.Task, r spec.Round, update spec.Digest, salt spec.Salt) (spec.Signature, error) {
	i := r.Trainer(p.node.ID)
	if i < 0 {
		return spec.Signature{}, fmt.Errorf("node %d does not train in it: %w", p.node.ID, role.ErrFinal)
	}
	own, err := mirror.Open(home)
	if err != nil {
		return spec.Signature{}, err
	}
	defer own.Close()
	known := own.Datasets()
	at := slices.IndexFunc(known, func(k mirror.Dataset) bool { return k.ID == r.Trainers[i].Dataset })
	if at < 0 {
		return spec.Signature{}, fmt.Errorf("data set %d: %w: %w", r.Trainers[i].Dataset, mirror.ErrNotRegistered, role.ErrFinal)
	}
	s, err := own.Sign(known[at].Commitment, terms.Update, r.Trainers[i].Key, task.Slot(r.Number, p.node.ID), update, salt)
	if err != nil {
		return s, fmt.Errorf("the owner's own ledger does not sign: %w: %w", err, role.ErrFinal)
	}
	return s, nil
}

// spend charges a round to the mirror. Repeating it charges nothing.
func (p *Participant) spend(ctx context.Context, own *mirror.Mirror, d spec.Dataset, task spec.Task, round uint64) error {
	known := own.Datasets()
	i := slices.IndexFunc(known, func(k mirror.Dataset) bool { return k.Commitment == d.Commitment })
	if i < 0 {
		return fmt.Errorf("data set %d: %w", d.ID, mirror.ErrNotRegistered)
	}
	if err := p.catchUp(ctx, own, d, known[i].ChainRows); err != nil {
		return err
	}
	err := own.Charge(d.Commitment, task.ID, terms.Update, round)
	if !errors.Is(err, cost.ErrNotReserved) {
		return err
	}
	release, err := terms.Release(task.Spec)
	if err != nil {
		return err
	}
	each, err := known[i].Book.Limit.Cost(release)
	if err != nil {
		return err
	}
	if err := own.Reserve(d.Commitment, task.ID, terms.Update, each, 1); err != nil {
		return err
	}
	return own.Charge(d.Commitment, task.ID, terms.Update, round)
}

// allPages reads all pages of a list.
func allPages[T any](page func(client.Page) ([]T, client.Page, error)) (all []T, err error) {
	for at := (client.Page{}); ; {
		more, next, err := page(at)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if at = next; !at.More() {
			return all, nil
		}
	}
}

// maxCatchUpTries is how often a chain node that has fewer rows than the mirror already knows
// is asked again, at intervals of one second: it may be behind.
const maxCatchUpTries = 10

// catchUp adds the chain's rows of one data set to the mirror, which knows the first known
// rows. The last of these is compared again.
func (p *Participant) catchUp(ctx context.Context, own *mirror.Mirror, d spec.Dataset, known uint64) error {
	var rows []cost.Row
	for tries := 0; ; tries++ {
		var err error
		rows, err = allPages(func(page client.Page) ([]cost.Row, client.Page, error) { return p.account.Rows(ctx, d.ID, page) })
		if err != nil {
			return err
		}
		if uint64(len(rows)) >= known || tries == maxCatchUpTries {
			break
		}
		if err := client.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
	from := slices.IndexFunc(rows, func(r cost.Row) bool { return r.Number >= known })
	if err := own.CatchUp(d.Commitment, rows[max(0, from):]); err != nil {
		return err
	}
	return own.Confirm(d.Commitment, d.ID)
}

// holdings are what the node claims to hold. Rows that the owner's own ledger refuses, or
// that their owner has not granted to the node, are not used for anything.
func (p *Participant) holdings(ctx context.Context, home string, node uint64, rows data.Table) ([]spec.Holding, error) {
	var held uint64
	var err error
	if p.config.Data.Owner == "" {
		held, err = p.syncOwnLedger(ctx, home, rows)
	} else {
		held, err = p.syncLentLedger(ctx, p.config.Data.ownerHome(home), node, rows)
	}
	_, refused := errors.AsType[*NotGranted](err)
	for _, problem := range []error{mirror.ErrNotRegistered, mirror.ErrContradiction, mirror.ErrChanged, mirror.ErrNoKey} {
		refused = refused || errors.Is(err, problem)
	}
	switch {
	case refused:
		p.log.Error("rows are not used: the owner's own ledger refuses them", slog.Any("err", err))
		return nil, nil
	case err != nil:
		return nil, err
	}
	if p.config.Data.File == "" {
		return nil, nil
	}
	if held > 0 {
		p.log.Info("rows are registered as a data set", slog.Uint64("dataset", held))
	}
	h := spec.Holding{Name: p.config.Data.Name, Samples: uint32(rows.Rows()), Dataset: held}
	if p.config.Data.Withhold {
		h.Samples = 0
	}
	return []spec.Holding{h}, nil
}
