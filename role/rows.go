package role

import (
	"fmt"
	"reflect"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Rows gives a node's own rows as a task wants them, not yet brought to scale: of its
// schema, columns in its order and categories as its values, where it states one. The
// error of rows that are of another schema wraps [data.ErrMisfit].
type Rows func(asked spec.Data) (data.Table, error)

// Held are rows in memory. They fit a task that states their schema, or none.
func Held(rows data.Table) Rows {
	return func(asked spec.Data) (data.Table, error) {
		wanted, own := model.Rows(asked), model.Rows(spec.Data{Schema: rows.Schema})
		switch {
		case asked.Schema.IsZero():
			return rows, nil
		case !reflect.DeepEqual(wanted.Schema, own.Schema):
			return data.Table{}, fmt.Errorf("%w: the rows have another, or none", data.ErrMisfit)
		case wanted.Missing != spec.MissingImpute && rows.Validate() != nil:
			return data.Table{}, fmt.Errorf("%w: %w", data.ErrMisfit, rows.Validate())
		}
		return rows, nil
	}
}

// HeldFitting are rows in memory, without those of them that do not fit a task.
func HeldFitting(rows data.Table) Rows {
	return func(asked spec.Data) (data.Table, error) {
		if asked.Schema.IsZero() || asked.Missing == spec.MissingImpute {
			return Held(rows)(asked)
		}
		fit := make([]int, 0, rows.Rows())
		for i := range rows.Rows() {
			if rows.View([]int{i}).Validate() == nil {
				fit = append(fit, i)
			}
		}
		return Held(rows.View(fit))(asked)
	}
}
