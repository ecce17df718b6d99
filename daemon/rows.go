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
	// Classes is how many labels there are, of rows whose columns are told apart by their
	// places; 0: as many as the file has.
	Classes int `json:"classes,omitempty"`
	// Label, Drop, Categories, Missing and Regression say of the file what is not found out
	// as it should be: see [data.Options].
	Label      string   `json:"label,omitempty"`
	Drop       []string `json:"drop,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Missing    string   `json:"missing,omitempty"`
	Regression *bool    `json:"regression,omitempty"`
	// Schema is a file in YAML or JSON, a schema or a task file, that says what the rows
	// look like; relative to the home folder. The node does not start with others. Empty:
	// what the file holds is found out.
	Schema string `json:"schema,omitempty"`
	// Withhold keeps their number from everybody: it is in no message, blob or log.
	Withhold bool `json:"withhold,omitempty"`
	// Owner is the home folder of the owner of the rows, where its own ledger is; empty: the
	// node's own. Relative to the home folder. The owner grants the node its data set.
	Owner string `json:"owner,omitempty"`
	// Budget has the node register its rows as a data set when it starts; nil: it does not.
	Budget *Budget `json:"budget,omitempty"`
}

// under is a path of a home folder's file.
func under(home, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(home, path)
}

// owner is the home folder with the own ledger of whoever owns the rows of a node.
func (r Rows) owner(home string) string {
	if r.Owner == "" {
		return home
	}
	return under(home, r.Owner)
}

// options are what a node's file says of its rows.
func (r Rows) options() data.Options {
	return data.Options{Label: r.Label, Drop: r.Drop, Categories: r.Categories, Missing: r.Missing, Regression: r.Regression, Classes: r.Classes}
}

// open are the rows of the file of a home folder, as tasks want them.
func (r Rows) open(home string) *data.File {
	return &data.File{Path: under(home, r.File), Options: r.options()}
}

// Own are the rows of a home folder as their owner has them, for whom they are counted and
// committed to: of the schema that node.json names, else of the one that the file shows.
// Of images, of numbers whose classes node.json counts, and where a table shows no schema,
// as a part of one may, columns are told apart by their places. Without a file there are
// none.
func (r Rows) Own(home string) (data.Table, error) {
	if r.File == "" {
		return data.Table{}, nil
	}
	file := r.open(home)
	if r.Schema != "" {
		return r.stated(home, file)
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

// stated are the rows of a file under the schema that node.json names.
func (r Rows) stated(home string, file *data.File) (data.Table, error) {
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
		return rows, fmt.Errorf("%s, of the schema in %s: %w", file.Path, path, err)
	}
	return rows, nil
}

// Misfit says that rows fit none of the open tasks that ask for them by name and state a
// schema.
type Misfit struct {
	Task uint64 // the first of them
	// Undecided: as many were looked at as a node looks at, and there may be others that
	// the rows fit.
	Undecided bool
	err       error
}

// Error names the first difference, and the columns that there are.
func (m *Misfit) Error() string {
	return fmt.Sprintf("the rows fit no open task of their data set: task %d states another schema: %v", m.Task, m.err)
}

// Unwrap is [data.ErrMisfit].
func (m *Misfit) Unwrap() error { return m.err }

// errWithheld is what is said of rows that do not fit where nobody is to know how many
// there are: why may name a line, and what stands there.
var errWithheld = errors.New("they have another schema")

// told is what a log may have of the error of rows that do not fit.
func (r Rows) told(err error) error {
	if r.Withhold {
		return errWithheld
	}
	return err
}

// maxFitted is how many tasks are looked at for one that rows fit: the file is read for
// each of them.
const maxFitted = 64

// Fit looks whether the rows fit an open task that asks for a data set of their name and
// states a schema. Where there are such tasks, and they fit none, the error is a [*Misfit],
// unless that is undecided: else whoever opens many tasks could keep others from registering.
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
	if wrong == nil { // a nil pointer in an error would be none
		return nil
	}
	return wrong
}
