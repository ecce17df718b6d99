package trainer

import (
	"context"
	"errors"
	"fmt"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/measure"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
	"github.com/althing-network/althing/train"
)

// measure puts the statistics of the node's columns into its store, in the place of an
// update: how many rows there are, and of each column of numbers the least, the largest,
// the exact sum and the exact sum of squares. Nothing is trained, and nothing is judged.
//
// A node that tells nobody how many rows it has does not tell this either, and declines:
// it trains in the rounds that follow, with the scale that the others have made.
func (a Train) measure(ctx context.Context, t role.Tools, slot spec.Slot, rows data.Table) (Trained, error) {
	if t.Withhold {
		return Trained{}, fmt.Errorf("task %d round %d: %w: statistics of columns tell how many rows there are: %w", a.Task.ID, a.Round.Number, errPolicy, role.ErrFinal)
	}
	began := t.Now()
	header, values, err := statistics(slot, a.Task.Spec.Data, rows)
	if err != nil {
		return Trained{}, a.unfit(err)
	}
	for _, p := range a.Processors {
		if err := p.Process(ctx, slot, values, header.ScaleBits); err != nil {
			return Trained{}, fmt.Errorf("process the statistics: %w", err)
		}
	}
	update, err := model.EncodeUpdate(header, values)
	if err != nil {
		return Trained{}, err
	}
	done := Trained{Task: a.Task.ID, Round: a.Round.Number, Samples: uint32(rows.Rows()), Took: t.Now().Sub(began)}
	return done, keep(ctx, t, slot, update)
}

// statistics are those of all rows, as the values of an update.
func statistics(slot spec.Slot, asked spec.Data, rows data.Table) (header model.UpdateHeader, values []int32, err error) {
	sums, err := measure.New(asked)
	if err != nil {
		return header, nil, err
	}
	for i := range rows.Rows() {
		label := float32(0)
		if rows.Targets != nil {
			label = rows.Targets[i]
		}
		if err := sums.AddRow(rows.Row(i), label); err != nil {
			return header, nil, err
		}
	}
	header, err = measure.Header(slot, asked)
	return header, sums.Values(), err
}

// rows are the node's own, as the task wants them; the error of rows that do not fit it is
// final. It names the first difference, unless nobody is to know how many rows there are:
// it may name a line.
func (a Train) rows(t role.Tools) (data.Table, error) {
	rows, err := t.Rows(a.Task.Spec.Data)
	switch {
	case errors.Is(err, data.ErrMisfit) && t.Withhold:
		return rows, a.unfit(errors.New("they have another schema"))
	case errors.Is(err, data.ErrMisfit):
		return rows, a.unfit(err)
	case err != nil:
		return rows, err
	}
	return rows, a.misfit(rows.Rows(), rows.Features, rows.Classes)
}

// hidden are the node's rows in a private task. A row that does not fit it is left out by
// itself and changes nothing of what the others give. There are none where the columns do
// not fit.
func (a Train) hidden(t role.Tools, base model.File) (data.Table, error) {
	rows, err := t.Fitting(a.Task.Spec.Data)
	if errors.Is(err, data.ErrMisfit) {
		m := a.Task.Spec.Model
		return data.Table{Features: int(m.Inputs), Classes: int(m.Classes)}, nil
	}
	if err != nil {
		return rows, err
	}
	return train.ToScale(base, rows)
}
