package aggregator

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/althing-network/althing/measure"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// measuredModel is the next model of a measuring round: the weights of its base, with the scale that
// the survivors' column statistics give. Statistics that no rows can have are left out;
// every aggregator detects the same ones.
func measuredModel(ctx context.Context, t role.Tools, task spec.Task, r spec.Round) (model.File, error) {
	sums, err := measure.New(task.Spec.Data)
	if err != nil {
		return model.File{}, err
	}
	entries, err := obtainAll(ctx, t, task, r)
	if err != nil {
		return model.File{}, err
	}
	for i, c := range r.Trainers {
		if !c.Survivor {
			continue
		}
		want, err := measure.Header(task.Slot(r.Number, c.Node), task.Spec.Data)
		if err != nil {
			return model.File{}, err
		}
		update, err := role.ReadBlob(ctx, t.Store, entries[i].Digest)
		if err != nil {
			return model.File{}, err
		}
		if err := addStatistics(sums, bytes.NewReader(update), want, uint64(c.Samples)); err != nil && !errors.Is(err, model.ErrUpdate) {
			return model.File{}, err
		}
	}
	base, err := t.Model(ctx, task, r.Base)
	if err != nil {
		return model.File{}, fmt.Errorf("base model: %w", err)
	}
	base.State = spec.Digest{}
	base.Scale, err = sums.Scale()
	if errors.Is(err, measure.ErrSums) {
		err = fmt.Errorf("%w: %w", err, role.ErrFinal)
	}
	return base, err
}

// addStatistics adds the statistics in the update of a trainer that claims a number of rows. The
// error wraps [model.ErrUpdate] if the body is no update of the round, or if no rows can
// have these statistics.
func addStatistics(sums *measure.Sums, body io.Reader, want model.UpdateHeader, rows uint64) error {
	update, err := io.ReadAll(io.LimitReader(body, model.UpdateSize(want)+1))
	if err != nil {
		return err
	}
	if err := model.CheckUpdate(bytes.NewReader(update), want); err != nil {
		return err
	}
	values := make([]int32, want.Count)
	for i, b := 0, update[model.UpdateSize(want)-4*int64(want.Count):]; i < len(values); i++ {
		values[i] = int32(binary.LittleEndian.Uint32(b[4*i:]))
	}
	if err := sums.Add(values, rows); err != nil {
		return fmt.Errorf("%w: %w", model.ErrUpdate, err)
	}
	return nil
}

// claimedRows is the number of rows that a trainer of a round claims.
func claimedRows(r spec.Round, node uint64) uint64 {
	if i := r.Trainer(node); i >= 0 {
		return uint64(r.Trainers[i].Samples)
	}
	return 0
}
