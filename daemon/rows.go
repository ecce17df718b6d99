package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/client"
	"github.com/althing-network/althing/data"
	"github.com/althing-network/althing/role"
	"github.com/althing-network/althing/spec"
)

// Rows are the node's own data: a table in CSV, Parquet or NPZ, or a folder of IDX files
// (see [data.Read]), that no interface shows to anybody.
type Rows struct {
	Name string `json:"name,omitempty"` // of the data set, as tasks ask for it
	File string `json:"file,omitempty"` // relative to the home folder; empty: none
	// Classes is the number of classes, for rows whose columns are identified by position;
	// 0: as many as the file has.
	Classes int `json:"classes,omitempty"`
	// Label, Drop, Categories, Missing and Regression correct what is found out from the
	// file: see [data.Options].
	Label      string   `json:"label,omitempty"`
	Drop       []string `json:"drop,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Missing    string   `json:"missing,omitempty"`
	Regression *bool    `json:"regression,omitempty"`
	// Schema is a schema or a task file, in YAML or JSON, that describes the rows; relative to
	// the home folder. The node does not start with rows that do not fit it. Empty: the schema
	// is found out from the rows.
	Schema string `json:"schema,omitempty"`
	// Withhold keeps the number of rows secret: it is in no message, blob or log.
	Withhold bool `json:"withhold,omitempty"`
	// Owner is the home folder of the owner of the rows, where its own ledger is; empty: the
	// node's own. Relative to the home folder. The owner grants the node its data set.
	Owner string `json:"owner,omitempty"`
	// Budget has the node register its rows as a data set when it starts; nil: it does not.
	Budget *Budget `json:"budget,omitempty"`
}

// under is the path of a file whose path may be relative to the home folder.
func under(home, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(home, path)
}

// owner is the home folder of the owner of the node's rows, with the owner's ledger.
func (r Rows) owner(home string) string {
	if r.Owner == "" {
		return home
	}
	return under(home, r.Owner)
}

// options are the options in node.json for reading the rows.
func (r Rows) options() data.Options {
	return data.Options{Label: r.Label, Drop: r.Drop, Categories: r.Categories, Missing: r.Missing, Regression: r.Regression, Classes: r.Classes}
}

// open returns the file of the rows, which reads them in the form that a task asks for.
func (r Rows) open(home string) *data.File {
	return &data.File{Path: under(home, r.File), Options: r.options()}
}

// Own reads the rows in the form in which they are counted and committed to: with the schema
// that node.json names, else with the schema that the file shows. Columns are identified by
// position if the rows are images, if node.json states the number of classes, or if the file
// shows no schema, as a part of a table may. Without a file there are no rows.
func (r Rows) Own(home string) (data.Table, error) {
	if r.File == "" {
		return data.Table{}, nil
	}
	file := r.open(home)
	if r.Schema != "" {
		return r.readWithSchema(home, file)
	}
	if r.Classes > 0 {
		if rows, err := file.Rows(spec.Data{}); err == nil {
			return rows, nil
		}
	}
	report, err := data.Inspect(file.Path, file.Options)
	if err != nil {
		return data.Table{}, err
	}
	schema, err := report.Schema()
	if err == nil {
		return file.Rows(spec.Data{Missing: r.Missing, Schema: schema})
	}
	if rows, failed := file.Rows(spec.Data{}); failed == nil {
		return rows, nil
	}
	return data.Table{}, err
}

// readWithSchema reads the rows with the schema that node.json names.
func (r Rows) readWithSchema(home string, file *data.File) (data.Table, error) {
	path := under(home, r.Schema)
	b, err := os.ReadFile(path)
	if err != nil {
		return data.Table{}, fmt.Errorf("data.schema: %w", err)
	}
	asked, err := spec.ParseSchema(b)
	if err != nil {
		return data.Table{}, fmt.Errorf("%s: %w", path, err)
	}
	if r.Missing != "" {
		asked.Missing = r.Missing
	}
	rows, err := file.Rows(asked)
	if err != nil {
		return rows, fmt.Errorf("%s, with the schema in %s: %w", file.Path, path, err)
	}
	return rows, nil
}

// Misfit says that rows fit none of the open tasks that ask for them by name and state a
// schema.
type Misfit struct {
	Task uint64 // the first of them
	// Undecided: there are more tasks than a node checks, and the rows may fit one of the
	// others.
	Undecided bool
	err       error
}

// Error names the first difference, and the columns that there are.
func (m *Misfit) Error() string {
	return fmt.Sprintf("the rows fit no open task of their data set: task %d states another schema: %v", m.Task, m.err)
}

// Unwrap is [data.ErrMisfit].
func (m *Misfit) Unwrap() error { return m.err }

// errWithheld replaces the error of rows that do not fit if their number is secret: that
// error may name a line of the file and quote it.
var errWithheld = errors.New("they have another schema")

// loggable is what a log may say about the error of rows that do not fit.
func (r Rows) loggable(err error) error {
	if r.Withhold {
		return errWithheld
	}
	return err
}

// maxFitted is how many tasks are checked for one that the rows fit: the file is read for
// each of them.
const maxFitted = 64

// Fit checks whether the rows fit an open task that asks for a data set of their name and
// states a schema. If there are such tasks and the rows fit none of them, the error is a
// [*Misfit]. An undecided misfit is no error: otherwise anybody could keep nodes from
// registering by opening many tasks.
func (r Rows) Fit(ctx context.Context, c *client.Client, home string) error {
	err := fits(ctx, c, r.Name, r.open(home).Rows)
	if wrong, ok := errors.AsType[*Misfit](err); ok && wrong.Undecided {
		return nil
	}
	return err
}

// lister lists the tasks of a chain, as [client.Client] does.
type lister interface {
	Tasks(ctx context.Context, state spec.TaskState, owner string, page client.Page) ([]spec.Task, client.Page, error)
}

func fits(ctx context.Context, c lister, name string, rows role.Rows) error {
	var wrong *Misfit
	looked := 0
	for _, state := range []spec.TaskState{spec.TaskWaiting, spec.TaskPreparing, spec.TaskRunning} {
		for page := (client.Page{}); ; {
			tasks, next, err := c.Tasks(ctx, state, "", page)
			if err != nil {
				return err
			}
			for _, task := range tasks {
				if task.Spec.Data.Name != name || task.Spec.Data.Schema.IsZero() {
					continue
				}
				looked++
				_, err := rows(task.Spec.Data)
				switch {
				case err == nil:
					return nil
				case !errors.Is(err, data.ErrMisfit):
					return err
				case wrong == nil || task.ID < wrong.Task:
					wrong = &Misfit{Task: task.ID, err: err}
				}
				if looked == maxFitted {
					wrong.Undecided = true
					return wrong
				}
			}
			if page = next; !page.More() {
				break
			}
		}
	}
	if wrong == nil { // an error that holds a nil *Misfit would not be nil
		return nil
	}
	return wrong
}
