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

// measure stores the statistics of the node's columns in place of an update: the number of
// rows, and for each column of numbers the minimum, the maximum, the exact sum and the
// exact sum of squares. Nothing is trained or evaluated.
//
// A node that withholds its number of rows declines. It trains in the following rounds,
// with the scale that the other trainers' statistics give.
func (a Train) measure(ctx context.Context, t role.Tools, slot spec.Slot, rows data.Table) (Trained, error) {
	if t.Withhold {
		return Trained{}, fmt.Errorf("task %d round %d: %w: column statistics would reveal the number of rows: %w", a.Task.ID, a.Round.Number, errPolicy, role.ErrFinal)
	}
	began := t.Now()
	header, values, err := statistics(slot, a.Task.Spec.Data, rows)
	if err != nil {
		return Trained{}, a.rowsError(err)
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
	return done, storeUpdate(ctx, t, slot, update)
}

// statistics returns the column statistics of all rows, as the values of an update.
func statistics(slot spec.Slot, taskData spec.Data, rows data.Table) (header model.UpdateHeader, values []int32, err error) {
	sums, err := measure.New(taskData)
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
	header, err = measure.Header(slot, taskData)
	return header, sums.Values(), err
}

// rows returns the node's own rows in the form the task asks for. The error of rows that
// do not fit is final. It names the first difference, unless the number of rows is
// withheld: the difference may name a line of the file.
func (a Train) rows(t role.Tools) (data.Table, error) {
	rows, err := t.Rows(a.Task.Spec.Data)
	switch {
	case errors.Is(err, data.ErrMisfit) && t.Withhold:
		return rows, a.rowsError(errors.New("they have another schema"))
	case errors.Is(err, data.ErrMisfit):
		return rows, a.rowsError(err)
	case err != nil:
		return rows, err
	}
	return rows, a.checkRows(rows.Rows(), rows.Features, rows.Classes)
}

// privateRows returns the node's rows for a private task. A row that does not fit is left out
// and does not change what other rows contribute. If the columns do not fit, there are none.
func (a Train) privateRows(t role.Tools, base model.File) (data.Table, error) {
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
