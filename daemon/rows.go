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

// Rows says where a node's own data is and how to read it: a table in CSV, Parquet or NPZ, or a
// folder of IDX files, see [data.Read]. No interface shows the rows to anybody.
type Rows struct {
	Name string `json:"name,omitempty"` // of the data set, as tasks ask for it
	File string `json:"file,omitempty"` // relative to the home folder; empty: the node has no rows
	// Classes is the number of labels, for rows whose columns are identified by position; 0: as
	// many as the file has.
	Classes int `json:"classes,omitempty"`
	// Label, Drop, Categories, Missing and Regression override what is detected in the file:
	// see [data.Options].
	Label      string   `json:"label,omitempty"`
	Drop       []string `json:"drop,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Missing    string   `json:"missing,omitempty"`
	Regression *bool    `json:"regression,omitempty"`
	// Schema is the path of a schema or of a task file, in YAML or JSON, relative to the home
	// folder. The node does not start if its rows do not fit it. Empty: the schema is detected.
	Schema string `json:"schema,omitempty"`
	// Withhold keeps the number of rows secret: it is in no message, blob or log.
	Withhold bool `json:"withhold,omitempty"`
	// Owner is the home folder of the owner of the rows, which holds the owner's own ledger;
	// relative to the home folder of the node. Empty: the node owns its rows. The owner must
	// grant its data set to the node.
	Owner string `json:"owner,omitempty"`
	// Budget makes the node register its rows as a data set when it starts; nil: it does not.
	Budget *Budget `json:"budget,omitempty"`
}

// resolvePath resolves a path that may be relative to a home folder.
func resolvePath(home, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(home, path)
}

// ownerHome returns the home folder of the owner of the rows, which holds the owner's own ledger.
func (r Rows) ownerHome(home string) string {
	if r.Owner == "" {
		return home
	}
	return resolvePath(home, r.Owner)
}

// options returns how to read the file.
func (r Rows) options() data.Options {
	return data.Options{Label: r.Label, Drop: r.Drop, Categories: r.Categories, Missing: r.Missing, Regression: r.Regression, Classes: r.Classes}
}

// dataFile returns the file of rows, which each task reads in its own way.
func (r Rows) dataFile(home string) *data.File {
	return &data.File{Path: resolvePath(home, r.File), Options: r.options()}
}

// Load reads the rows as their owner counts and registers them. Their schema is the one that
// node.json names, else the one that is detected in the file. The columns are identified by
// position if the rows are images, if node.json states the number of classes, or if no schema
// can be detected, as in a small part of a table. Without a file the table is empty.
func (r Rows) Load(home string) (data.Table, error) {
	if r.File == "" {
		return data.Table{}, nil
	}
	file := r.dataFile(home)
	if r.Schema != "" {
		return r.loadWithSchema(home, file)
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

// loadWithSchema reads the rows of a file under the schema that node.json names.
func (r Rows) loadWithSchema(home string, file *data.File) (data.Table, error) {
	path := resolvePath(home, r.Schema)
	b, err := os.ReadFile(path)
	if err != nil {
		return data.Table{}, fmt.Errorf("data.schema: %w", err)
	}
	wanted, err := spec.ParseSchema(b)
	if err != nil {
		return data.Table{}, fmt.Errorf("%s: %w", path, err)
	}
	if r.Missing != "" {
		wanted.Missing = r.Missing
	}
	rows, err := file.Rows(wanted)
	if err != nil {
		return rows, fmt.Errorf("%s does not fit the schema in %s: %w", file.Path, path, err)
	}
	return rows, nil
}

// Misfit is returned for rows that fit none of the open tasks which ask for a data set of
// their name and state a schema.
type Misfit struct {
	Task uint64 // the one with the lowest id among those tasks
	// Undecided: only the first [maxTasksTried] of those tasks were tried; the rows may fit
	// another one.
	Undecided bool
	err       error
}

// Error names the first difference from the task's schema, and the columns that the rows have.
func (m *Misfit) Error() string {
	return fmt.Sprintf("the rows fit no open task of their data set: task %d states another schema: %v", m.Task, m.err)
}

// Unwrap returns [data.ErrMisfit].
func (m *Misfit) Unwrap() error { return m.err }

// errWithheld replaces the reason of a misfit where the number of rows is withheld: the reason
// may name a line of the file and quote it.
var errWithheld = errors.New("they have another schema")

// loggable returns what a log may show of the reason of a misfit.
func (r Rows) loggable(err error) error {
	if r.Withhold {
		return errWithheld
	}
	return err
}

// maxTasksTried limits the tasks that rows are compared with: the file is read once per task.
const maxTasksTried = 64

// CheckFit returns a [*Misfit] if open tasks ask for a data set of the rows' name and state a
// schema, and the rows fit none of them. It returns nil where that is undecided: otherwise
// anybody could keep others from registering by opening many tasks.
func (r Rows) CheckFit(ctx context.Context, c *client.Client, home string) error {
	err := checkFit(ctx, c, r.Name, r.dataFile(home).Rows)
	if wrong, ok := errors.AsType[*Misfit](err); ok && wrong.Undecided {
		return nil
	}
	return err
}

// taskLister lists the tasks of a chain, as [client.Client] does.
type taskLister interface {
	Tasks(ctx context.Context, state spec.TaskState, owner string, page client.Page) ([]spec.Task, client.Page, error)
}

func checkFit(ctx context.Context, c taskLister, name string, rows role.Rows) error {
	var wrong *Misfit
	tried := 0
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
				tried++
				_, err := rows(task.Spec.Data)
				switch {
				case err == nil:
					return nil
				case !errors.Is(err, data.ErrMisfit):
					return err
				case wrong == nil || task.ID < wrong.Task:
					wrong = &Misfit{Task: task.ID, err: err}
				}
				if tried == maxTasksTried {
					wrong.Undecided = true
					return wrong
				}
			}
			if page = next; !page.More() {
				break
			}
		}
	}
	if wrong == nil { // returning wrong itself would make an error that is not nil
		return nil
	}
	return wrong
}
