package role

import (
	"fmt"
	"reflect"

	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// Rows returns a node's own rows in the form a task asks for, not yet scaled: if the task
// states a schema, with its columns in its order and its category values. The error of
// rows that have another schema wraps [data.ErrMisfit].
type Rows func(asked spec.Data) (data.Table, error)

// InMemory returns rows in memory. They fit a task that states the same schema, or no schema.
func InMemory(rows data.Table) Rows {
	return func(taskData spec.Data) (data.Table, error) {
		want, got := model.StatedRows(taskData), model.StatedRows(spec.Data{Schema: rows.Schema})
		switch {
		case taskData.Schema.IsZero():
			return rows, nil
		case !reflect.DeepEqual(want.Schema, got.Schema):
			return data.Table{}, fmt.Errorf("%w: the rows have another schema, or none", data.ErrMisfit)
		case want.Missing != spec.MissingImpute && rows.Validate() != nil:
			return data.Table{}, fmt.Errorf("%w: %w", data.ErrMisfit, rows.Validate())
		}
		return rows, nil
	}
}

// InMemoryFitting returns rows in memory, without the rows that do not fit the task.
func InMemoryFitting(rows data.Table) Rows {
	return func(taskData spec.Data) (data.Table, error) {
		if taskData.Schema.IsZero() || taskData.Missing == spec.MissingImpute {
			return InMemory(rows)(taskData)
		}
		fit := make([]int, 0, rows.Rows())
		for i := range rows.Rows() {
			if rows.View([]int{i}).Validate() == nil {
				fit = append(fit, i)
			}
		}
		return InMemory(rows.View(fit))(taskData)
	}
}
