package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/althing-network/althing/spec"
)

// taskFileFlags are the flags whose value a task file already has.
func taskFileFlags() []string {
	return []string{"model", "rounds", "target", "features", "missing", "categories", "regression", "privacy", "mechanism", "govern"}
}

// withTaskFile is the network with the task of its task file. It has as many nodes as the
// task wants, unless flags say more.
func (n Network) withTaskFile() (Network, error) {
	if n.TaskFile == "" {
		return n, nil
	}
	for _, flag := range taskFileFlags() {
		if n.given(flag) {
			return n, fmt.Errorf("--%s: %s already has a value for it: leave out --%s or --task", flag, n.TaskFile, flag)
		}
	}
	b, err := os.ReadFile(n.TaskFile)
	if err != nil {
		return n, fmt.Errorf("%s: %w", n.TaskFile, withoutPath(err))
	}
	if n.task, err = spec.ParseTask(b); err != nil {
		return n, fmt.Errorf("%s: %w", n.TaskFile, err)
	}
	for _, size := range []struct {
		flag   string
		has    *int
		wanted int
	}{
		{"trainers", &n.Trainers, int(n.task.Selection.Trainers)},
		{"aggregators", &n.Aggregators, int(n.task.Selection.Aggregators)},
		{"evaluators", &n.Evaluators, int(n.task.Selection.Evaluators)},
	} {
		switch {
		case !n.given(size.flag):
			*size.has = size.wanted
		case *size.has < size.wanted:
			return n, fmt.Errorf("--%s %d: %s wants at least %d", size.flag, *size.has, n.TaskFile, size.wanted)
		}
	}
	n.Privacy.Mode = n.task.Privacy.Mode
	return n, nil
}

// withoutPath is the cause of a file's error, for a caller that names the file itself.
func withoutPath(err error) error {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err
	}
	return err
}
